"""What may be asked about trust, of whose, and how it is answered."""

import re

import pytest

from analytics.trust.judgement import Count, Judgement
from analytics.trust.report import Route, RouteReport
from analytics.trust.signals import Signal, Suspicion
from api.admission.keys import Scope
from tests.unit.api.rows import ATTEMPT, MESSAGE, NOON

PROOF = {
    "message_id": MESSAGE,
    "attempt_id": ATTEMPT,
    "told_at": NOON,
    "status": "sent",
    "price": None,
    "cause_partition": 3,
    "cause_offset": 1207,
    "cause_index": 0,
    "cause_items": 2,
}


def route(provider: str, suspicion: Suspicion, country: str | None = "GB") -> RouteReport:
    silence = Judgement(Count(Signal.SILENCE, 1000, 300), 0.02, suspicion)
    skew = Judgement(Count(Signal.CLOCK_SKEW, 0, 0), None, Suspicion.TOO_FEW)
    details = {Signal.CLOCK_SKEW: {"ahead_least_ms": 4200, "ahead_most_ms": None}}
    judgements = {Signal.SILENCE: silence, Signal.CLOCK_SKEW: skew}
    return RouteReport(Route(provider, "main", "sms", country), 1000, judgements, details, [PROOF])


@pytest.fixture
def trusted(parts):
    parts.store.trusted = [
        route("infobip", Suspicion.FINE),
        route("routee", Suspicion.ALARMING),
        route("telesign", Suspicion.WORTH_A_LOOK, country=None),
    ]


def providers(answer) -> list[str]:
    return [one["provider"] for one in answer.json()["routes"]]


def test_the_most_suspicious_route_comes_first(client, trusted):
    answer = client.get("/v1/reports/trust")

    assert providers(answer) == ["routee", "telesign", "infobip"]
    assert [one["verdict"] for one in answer.json()["routes"]] == ["alarming", "worth_a_look", "fine"]


def test_on_the_page_routes_that_are_fine_are_behind_those_that_are_not(visitor, parts, trusted):
    parts.store.metrics_rows = []
    suspicious, _, fine = visitor.get("/providers").text.partition("1 route with nothing suspicious")

    assert re.findall(r'id="route-(\w+)-main', suspicious) == ["routee", "telesign"]
    assert re.findall(r'id="route-(\w+)-main', fine) == ["infobip"]


def test_a_signal_says_how_much_of_how_many_and_what_is_usual(client, trusted):
    [silence, skew] = client.get("/v1/reports/trust").json()["routes"][0]["signals"]

    assert (silence["value"], silence["n"], silence["hits"], silence["usual"]) == (0.3, 1000, 300, 0.02)
    assert silence["at_least"] == pytest.approx(0.2724, abs=1e-4)  # Wilson, 95 %, reckoned by hand
    assert (skew["value"], skew["details"]) == (None, {"ahead_least_ms": 4200, "ahead_most_ms": None})


def test_evidence_can_be_followed(client, trusted, parts):
    answer = client.get("/v1/reports/trust", params={"evidence": "silence"}).json()
    [proof] = answer["routes"][0]["evidence"]

    assert parts.store.asked[0].evidence is Signal.SILENCE
    assert answer["evidence"] == "silence"
    assert (proof["message_id"], proof["cause"]["offset"]) == (MESSAGE, 1207)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param({"provider": "routee,telesign"}, ["routee", "telesign"], id="any of these"),
        pytest.param({"provider": "!routee"}, ["telesign", "infobip"], id="none of these"),
        pytest.param({"provider": "*"}, None, id="a star alone is refused"),
        pytest.param({"country": "GB", "provider": "i*"}, ["infobip"], id="both must fit"),
        pytest.param({"country": "!GB"}, ["telesign"], id="no country is not that country"),
        pytest.param({"channel": ["viber", "sms"]}, ["routee", "telesign", "infobip"], id="a parameter twice"),
    ],
)
def test_routes_are_filtered_by_the_grammar_of_all(client, trusted, query, shown):
    answer = client.get("/v1/reports/trust", params=query)

    assert (providers(answer) if answer.status_code == 200 else None) == shown


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"from": "2026-11-21T12:00:00Z", "to": "2026-11-21T11:00:00Z"}, id="from after to"),
        pytest.param({"from": "2026-10-01T00:00:00Z"}, id="longer than a month"),
        pytest.param({"to": "1999-01-01T00:00:00Z"}, id="before the year 2000"),
        pytest.param({"from": "1763719200"}, id="no time"),
        pytest.param({"evidence": "honesty"}, id="no signal"),
        pytest.param({"provider": "a,,b"}, id="an empty member"),
        pytest.param({"x": "1"}, id="no parameter"),
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_says_why(client, query):
    answer = client.get("/v1/reports/trust", params=query)

    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_key_sees_the_routes_of_its_accounts(connect, trusted, parts):
    assert providers(connect(Scope.READ, accounts=("other",)).get("/v1/reports/trust")) == []
    assert parts.store.asked[0].accounts == ("other",)


def test_it_needs_the_scope_to_read(connect):
    assert connect(Scope.FEED).get("/v1/reports/trust").status_code == 403
