"""Whatever a caller with a key sends, the answer is an answer or a problem, and never a failure of ours."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.measures.metrics import Dimension
from api.admission.keys import EVERYTHING
from tests.unit.api.anything import FEW, JSON, TIMES, VALUES
from tests.unit.api.rows import SEND_ID

NAMES = [
    "measure",
    "group_by",
    "from",
    "to",
    "bucket",
    "time_zone",
    "fill",
    "compare",
    "least_samples",
    "min_as_of",
    *Dimension,
    "limit",
    "evidence",
    "author",
    "recipient",
    "provider_message_id",
    "external_id",
    "cursor",
    "text",
    "what",
    "format",
    "changed_since",
    "x",
]
QUERY = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8)
TARGETS = [
    "/v1/metrics",
    "/v1/reports/funnel",
    "/v1/reports/providers",
    "/v1/changes",
    "/v1/inbound",
    "/v1/messages",
    "/v1/suppressions",
    "/v1/sends",
    "/v1/reports/trust",
    "/v1/alarms",
    "/v1/in-doubt",
    "/v1/exports",
    "/v1/export",
    "/v1/messages/019aa5a1-0000-7000-8000-000000000001",
    "/messages",
    "/sign-in",
]
REGISTRATION = st.fixed_dictionaries(
    {},
    optional={
        "provider": st.just("telesign") | VALUES,
        "connection": st.just("main") | VALUES,
        "root_id": VALUES,
        "message_id": st.uuids().map(str) | VALUES,
        "recipient": st.just("+447700900105") | st.from_regex(r"\+?[0-9 ()-]{0,45}") | VALUES,
        "channel": VALUES,
        "sent_at": TIMES | JSON,
        "campaign": JSON,
    },
)
CONTENT = st.fixed_dictionaries(
    {}, optional={"kind": st.sampled_from(["text", "image", "x"]), "text": JSON, "url": JSON}
)
STEP = st.fixed_dictionaries(
    {},
    optional={
        "channel": st.just("sms") | VALUES,
        "provider": st.sampled_from(["telesign", "infobip"]) | VALUES,
        "connection": st.sampled_from(["main", "other"]) | VALUES,
        "sender": VALUES,
        "wait_s": st.just(60) | JSON,
        "content": CONTENT | JSON,
        "validity_s": JSON,
        "own": JSON,
    },
)
GUARDS = st.fixed_dictionaries({}, optional={"send_before": TIMES, "quiet_hours": JSON, "budget": VALUES})
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "recipient": st.just("+447700900105") | VALUES,
        "steps": st.lists(STEP, max_size=3) | JSON,
        "policy": VALUES,
        "content": CONTENT,
        "guards": st.fixed_dictionaries({}, optional={"send_before": TIMES, "quiet_hours": JSON, "budget": VALUES})
        | JSON,
        "sent": st.fixed_dictionaries({}, optional={"root_id": VALUES, "sent_at": TIMES}) | JSON,
        "message_id": st.uuids().map(str) | VALUES,
    },
)
RESOLUTION = st.fixed_dictionaries(
    {}, optional={"outcome": st.sampled_from(["accepted", "not_sent"]) | JSON, "root_id": VALUES, "note": VALUES}
)


@pytest.fixture
def caller(connect):
    client = connect(*EVERYTHING)
    client.raise_server_exceptions = True
    with client:
        yield client


@FEW
@given(address=st.sampled_from(TARGETS), query=QUERY)
def test_no_query_string_breaks_an_answer(caller, address, query):
    pairs = [(name, value.encode("utf-8", "surrogatepass")) for name, value in query]

    assert caller.get(address, params=pairs).status_code < 500


@FEW
@given(id=st.text(min_size=1, max_size=60))
def test_no_id_breaks_an_answer(caller, id):  # noqa: A002  # the name in the path
    encoded = "".join(f"%{byte:02x}" for byte in id.encode("utf-8", "surrogatepass"))

    assert caller.get(f"/v1/messages/{encoded}").status_code < 500
    assert caller.get(f"/sign-in/{encoded}").status_code < 500
    assert caller.get(f"/problems/{encoded}").status_code < 500


@FEW
@given(body=REGISTRATION | st.lists(REGISTRATION, max_size=3) | JSON)
def test_no_body_breaks_a_registration(caller, body):
    answer = caller.post("/v1/attempts", content=json.dumps(body), headers={"content-type": "application/json"})

    assert answer.status_code in {202, 400, 422}


@FEW
@given(body=MESSAGE | st.lists(MESSAGE, max_size=3) | JSON)
def test_no_body_breaks_a_plan(caller, body):
    answer = caller.post("/v1/messages", content=json.dumps(body), headers={"content-type": "application/json"})

    assert answer.status_code in {202, 400, 422}


@pytest.mark.parametrize("depth", [8, 300, 900])
def test_no_depth_of_options_breaks_a_plan(caller, depth):
    own = "[" * depth + "]" * depth
    step = {"channel": "sms", "provider": "telesign", "connection": "main", "sender": "ExampleShop", "wait_s": 60}
    step |= {"content": {"kind": "text", "text": "Hello"}, "own": {"deep": "OWN"}}
    body = json.dumps({"recipient": "+447700900105", "steps": [step]}).replace('"OWN"', own)
    answer = caller.post("/v1/messages", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == (202 if depth == 8 else 422)


@FEW
@given(body=RESOLUTION | JSON)
def test_no_body_breaks_the_end_of_a_doubt(caller, body):
    answer = caller.post(
        f"/v1/in-doubt/{SEND_ID}/resolve", content=json.dumps(body), headers={"content-type": "application/json"}
    )

    assert answer.status_code in {202, 400, 422}


@FEW
@given(
    body=st.fixed_dictionaries(
        {}, optional=dict.fromkeys([*Dimension, "what", "format", "from", "changed_since"], JSON)
    )
)
def test_no_body_breaks_an_export(caller, body):
    answer = caller.post("/v1/exports", content=json.dumps(body), headers={"content-type": "application/json"})

    assert answer.status_code in {202, 400, 422, 429}


@FEW
@given(body=st.binary(max_size=200), content_type=st.sampled_from(["application/json", "text/plain", "x", ""]))
def test_no_bytes_break_a_registration(caller, body, content_type):
    answer = caller.post("/v1/attempts", content=body, headers={"content-type": content_type})

    assert 400 <= answer.status_code < 500
