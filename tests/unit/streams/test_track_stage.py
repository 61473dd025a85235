"""Records in, updates out, and the state kept once a batch."""

import pytest

from contracts.codec import decode, encode
from contracts.envelope import Position, fixed_headers, header, source_position, with_id
from contracts.records import Cause, DeadLetter, StatusChanged
from contracts.vocabulary import DeadLetterKind, Verdict
from runtime.metrics import FORGOTTEN_ATTEMPTS
from streams.engine.moments import DAY_MS
from streams.engine.state import MARKS_KEY, PartitionState
from streams.track.stage import TRACK, TrackBatch
from tests.support.reports import KEY, OBSERVED_HERE, REGISTERED_HERE, T0_MS, registration, report
from tests.support.streams_world import Record

FROM_CALLBACK = with_id(fixed_headers("report", "normalise"), Position("callbacks", 3, 41, 2).event_id)


@pytest.fixture
def view() -> PartitionState:
    return PartitionState(TRACK.reads)


@pytest.fixture
def track() -> TrackBatch:
    return TrackBatch({("ledger", "main"): OBSERVED_HERE}, otherwise=REGISTERED_HERE)


def records(*values: bytes | None, key: bytes | None = KEY, headers=FROM_CALLBACK) -> list[Record]:
    return [Record("t-reports-v1", 5, offset, key, value, T0_MS, tuple(headers)) for offset, value in enumerate(values)]


def updates(outputs) -> list[StatusChanged]:
    return [decode(StatusChanged, output.value) for output in outputs["updates"]]


def test_a_batch_sees_what_it_did_before(track, view):
    outputs = track(view, records(*[encode(report(said)) for said in ("sent", "sent", "delivered")]), topic="reports")

    assert [one.verdict for one in updates(outputs)] == ["applied", "repeated", "applied"]


def test_state_is_written_once_a_key_and_read_back(track, view):
    track(view, records(encode(report("sent")), encode(report("delivered"))), topic="reports")
    written = len(view.changes())
    again = track(view, records(encode(report("sent"))), topic="reports")

    assert written == 2  # the attempt, and the marks
    assert updates(again)[0].verdict is Verdict.REPEATED


def test_an_output_names_its_place_carries_its_verdict_and_keeps_its_time(track, view):
    output = track(view, records(encode(report("sent"))), topic="reports")["updates"][0]

    assert source_position(tuple(output.headers)) == Position("t-reports-v1", 5, 0)
    assert header(output.headers, "verdict") == b"applied"
    assert output.timestamp_ms == T0_MS


def test_updates_are_keyed_by_message_and_by_attempt_while_parked(view):
    parking = TrackBatch({}, otherwise=REGISTERED_HERE)
    parked = parking(view, records(encode(report("sent"))), topic="reports")["updates"][0]
    registered = parking(view, records(encode(registration())), topic="attempts")["updates"][0]

    assert parked.key.decode() == decode(StatusChanged, parked.value).attempt_id
    assert registered.key == b"our-message"


def test_a_connection_that_is_configured_decides_whether_anybody_registers(track, view):
    observed = track(view, records(encode(report("sent"))), topic="reports")
    elsewhere = track(view, records(encode(report("sent", connection="other")), key=b"else"), topic="reports")

    assert updates(observed)[0].verdict is Verdict.APPLIED
    assert updates(elsewhere)[0].verdict is Verdict.PARKED


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"{", id="not JSON"),
        pytest.param(b"{}", id="members missing"),
        pytest.param(None, id="nothing"),
        pytest.param(b"\xff\xfe", id="not text"),
    ],
)
@pytest.mark.parametrize("topic", ["reports", "attempts"])
def test_what_cannot_be_read_is_put_aside_under_its_callback_and_the_rest_goes_on(track, view, topic, value):
    good = encode(report("sent")) if topic == "reports" else encode(registration())

    outputs = track(view, records(value, good), topic=topic)
    letter = decode(DeadLetter, outputs["dead-letters"][0].value)

    assert (letter.kind, letter.body, letter.cause) == (
        DeadLetterKind.UNREADABLE,
        value or b"",
        Cause(partition=3, offset=41, index=2, items=3),
    )
    assert (letter.provider, letter.connection) == ("ledger", "main")
    assert len(outputs["updates"]) == 1


def test_a_record_without_a_key_is_put_aside(track, view):
    outputs = track(view, records(encode(report("sent")), key=None, headers=()), topic="reports")

    assert b"without a key" in outputs["dead-letters"][0].value
    assert decode(DeadLetter, outputs["dead-letters"][0].value).cause.partition == -1


def test_a_time_that_is_no_time_does_not_stop_the_line(track, view):
    strange = Record("t-reports-v1", 5, 0, KEY, b"{", 10**17, ())

    assert len(track(view, [strange], topic="reports")["dead-letters"]) == 1


def due(after_days: float, key: bytes | None = KEY) -> list[Record]:
    return [Record("t-track-due-v1", 5, 0, key, b"", T0_MS + int(after_days * DAY_MS))]


def test_what_nobody_registers_is_told_under_the_place_of_the_time_that_came(view):
    parking = TrackBatch({}, otherwise=REGISTERED_HERE)
    parking(view, records(encode(report("sent"))), topic="reports")
    output = parking(view, due(7), topic="track-due")["updates"][0]
    update = decode(StatusChanged, output.value)

    assert source_position(tuple(output.headers)) == Position("t-track-due-v1", 5, 0)
    assert header(output.headers, "verdict") == b"unclaimed"
    assert (output.key.decode(), output.timestamp_ms) == (update.message_id, T0_MS + 7 * DAY_MS)


def test_what_is_forgotten_leaves_a_tombstone_and_is_told_nobody(track, view):
    track(view, records(encode(report("delivered"))), topic="reports")
    view.changes()
    outputs = track(view, due(7), topic="track-due")

    assert outputs == {}
    assert (KEY, None) in view.changes()


def test_an_attempt_that_is_heard_of_again_after_it_was_forgotten_begins_anew(track, view):
    track(view, records(encode(report("delivered"))), topic="reports")
    track(view, due(7), topic="track-due")
    again = track(view, records(encode(report("seen"))), topic="reports")

    assert updates(again)[0].previous_status is None


def test_what_a_batch_has_forgotten_it_does_not_forget_again(track, view):
    counted = FORGOTTEN_ATTEMPTS.labels("finished")._value.get
    before = counted()
    track(view, records(encode(report("delivered"))), topic="reports")
    track(view, due(7) + due(8), topic="track-due")

    assert counted() == before + 1


def test_a_time_of_an_attempt_that_is_not_known_is_nothing(track, view):
    assert track(view, due(9), topic="track-due") == {}
    assert [key for key, _ in view.changes()] == [MARKS_KEY]


def test_a_time_without_a_key_is_put_aside(track, view):
    assert len(track(view, due(9, key=None), topic="track-due")["dead-letters"]) == 1


def test_the_state_says_when_it_is_due_and_since_when_it_is_parked(view):
    parking = TrackBatch({}, otherwise=REGISTERED_HERE)
    parking(view, records(encode(report("sent"))), topic="reports")
    view.changes()
    parked_since, until_s = view.waiting.earliest(), (T0_MS + 7 * DAY_MS) // 1000

    assert parked_since == T0_MS // 1000
    assert (view.due.take(until_s - 1, 9), view.due.take(until_s, 9)) == ([], [KEY])
