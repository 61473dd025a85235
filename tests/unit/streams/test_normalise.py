"""Each item of a callback gives exactly one record, and what gives none is put aside with its bytes."""

import json
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from contracts.codec import decode
from contracts.envelope import Position, fixed_headers, source_position
from contracts.identity import attempt_key
from contracts.raw import origin_headers
from contracts.records import Cause, DeadLetter, DeliveryReport, InboundMessage, Signal
from contracts.vocabulary import DeadLetterKind
from runtime.metrics import DEAD_LETTERS, UNKNOWN_CODES
from runtime.settings import Connection
from streams.engine.stage import Outputs, Stateless
from streams.normalise.normaliser import LARGEST_VALUE, Normaliser
from streams.normalise.stage import NormaliseBatch
from tests.support.ledger_provider import LEDGER, body_of, status
from tests.support.streams_world import Record

AT_MS = 1_795_255_200_250
CONNECTION = Connection(provider="ledger", name="main", account="shop")
ORIGIN = origin_headers("ledger", "main")


@pytest.fixture
def normalise() -> NormaliseBatch:
    return NormaliseBatch(Normaliser({"ledger": LEDGER}, [CONNECTION]))


def outputs_of(normalise: NormaliseBatch, body: bytes | None, headers=ORIGIN, at_ms: int = AT_MS) -> Outputs:
    record = Record("t-callbacks-v1", 3, 41, None, body, at_ms, tuple(headers))
    return normalise(Stateless(), [record], topic="callbacks")


def letter_of(outputs: Outputs) -> DeadLetter:
    assert {topic: len(written) for topic, written in outputs.items()} == {"dead-letters": 1}
    return decode(DeadLetter, outputs["dead-letters"][0].value)


def test_a_report_has_identity_account_country_and_cause(normalise):
    entry = status("m1", "sent", recipient="+447700900105", root_id="r1")
    output = outputs_of(normalise, body_of(entry))["reports"][0]
    report = decode(DeliveryReport, output.value)

    assert output.key == attempt_key("ledger", "main", "r1")
    assert (report.account, report.country, report.root_id) == ("shop", "GB", "r1")
    assert report.cause == Cause(partition=3, offset=41)
    assert report.received_at == datetime.fromtimestamp(AT_MS / 1000, UTC)


def test_without_a_root_the_message_is_its_own(normalise):
    output = outputs_of(normalise, body_of(status("m1", "sent")))["reports"][0]

    assert decode(DeliveryReport, output.value).root_id == "m1"


def test_items_go_to_their_topics_each_with_its_place(normalise):
    body = body_of(
        status("m1", "sent"),
        {"is": "inbound", "kind": "text", "author": "+447700900105", "addressee": "Shop", "text": "hello"},
        {"is": "signal", "kind": "click", "message_id": "m1"},
        {"is": "rejected", "reason": "no id", "body": "eyJ9"},
        status("m2", "sent"),
    )
    outputs = outputs_of(normalise, body)
    places = {
        topic: [source_position(tuple(output.headers)) for output in written] for topic, written in outputs.items()
    }

    assert {topic: [place.item for place in at] for topic, at in places.items()} == {
        "reports": [0, 4],
        "inbound": [1],
        "signals": [2],
        "dead-letters": [3],
    }
    assert places["inbound"] == [Position("t-callbacks-v1", 3, 41, 1)]
    assert {output.timestamp_ms for written in outputs.values() for output in written} == {AT_MS}


def test_every_item_knows_how_many_there_are(normalise):
    outputs = outputs_of(normalise, body_of(status("m1", "sent"), status("m2", "sent")))

    assert [decode(DeliveryReport, output.value).cause for output in outputs["reports"]] == [
        Cause(partition=3, offset=41, index=index, items=2) for index in (0, 1)
    ]


def test_an_inbound_message_is_keyed_by_who_wrote_to_whom(normalise):
    entry = {"is": "inbound", "kind": "text", "author": "+447700900105", "addressee": "Shop", "text": "hello"}
    output = outputs_of(normalise, body_of(entry))["inbound"][0]

    assert output.key == b"Shop:+447700900105"
    assert decode(InboundMessage, output.value).country == "GB"


def test_a_signal_is_keyed_by_its_message(normalise):
    output = outputs_of(normalise, body_of({"is": "signal", "kind": "click", "message_id": "m1"}))["signals"][0]

    assert output.key == b"ledger:main:m1"
    assert decode(Signal, output.value).account == "shop"


@pytest.mark.parametrize(
    ("body", "headers", "kind", "reason"),
    [
        pytest.param(b"{", ORIGIN, DeadLetterKind.UNREADABLE, "not JSON", id="not JSON"),
        pytest.param(b"", ORIGIN, DeadLetterKind.UNREADABLE, "not JSON", id="no body"),
        pytest.param(None, ORIGIN, DeadLetterKind.UNREADABLE, "not JSON", id="a record without a value"),
        pytest.param(b"\xff\x00", ORIGIN, DeadLetterKind.UNREADABLE, "RuntimeError|Unicode|not JSON", id="not text"),
        pytest.param(b"[]", ORIGIN, DeadLetterKind.EMPTY, "holds no item", id="no items"),
        pytest.param(
            b"[]",
            origin_headers("ledger", "other"),
            DeadLetterKind.UNKNOWN_CONNECTION,
            "configured",
            id="no such connection",
        ),
        pytest.param(
            b"[]",
            origin_headers("nobody", "main"),
            DeadLetterKind.UNKNOWN_CONNECTION,
            "configured",
            id="no such provider",
        ),
        pytest.param(b"[]", (), DeadLetterKind.UNREADABLE, "headers", id="not written by ingest"),
    ],
)
def test_what_gives_no_item_is_put_aside_whole(normalise, body, headers, kind, reason):
    letter = letter_of(outputs_of(normalise, body, headers))

    assert (letter.kind, letter.body, letter.cause) == (kind, body or b"", Cause(partition=3, offset=41))
    assert any(word in letter.reason for word in reason.split("|"))


def test_a_bug_in_an_adapter_stops_nothing_loses_nothing_and_is_told_once(normalise):
    with capture_logs() as logs:
        letters = [letter_of(outputs_of(normalise, b'[{"is": "bug"}]')) for _ in range(3)]

    assert {letter.kind for letter in letters} == {DeadLetterKind.UNREADABLE}
    assert "RuntimeError" in letters[0].reason
    assert [entry["event"] for entry in logs] == ["adapter_failed"]


def test_half_a_surrogate_pair_is_put_aside_alone(normalise):
    entries = [status("m1", "sent", description="\ud800"), status("m2", "sent")]
    outputs = outputs_of(normalise, json.dumps(entries).encode())

    assert len(outputs["reports"]) == 1
    assert b"surrogate" in outputs["dead-letters"][0].value


def test_half_a_surrogate_pair_in_a_reason_can_still_be_told(normalise):
    entry = {"is": "rejected", "reason": "what is \ud800", "body": "eyJ9"}

    assert letter_of(outputs_of(normalise, json.dumps([entry]).encode())).reason == "what is ?"


def test_an_item_too_large_for_its_topic_is_put_aside(normalise):
    entry = status("m1", "sent", description="x" * LARGEST_VALUE)

    assert "bytes" in letter_of(outputs_of(normalise, body_of(entry))).reason


def test_a_time_that_is_no_time_does_not_stop_the_line(normalise):
    assert letter_of(outputs_of(normalise, b"[]", at_ms=10**17)).kind is DeadLetterKind.UNREADABLE


def test_unknown_codes_and_dead_letters_are_counted(normalise):
    codes, letters = UNKNOWN_CODES.labels("ledger"), DEAD_LETTERS.labels("ledger", DeadLetterKind.EMPTY)
    before = codes._value.get(), letters._value.get()
    outputs_of(normalise, body_of(status("m1", "unknown", is_known_code=False)))
    outputs_of(normalise, b"[]")

    assert (codes._value.get(), letters._value.get()) == (before[0] + 1, before[1] + 1)


def test_the_same_callback_gives_the_same_bytes(normalise):
    body = body_of(status("m1", "sent", occurred_at="2026-11-21T10:00:00Z"))

    assert outputs_of(normalise, body) == outputs_of(normalise, body)


def test_outputs_say_what_they_are(normalise):
    output = outputs_of(normalise, body_of(status("m1", "sent")))["reports"][0]

    assert output.headers[:-1] == fixed_headers("report", "normalise")
