"""The OpenAPI document as it is checked in; `test_openapi` holds it against the application, which takes a second."""

import json

from api.describe import COPY

DOCUMENT = json.loads(COPY.read_text("utf-8"))
