"""The query port, put together: endpoints, page, problems, protection."""

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from api import page
from api.describe import describe
from api.endpoints import (
    alarms,
    attempts,
    back_tests,
    dead_letters,
    exports,
    feed,
    health,
    inbound,
    installation,
    ledger,
    messages,
    metrics,
    plans,
    providers,
    replays,
    reports,
    sends,
    sessions,
    suppressions,
    trust,
)
from api.parts import Parts
from api.refusals import install_refusals
from api.shield import Shield

VERSION = "1"
PARTS = (
    messages,
    plans,
    sends,
    inbound,
    suppressions,
    sessions,
    metrics,
    reports,
    ledger,
    dead_letters,
    replays,
    attempts,
    back_tests,
    exports,
    feed,
    trust,
    alarms,
    providers,
    installation,
)
"""In the order in which the document tells of them."""
DESCRIPTION = """
What happened to every Viber and SMS message, whichever provider carried it.

Every answer says how fresh it is: all callbacks received before `freshness.as_of` are in it. Times are ISO 8601 in
UTC. Everything under `/v1` needs an API key as `Authorization: Bearer <key>`. What is refused is refused as an
RFC 9457 problem that says what to do next.
"""


def create_app(parts: Parts | None) -> FastAPI:
    """The application over `parts`; without them it can only describe itself."""
    app = FastAPI(
        title="Tidings",
        version=VERSION,
        summary="One honest account of every message.",
        description=DESCRIPTION.strip(),
        docs_url=None,  # those pages load their scripts from other hosts
        redoc_url=None,
        middleware=[Middleware(Shield)],
        generate_unique_id_function=_operation_id,
    )
    app.state.parts = parts
    for part in PARTS:
        app.include_router(part.router, prefix="/v1")
    app.include_router(health.router)
    page.install(app)
    install_refusals(app)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # how FastAPI documents replacing it
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
