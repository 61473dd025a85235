"""The OpenAPI document of the application, made once for all tests of a process: it takes as long as a store."""

from api.application import create_app
from api.describe import describe

DOCUMENT = describe(create_app(None))
