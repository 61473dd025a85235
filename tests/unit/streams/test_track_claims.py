"""A report that carries the id of one of our sends needs no registration: it says itself whose it is."""

import pytest

from contracts.codec import decode, encode
from contracts.envelope import Position, source_position
from contracts.plans import message_of, send_id_of
from contracts.records import StatusChanged
from streams.engine.state import PartitionState
from streams.track.stage import TRACK, TrackBatch
from tests.support.reports import KEY, OBSERVED_HERE, REGISTERED_HERE, T0_MS, registration, report
from tests.support.streams_world import Record

MESSAGE = "019aa5a1-0000-7000-8000-000000000001"
SEND = send_id_of(MESSAGE, 0, 0)


@pytest.fixture
def heard():
    """What the stage tells of reports and registrations, one batch after the other."""
    view, track = PartitionState(TRACK.reads), TrackBatch({("ledger", "observed"): OBSERVED_HERE}, REGISTERED_HERE)

    def hear(*values, topic="reports"):
        records = [Record(f"t-{topic}-v1", 5, at, KEY, encode(value), T0_MS, ()) for at, value in enumerate(values)]
        return track(view, records, topic=topic)["updates"]

    return hear


def told(outputs):
    return [decode(StatusChanged, output.value) for output in outputs]


def test_it_is_parked_and_released_at_once_and_later_ones_are_the_messages(heard):
    outputs = heard(report("sent", external_id=SEND), report("delivered"))

    assert [(one.verdict, one.message_id) for one in told(outputs)] == [
        ("parked", None),
        ("registered", MESSAGE),
        ("applied", MESSAGE),
    ]
    assert told(outputs)[1].released_applied_count == 1
    assert [source_position(tuple(output.headers)) for output in outputs] == [
        Position("t-reports-v1", 5, 0, 0),
        Position("t-reports-v1", 5, 0, 1),
        Position("t-reports-v1", 5, 1, 0),
    ]


def test_what_was_parked_before_without_the_id_is_released_with_it(heard):
    heard(report("accepted"))

    assert told(heard(report("expired", external_id=SEND)))[1].released_applied_count == 2


def test_a_bad_end_reaches_the_message_with_its_code(heard):
    _, claimed = told(heard(report("expired", provider_code="3056", may_fall_back=True, external_id=SEND)))

    assert (claimed.early_end.provider_code, claimed.early_end.may_fall_back) == ("3056", True)


def test_a_registration_behind_it_frees_nothing_and_adds_what_it_knows(heard):
    heard(report("sent", external_id=SEND))
    [registered] = told(heard(registration(message_id=MESSAGE, campaign="autumn"), topic="attempts"))
    [delivered] = told(heard(report("delivered")))

    assert registered.released_applied_count == 0
    assert (delivered.message_id, delivered.report.campaign) == (MESSAGE, "autumn")


@pytest.mark.parametrize(
    ("external_id", "message_id"),
    [
        pytest.param(SEND, MESSAGE, id="a send of ours"),
        pytest.param(send_id_of("order-1207", 0, 0), None, id="a message that did not get its id from us"),
        pytest.param(MESSAGE, None, id="a message, and no send"),
        pytest.param(f"{MESSAGE}-7-0", None, id="no plan has so many steps"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_what_is_an_id_of_a_send(external_id, message_id):
    assert message_of(external_id) == message_id
