"""The OpenAPI document as it is checked in; a test compares it with what the application says.

To make it anew takes most of a second of each process that looks for tests.
"""

import json

from api.describe import COPY

DOCUMENT = json.loads(COPY.read_text("utf-8"))
