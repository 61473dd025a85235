"""What the document says of the API is so: what it allows is answered as it says, and what it forbids is refused."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from api.admission.keys import EVERYTHING
from api.application import create_app
from tests.unit.api.document import DOCUMENT
from tests.unit.api.fakes import make_parts

ENDLESS = {"get_feed"}
"""What is answered for as long as somebody listens."""
OPERATIONS = {
    operation["operationId"]: (path, method)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if operation["operationId"] not in ENDLESS
}
LIMIT_S = 60.0
"""Far beyond what an answer may wait for, which a question can ask for."""
BEYOND_A_SCHEMA = [positive_data_acceptance, negative_data_rejection]
"""Spans and connections may make no sense, which no schema can say; some pass over what they do not know."""
SHORT = settings(
    max_examples=6, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

LONG = settings(SHORT, max_examples=60, derandomize=False)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The whole API, and the headers of a key that may do everything."""
    parts = make_parts(Path(tmp_path_factory.mktemp("contract")))
    _, text = parts.ring.create(parts.clock, name="test", scopes=tuple(EVERYTHING), accounts=None)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(parts))
    return schema, {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_answered_is_what_the_document_says(api, name):
    _hold(api, name, SHORT)


@pytest.mark.long
@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_asked_is_answered_as_the_document_says(api, name):
    _hold(api, name, LONG)


def _hold(api, name, how):
    schema, headers = api
    path, method = OPERATIONS[name]
    operation = schema[path][method.upper()]

    @how
    @given(case=operation.as_strategy() | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def holds(case):
        case.call_and_validate(headers=headers, excluded_checks=BEYOND_A_SCHEMA, timeout=LIMIT_S)

    holds()
