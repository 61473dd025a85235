"""One grammar of filters, and one way to refuse what breaks it, wherever rows are chosen."""

import pytest
from jsonschema import Draft202012Validator

from analytics.asking.words import Dimension
from api.questions import filtering
from tests.unit.api.document import DOCUMENT

QUESTIONS = ["/v1/metrics", "/v1/reports/funnel", "/v1/reports/trust", "/v1/export", "/v1/feed"]


@pytest.mark.parametrize("address", QUESTIONS)
@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        pytest.param({"channel": "fax*"}, "there are viber, viber_bot, sms", id="a channel that there is not"),
        pytest.param({"channel": "!fax"}, "there are viber, viber_bot, sms", id="nor can it be left out"),
        pytest.param({"country": "gr"}, "ISO 3166 alpha-2", id="a country in small letters"),
        pytest.param({"country": "GRC"}, "ISO 3166 alpha-2", id="a country of three letters"),
        pytest.param({"connection": "a,,b"}, "empty member", id="an empty member"),
        pytest.param({"connection": "a*b"}, "at its end only", id="a star inside"),
        pytest.param({"connection": "x" * 201}, "200 characters", id="a long member"),
        pytest.param({"connection": ",".join("x" * 101)}, "100 members", id="too many members"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_in_the_same_words_everywhere(client, address, asked, advice):
    answer = client.get(address, params=asked)
    (error,) = answer.json()["errors"]

    assert answer.status_code == 422
    assert (error["place"], error["member"], error["rule"]) == ("query", *asked, "value_error")
    assert advice in error["detail"]


@pytest.mark.parametrize(
    ("address", "dimensions"),
    [
        pytest.param("/v1/metrics", [Dimension.STATUS, Dimension.REASON], id="metrics"),
        pytest.param("/v1/export", [Dimension.STATUS, Dimension.REASON], id="exports"),
        pytest.param("/v1/feed", [Dimension.STATUS, Dimension.REASON], id="feed"),
    ],
)
def test_closed_sets_have_only_their_own_words(client, address, dimensions):
    for dimension in dimensions:
        answer = client.get(address, params={dimension.value: "gone"})

        assert answer.json()["errors"][0]["detail"].startswith("there are ")


@pytest.mark.parametrize(
    "address", ["/v1/metrics", "/v1/reports/trust", "/v1/export", "/v1/sends", "/v1/inbound", "/v1/sessions"]
)
@pytest.mark.parametrize(
    ("asked", "member"),
    [
        pytest.param({"from": "2026-11-21T12:00:00Z", "to": "2026-11-21T11:00:00Z"}, "from", id="begins after its end"),
        pytest.param({"from": "2026-11-21T11:00:00Z", "to": "2026-11-21T11:00:00Z"}, "from", id="has no length"),
        pytest.param({"to": "1999-01-01T00:00:00Z"}, "to", id="ends before the year 2000"),
        pytest.param({"from": "2999-01-01T00:00:00Z"}, "from", id="begins in the future"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_in_the_same_words_everywhere(client, address, asked, member):
    answer = client.get(address, params=asked)
    (error,) = answer.json()["errors"]

    assert (answer.status_code, error["rule"], error["member"]) == (422, "span_not_sensible", member)


IN_BODIES = {"ExportOrdered": "/v1/exports", "Retry": "/v1/dead-letters/retry"}
FITTING = {"country": "GR", "channel": "sms", "status": "!sent", "reason": "no_route", "kind": "empty"}


@pytest.mark.parametrize(
    ("schema", "member"),
    [
        (schema, member)
        for schema in IN_BODIES
        for member, said in DOCUMENT["components"]["schemas"][schema]["properties"].items()
        if filtering.GRAMMAR in said.get("description", "")
    ],
)
def test_a_filter_in_a_body_may_be_what_the_document_says_and_nothing_else(client, schema, member):
    documented = Draft202012Validator(
        DOCUMENT["components"]["schemas"][schema] | {"components": DOCUMENT["components"]}
    )
    fitting = FITTING.get(member, "main")
    written = [fitting, [fitting], [fitting] * 2, [], [fitting] * 101, 5, [5], {}, None]
    said = [documented.is_valid({member: one}) for one in written]

    taken = [client.post(IN_BODIES[schema], json={member: one}).status_code != 422 for one in written]

    assert said == taken == [True] * 4 + [False] * 5
