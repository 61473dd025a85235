"""What may be asked of the feed, and what a refusal names."""

from datetime import UTC, datetime, timedelta

import pytest

from api.admission.access import Caller
from api.admission.keys import Scope
from api.feed.events import Dimension, FeedEvent
from api.feed.parameters import FeedParameters
from api.feed.wishes import Wanted
from contracts.errors import QueryInvalid
from contracts.filters import Filter, Pattern
from runtime.settings import Connection
from tests.support.feeding import NOON

CONNECTIONS = (
    Connection(provider="infobip", name="main"),
    Connection(provider="routee", name="greek", account="theirs"),
)
ALL = Caller("1", frozenset({Scope.FEED}), None)
OURS = Caller("2", frozenset({Scope.FEED}), ("default",))


@pytest.mark.parametrize("scope", [Scope.FEED, Scope.ADMIN])
def test_a_scope_lets_in(connect, scope):
    assert connect(scope).get("/v1/feed", params={"status": "no-status"}).status_code == 422


@pytest.mark.parametrize("scope", [Scope.READ, Scope.EXPORT, Scope.SEND, Scope.REPLAY])
def test_no_other_scope_does(connect, scope):
    answer = connect(scope).get("/v1/feed")

    assert answer.status_code == 403
    assert "scope feed" in answer.json()["detail"]


def test_without_a_key_nothing_is_told(connect):
    connect(Scope.FEED)

    assert connect().get("/v1/feed").status_code == 401


def test_an_unknown_parameter_is_refused_with_those_that_there_are(client):
    answer = client.get("/v1/feed", params={"color": "red"})

    assert answer.status_code == 422
    assert "'color'" in answer.json()["errors"][0]["detail"]
    assert "provider, connection, channel" in answer.json()["errors"][0]["detail"]


def test_there_is_a_parameter_for_each_dimension_and_each_is_a_member_of_the_event():
    assert set(Dimension) | {"since"} == set(FeedParameters.model_fields)
    assert set(Dimension) <= set(FeedEvent.model_fields)


def test_all_that_is_asked_for_is_wanted():
    parameters = FeedParameters(country=["GR", "CY"], campaign=["spring*,!spring-test"])

    assert parameters.wanted(OURS, CONNECTIONS) == Wanted(
        ("default",),
        (
            (Dimension.COUNTRY, Filter((Pattern("GR"), Pattern("CY")))),
            (Dimension.CAMPAIGN, Filter((Pattern("spring", is_prefix=True),), (Pattern("spring-test"),))),
        ),
    )


@pytest.mark.parametrize(
    ("caller", "asked", "why"),
    [
        pytest.param(ALL, {"provider": ["acme"]}, "there are infobip, routee$", id="provider"),
        pytest.param(ALL, {"connection": ["spare"]}, "there are greek, main$", id="connection"),
        pytest.param(OURS, {"provider": ["routee"]}, "there are infobip$", id="a provider of others only"),
        pytest.param(OURS, {"account": ["theirs"]}, "there are default$", id="an account of others"),
    ],
)
def test_what_the_caller_has_not_is_refused_with_what_there_is(caller, asked, why):
    with pytest.raises(QueryInvalid, match=why):
        FeedParameters(**asked).wanted(caller, CONNECTIONS)


def test_beginnings_of_known_words_are_known():
    assert FeedParameters(channel=["viber*"], country=["G*"], provider=["!info*"]).wanted(ALL, CONNECTIONS).filters


@pytest.mark.parametrize(
    ("last_event_id", "since", "begin"),
    [
        pytest.param(None, None, None, id="now"),
        pytest.param("", "", None, id="nothing is now"),
        pytest.param(None, "0123456789ab-1.2", "0123456789ab-1.2", id="an id"),
        pytest.param("0123456789ab-3.4", "0123456789ab-1.2", "0123456789ab-3.4", id="what was seen since counts"),
        pytest.param("0123456789ab-3.4", "2026-11-21T10:00:00Z", "0123456789ab-3.4", id="before a time, too"),
        pytest.param("garbage", None, "garbage", id="an id is judged where the log is known"),
        pytest.param(None, "2026-11-21T12:00:00+02:00", datetime(2026, 11, 21, 10, tzinfo=UTC), id="a time"),
    ],
)
def test_where_a_stream_begins(last_event_id, since, begin):
    assert FeedParameters(since=since).begin(last_event_id, NOON) == begin


@pytest.mark.parametrize(
    "since", ["yesterday", "1763719200", "2026-11-21", "2026-11-21T10:00:00", "2026-11-21T10:00 02:00"]
)
def test_what_is_neither_an_id_nor_a_time_is_refused(since):
    with pytest.raises(QueryInvalid, match="neither the id of an event nor a time"):
        FeedParameters(since=since).begin(None, NOON)


def test_the_future_cannot_be_told():
    with pytest.raises(QueryInvalid, match="future"):
        FeedParameters(since=(NOON + timedelta(seconds=1)).isoformat()).begin(None, NOON)
