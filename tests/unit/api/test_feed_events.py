"""Which records are told, in which words, and to whom."""

import json
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from api.feed.bookmarks import Bookmark
from api.feed.events import Course, Dimension, FeedEvent
from api.feed.wishes import Wanted
from contracts.codec import encode
from contracts.filters import parse_filter
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason, Verdict
from tests.support.feed_log import ORIGIN, FakeRecord
from tests.support.feeding import NOON, Said

BEGIN = Bookmark(ORIGIN, (5, 0))


def met(*said: Said, partition: int = 0):
    course = Course(BEGIN)
    return course, course.meet(partition, [FakeRecord.of(one, 5 + at) for at, one in enumerate(said)])


@pytest.mark.parametrize(
    ("said", "is_told"),
    [
        pytest.param(Said(), True, id="what moved something"),
        pytest.param(Said(verdict=Verdict.REPEATED), False, id="not what was said before"),
        pytest.param(Said(verdict=Verdict.OUTRANKED), False, id="not what moved nothing"),
        pytest.param(Said(verdict=Verdict.PARKED), False, id="not what nobody has claimed"),
        pytest.param(Said(verdict=Verdict.REGISTERED, freed=2), True, id="a registration that was waited for"),
        pytest.param(Said(verdict=Verdict.REGISTERED), False, id="not a registration that frees nothing"),
    ],
)
def test_what_is_told(said, is_told):
    course, events = met(said)

    assert bool(events) is is_told
    assert course.bookmark.offsets == (6, 0)


def test_a_record_that_is_skipped_by_its_header_is_not_read():
    record = FakeRecord(5, 0, b"no JSON", tuple(Said(verdict=Verdict.REPEATED).headers))

    assert not Course(BEGIN).meet(0, [record])


def test_a_record_that_cannot_be_read_stops_nobody():
    course = Course(BEGIN)
    records = [FakeRecord(5, 0, b"no JSON", tuple(Said().headers)), FakeRecord.of(Said(number=1), 6)]

    assert len(course.meet(0, records)) == 1
    assert course.bookmark.offsets == (7, 0)


def test_a_change_is_told_as_the_changes_are_with_an_id_behind_it():
    _, (event,) = met(Said(number=3, status=DeliveryStatus.FAILED, reason=Reason.NO_ROUTE, campaign="spring"))
    kind, data, id_ = event.frame.decode().rstrip("\n").split("\n")
    told = json.loads(data.removeprefix("data: "))

    assert (kind, id_) == ("event: status-changed", f"id: {ORIGIN}-6.0")
    assert told["message_id"] == Said().message_id
    assert (told["status"], told["reason"], told["campaign"]) == ("failed", "no_route", "spring")
    assert told["update_id"] == Said(number=3).update_id
    assert told["received_at"] == "2026-11-21T12:00:00Z"


@pytest.mark.parametrize("verdict", [Verdict.APPLIED, Verdict.REGISTERED])
@pytest.mark.parametrize(
    "occurred_at",
    [
        pytest.param(None, id="no time"),
        pytest.param(NOON, id="a full second"),
        pytest.param(NOON.replace(microsecond=250_000), id="a part of one"),
        pytest.param(NOON.astimezone(ZoneInfo("Europe/Athens")), id="another zone"),
    ],
)
def test_the_data_of_an_event_is_what_its_model_would_write(verdict, occurred_at):
    told = Said(verdict=verdict, freed=1, channel=Channel.SMS, reason=Reason.NO_ROUTE).record
    if told.report:
        told = replace(told, report=replace(told.report, occurred_at=occurred_at, operator="23415"))
    record = FakeRecord(5, 0, encode(told), tuple(Said(verdict=verdict).headers))
    ((event,),) = (Course(BEGIN).meet(0, [record]),)
    data = event.frame.split(b"data: ")[1].split(b"\n")[0]

    assert json.loads(data) == json.loads(FeedEvent.model_validate_json(data).model_dump_json())
    assert json.loads(data).keys() == FeedEvent.model_fields.keys()


def test_a_registration_is_told_with_the_status_that_the_attempt_has_since():
    _, (event,) = met(Said(verdict=Verdict.REGISTERED, freed=1, status=DeliveryStatus.DELIVERED))
    told = json.loads(event.frame.decode().split("data: ")[1].split("\n")[0])

    assert (told["verdict"], told["status"], told["provider"]) == ("registered", "delivered", "infobip")
    assert event.value_of(Dimension.STATUS) == "delivered"


@pytest.mark.parametrize("verdict", [Verdict.APPLIED, Verdict.REGISTERED])
def test_nobody_is_told_of_a_recipient(verdict):
    _, (event,) = met(Said(verdict=verdict, freed=1))

    assert b"447700900105" in Said(verdict=verdict).outgoing()[1]
    assert b"447700900105" not in event.frame
    assert b"recipient" not in event.frame


SAID = Said(account="ours", channel=Channel.SMS, country=None, campaign="spring-sale", status=DeliveryStatus.SEEN)


@pytest.mark.parametrize(
    ("accounts", "filters", "is_wanted"),
    [
        pytest.param(None, {}, True, id="all"),
        pytest.param(("ours", "more"), {}, True, id="own account"),
        pytest.param(("theirs",), {}, False, id="another account"),
        pytest.param((), {}, False, id="a key of no account"),
        pytest.param(("theirs",), {"account": "ours"}, False, id="another account though it was asked for"),
        pytest.param(None, {"channel": "viber,sms"}, True, id="one of several"),
        pytest.param(None, {"channel": "viber"}, False, id="another channel"),
        pytest.param(None, {"status": "!unknown"}, True, id="none of these"),
        pytest.param(None, {"status": "!seen"}, False, id="left out"),
        pytest.param(None, {"campaign": "spring*"}, True, id="what begins so"),
        pytest.param(None, {"campaign": "spring*,!spring-sale"}, False, id="what begins so except this"),
        pytest.param(None, {"country": "GB"}, False, id="no value is not a value"),
        pytest.param(None, {"country": "!GB"}, True, id="no value is none of these"),
        pytest.param(None, {"channel": "sms", "provider": "routee"}, False, id="all filters must pass"),
    ],
)
def test_who_wants_it(accounts, filters, is_wanted):
    _, (event,) = met(SAID)
    wanted = Wanted(accounts, tuple((Dimension(name), parse_filter([text])) for name, text in filters.items()))

    assert wanted.matches(event) is is_wanted
