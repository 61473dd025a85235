"""The OpenAPI document, complete, and the copy of it that is checked in.

`python -m api.describe` writes the copy; a test compares it, so that no change of the API goes unseen.
"""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.feed.events import FeedEvent
from api.problems import Problem

COPY = Path(__file__).with_name("openapi.json")
SCHEMAS = "#/components/schemas/{model}"


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of `app`, made once."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
        )
        schemas = document["components"]["schemas"]
        for model in (Problem, FeedEvent):
            schema = model.model_json_schema(ref_template=SCHEMAS)
            schemas |= schema.pop("$defs", {}) | {model.__name__: schema}
        app.openapi_schema = document
    return app.openapi_schema


def rendered(app: FastAPI) -> str:
    """The document as it is checked in."""
    return json.dumps(describe(app), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    from api.application import create_app

    COPY.write_text(rendered(create_app(None)), "utf-8")
