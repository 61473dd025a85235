"""Whatever goes wrong is answered with a problem that says what to do; the framework's own refusals too."""

import re
from pathlib import Path

import pytest

from api.problems import KINDS
from api.shield import BODY_LIMIT
from contracts.errors import QueryInvalid, StoreUnavailable
from tests.unit.api.document import DOCUMENT
from tests.unit.api.rows import ELSEWHERE, MESSAGE

JSON = {"content-type": "application/json"}
TELLS_IN_ITS_OWN_WORDS = {"/v1/feed"}
"""With all parameters that there are; tested there."""
TAKE_PARAMETERS = [
    path
    for path, ways in DOCUMENT["paths"].items()
    if path not in TELLS_IN_ITS_OWN_WORDS
    if any(one["in"] == "query" for one in ways.get("get", {}).get("parameters", ()))
]


def _is_problem(answer, kind):
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"/problems/{kind}"
    assert body["status"] == answer.status_code == KINDS[kind].status
    assert body["title"] == KINDS[kind].title
    assert body["detail"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", body["instance"])
    return body


@pytest.mark.parametrize(
    ("method", "address", "kind"),
    [
        pytest.param("GET", "/v1/nothing", "not-found", id="no such address"),
        pytest.param("GET", "/problems", "not-found", id="no such address, though its children are"),
        pytest.param("GET", "/static/nothing.css", "not-found", id="no such file"),
        pytest.param("GET", "/static/../keys.py", "not-found", id="out of the folder"),
        pytest.param("GET", "/static/%2e%2e/keys.py", "not-found", id="out of the folder, hidden"),
        pytest.param("DELETE", "/v1/messages", "method-refused", id="messages are not removed"),
        pytest.param("DELETE", "/v1/metrics", "method-refused", id="no such method"),
        pytest.param("POST", "/v1/conservation", "method-refused", id="nothing to write there"),
        pytest.param("GET", f"/v1/messages/{ELSEWHERE}", "not-found", id="no such message"),
        pytest.param("GET", "/v1/messages/order-1207", "invalid", id="no id of ours"),
        pytest.param("GET", "/v1/changes?limit=0", "invalid", id="less than one"),
        pytest.param("GET", "/v1/changes?limit=201", "invalid", id="too many"),
    ],
)
def test_what_is_not_there_is_a_problem(client, method, address, kind):
    _is_problem(client.request(method, address), kind)


@pytest.mark.parametrize("path", TAKE_PARAMETERS)
def test_a_parameter_that_nobody_knows_is_named(client, path):
    address = path.format(id=MESSAGE, sender="ExampleShop", recipient="+447700900105")
    problem = _is_problem(client.get(address, params={"colour": "red"}), "invalid")

    assert [(one["member"], one["rule"]) for one in problem["errors"] if one["rule"] != "missing"] == [
        ("colour", "extra_forbidden")
    ]


def test_a_method_that_is_refused_names_those_that_are_not(client):
    assert "GET" in client.delete("/v1/metrics").headers["allow"]


@pytest.mark.parametrize(
    ("query", "member", "rule", "said"),
    [
        pytest.param(
            "measure=snet", "measure[0]", "enum", "'delivery_rate'", id="no such measure, and which there are"
        ),
        pytest.param("measure=", "measure[0]", "enum", "'sent'", id="no measure"),
        pytest.param("group_by=operator", "group_by[0]", "enum", "'country'", id="no such dimension"),
        pytest.param("bucket=decade", "bucket", "enum", "'hour'", id="no such bucket"),
        pytest.param("status=gone", "status", "value_error", "expired", id="no such status"),
        pytest.param("channel=sms,fax", "channel", "value_error", "viber", id="no such channel, the second"),
        pytest.param("reason=!bad", "reason", "value_error", "no_route", id="no such reason"),
        pytest.param("country=gb", "country", "value_error", "ISO 3166", id="a country in small letters"),
        pytest.param("colour=red", "colour", "extra_forbidden", "/openapi.json", id="no such parameter"),
        pytest.param("time_zone=Atlantis", "time_zone", "value_error", "Europe/London", id="no such zone"),
        pytest.param("time_zone=../../etc/passwd", "time_zone", "value_error", "IANA", id="a path for a zone"),
        pytest.param("from=2026-11-21", "from", "value_error", "ISO 8601", id="a date without a time"),
        pytest.param("from=1795283158", "from", "value_error", "ISO 8601", id="seconds since 1970"),
        pytest.param("from=2026-11-21T00:00:00", "from", "value_error", "its zone", id="a time without a zone"),
        pytest.param("from=2026-11-21T00:00:00+02:00", "from", "value_error", "%2B", id="a plus that is a blank"),
        pytest.param("from=yesterday", "from", "value_error", "ISO 8601", id="a time in words"),
        pytest.param("from=2026-11-21T12:00:00Z", "from", "span_not_sensible", "before it ends", id="an empty span"),
        pytest.param("from=1999-12-31T23:00:00Z", "from", "span_not_sensible", "2000", id="before 2000"),
        pytest.param("to=0001-01-01T00:00:00Z", "to", "span_not_sensible", "2000", id="the first day of all"),
        pytest.param("to=9999-12-31T23:59:59-12:00", "to", "span_not_sensible", "tomorrow", id="the last day of all"),
        pytest.param("from=2026-08-01T00:00:00Z", "from", "span_not_sensible", "larger bucket", id="too many hours"),
        pytest.param("from=2026-11-20T11:59:00Z&bucket=minute", "from", "span_not_sensible", "1 day", id="two days"),
        pytest.param("fill=none", "fill", "literal_error", "'zero'", id="no such filling"),
        pytest.param("from=2010-08-01T00:00:00Z&bucket=day", "from", "span_not_sensible", "3660", id="too many days"),
        pytest.param("provider=a,,b", "provider", "value_error", "empty member", id="nothing between commas"),
        pytest.param("campaign=" + "x" * 201, "campaign", "value_error", "200", id="a long campaign"),
        pytest.param("provider=" + ",".join("x" * 101), "provider", "value_error", "100", id="a long list"),
    ],
)
def test_a_question_that_makes_no_sense_names_member_and_rule(client, parts, query, member, rule, said):
    body = _is_problem(client.get(f"/v1/metrics?{query}"), "invalid")
    (error,) = body["errors"]

    assert (error["place"], error["member"], error["rule"]) == ("query", member, rule)
    assert said in error["detail"]
    assert parts.store.asked == []


def test_a_body_that_is_no_json_says_where_it_is_not(client):
    body = _is_problem(client.post("/v1/attempts", content=b'{"provider":', headers=JSON), "invalid")

    assert body["errors"] == [
        {
            "place": "body",
            "member": "",
            "rule": "json_invalid",
            "detail": "It is no JSON: Expecting value, at character 12",
        }
    ]


def test_measures_and_dimensions_that_do_not_go_together_are_refused_with_what_does(client, parts):
    answer = client.get("/v1/metrics?measure=sent,sessions&country=GR")

    assert "account, provider, connection, sender" in _is_problem(answer, "question-invalid")["detail"]
    assert parts.store.asked == []


def test_an_answer_without_bounds_is_refused(client, parts):
    parts.store.metrics_rows = [{"sent": 1}] * 20_001

    assert "20001 rows" in _is_problem(client.get("/v1/metrics"), "question-invalid")["detail"]


@pytest.mark.parametrize(
    "address",
    [f"/v1/messages/{MESSAGE}", "/v1/changes", "/v1/metrics", "/v1/conservation", "/v1/parked", "/v1/freshness"],
)
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        pytest.param(StoreUnavailable("the file is locked"), "store-unavailable", id="store"),
        pytest.param(QueryInvalid("it takes longer than 20 s; ask for less"), "question-invalid", id="question"),
        pytest.param(RuntimeError("a bug, about +447700900105"), "failed", id="bug"),
    ],
)
def test_a_store_that_fails_is_a_problem(client, parts, address, failure, kind):
    parts.store.failure = failure
    answer = client.get(address)
    body = _is_problem(answer, kind)

    assert ("retry-after" in answer.headers) is (kind == "store-unavailable")
    assert (str(failure) in body["detail"]) is (kind != "failed")


def test_a_message_that_is_not_known_says_how_far_the_store_is(client):
    body = _is_problem(client.get(f"/v1/messages/{ELSEWHERE}"), "not-found")

    assert "2026-11-21 11:59:59 UTC" in body["detail"]
    assert body["freshness"]["lag_records"] == 12


@pytest.mark.parametrize(
    ("size", "kind"),
    [
        pytest.param(BODY_LIMIT, "invalid", id="exactly the limit is read"),
        pytest.param(BODY_LIMIT + 1, "body-too-large", id="one byte more is not"),
    ],
)
@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "streamed"])
def test_a_body_has_a_limit(client, size, kind, is_declared):
    body = b'"' + b"x" * (size - 2) + b'"'
    answer = client.post("/v1/attempts", content=body if is_declared else iter([body[:100], body[100:]]), headers=JSON)

    _is_problem(answer, kind)


def test_a_declared_length_beyond_all_numbers_is_too_large(client):
    answer = client.post("/v1/attempts", content=b"{}", headers=JSON | {"content-length": "9" * 5000})

    _is_problem(answer, "body-too-large")


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_each_kind_has_an_address_that_explains_it(connect, kind):
    answer = connect().get(kind.type)

    assert answer.status_code == 200
    assert kind.title in answer.text


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_each_kind_is_in_the_docs(kind):
    docs = Path(__file__).parents[3].joinpath("docs", "api.md").read_text("utf-8")

    assert f"| `{kind.slug}` | {kind.status} |" in docs


def test_people_see_a_page_and_programs_a_problem(connect):
    person = connect().get("/nothing", headers={"accept": "text/html,*/*"})
    program = connect().get("/nothing")

    assert person.status_code == program.status_code == 404
    assert "<h1>Nothing is known under this address</h1>" in person.text
    _is_problem(program, "not-found")
