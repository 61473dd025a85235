"""Records, headers and positions survive the wire; what is not ours is told apart."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts import alarms, conversations, plans, records
from contracts.codec import decode, encode
from contracts.envelope import Position, event_id_of, fixed_headers, header, source_position, with_id
from contracts.errors import PayloadInvalid
from contracts.raw import origin_headers, read_callback, replay_headers, request_headers
from contracts.topics import Topic, load_topics
from contracts.vocabulary import Source

TOPICS = load_topics().values()


# A raw callback's value is the provider's body, and a stage's state is its own affair.
OF_RECORDS = [topic for topic in TOPICS if topic.example and topic.record != "RawCallback"]


@pytest.mark.parametrize("topic", OF_RECORDS, ids=lambda topic: topic.name)
def test_the_example_of_a_topic_is_one_of_its_records(topic: Topic):
    room = next(one for one in (records, plans, conversations, alarms) if hasattr(one, topic.record))
    kind = getattr(room, topic.record)
    example = msgspec.json.decode(topic.example, type=kind)

    assert msgspec.json.decode(encode(example), type=kind) == example


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_has_purpose_writer_reader_and_retention(topic: Topic):
    assert topic.purpose.endswith(".")
    assert topic.writers
    assert topic.readers
    assert topic.compacted == (topic.retention_days == 0)
    assert topic.full_name() == f"tidings-{topic.name}-v{topic.version}"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"event_id":"\xff"}'], ids=["nothing", "torn", "a list", "no UTF-8"]
)
def test_what_is_no_record_is_refused_with_its_reason(data: bytes):
    with pytest.raises(PayloadInvalid, match="not a DeadLetter: "):
        decode(records.DeadLetter, data)


@given(
    body=st.binary(),
    method=st.sampled_from(["GET", "POST", "PUT"]),
    query=st.text(st.characters(codec="ascii")),
    hint=st.text(st.characters(codec="ascii")),
    content_type=st.text(st.characters(codec="ascii")),
    source=st.sampled_from(Source),
)
def test_a_callback_comes_back_from_its_record_as_it_went_in(**request):
    received_at = datetime(2026, 11, 21, 10, 0, 0, 123_000, tzinfo=UTC)
    callback = records.RawCallback(provider="telesign", connection="main", received_at=received_at, **request)
    headers = origin_headers("telesign", "main") + request_headers(callback)

    assert read_callback(callback.body, int(received_at.timestamp() * 1000), headers) == callback


def test_a_replay_is_the_callback_again_received_when_it_first_came():
    first = records.RawCallback(
        provider="telesign",
        connection="main",
        method="GET",
        received_at=datetime(2026, 11, 21, 10, tzinfo=UTC),
        body=b"{}",
        query="a=b",
        source=Source.POLL,
    )
    headers = [*origin_headers("telesign", "main"), *request_headers(first), ("ce_id", b"first")]
    first_ms = int(first.received_at.timestamp() * 1000)

    again = replay_headers(headers, first_ms, place=b"tidings-callbacks-v1/3/14")
    twice = replay_headers(again, first_ms, place=b"tidings-callbacks-v1/3/14")

    assert read_callback(b"{}", first_ms + 86_400_000, again) == structs.replace(first, source=Source.REPLAY)
    assert header(again, "replay-of") == b"tidings-callbacks-v1/3/14"
    assert header(again, "ce_id") is None
    assert twice == again


@pytest.mark.parametrize("text", [b"soon", b"9" * 30, b"9" * 400, b"9" * 5000, b""])
def test_a_time_of_receipt_that_is_none_is_told_apart(text):
    with pytest.raises(PayloadInvalid, match="not a callback record"):
        read_callback(b"{}", 0, [*origin_headers("telesign", "main"), ("received-at", text)])


def test_a_record_that_ingest_did_not_write_is_told_apart():
    with pytest.raises(PayloadInvalid, match="provider"):
        read_callback(b"{}", 0, [("connection", b"main")])


@pytest.mark.parametrize("name", ["provider", "source", "received-at", "query", "of-somebody-else"])
def test_a_header_that_is_null_is_as_good_as_missing(name):
    headers = {"provider": b"telesign", "connection": b"main"}
    rest = {other: data for other, data in headers.items() if other != name}

    def read(told):
        try:
            return read_callback(b"{}", 0, list(told.items()))
        except PayloadInvalid as exc:
            return str(exc)

    assert read({**headers, name: None}) == read(rest)


@given(st.integers(0), st.integers(0), st.integers(0))
def test_the_position_of_the_source_travels_in_the_event_id(partition, offset, item):
    position = Position("tidings-reports-v1", partition, offset, item)

    assert source_position(with_id(fixed_headers("update", "track"), position.event_id)) == position


@pytest.mark.parametrize(
    "event_id",
    [
        b"",
        b"a/b",
        b"t/1/2/x",
        b"1234-5",
        b"t/1/2/3/4",
        b"\xff/1/2/3",
        pytest.param(b"t/1/%b/3" % (b"9" * 5000), id="long"),
    ],
)
def test_an_event_id_of_another_writer_is_no_position(event_id):
    assert source_position([("ce_id", event_id)]) is None


def test_the_event_id_is_found_wherever_it_stands():
    """A trace context stands behind it, and other writers order as they like."""
    headers = with_id([("verdict", b"applied")], b"t/1/2/3")

    assert event_id_of(headers) == event_id_of([*headers, ("traceparent", b"00-1")]) == b"t/1/2/3"
    assert event_id_of(headers[::-1]) == b"t/1/2/3"
    assert event_id_of(headers[:1]) is None


def test_a_record_without_event_id_has_no_position():
    assert source_position([]) is None


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param(records.DeliveryReport, b"", id="empty"),
        pytest.param(records.DeliveryReport, b"{", id="cut"),
        pytest.param(records.Cause, b'{"partition":"1","offset":2}', id="wrong type"),
        pytest.param(records.Cause, b'{"partition":1}', id="missing member"),
        pytest.param(records.AttemptRegistered, b"\xff\xfe", id="not UTF-8"),
    ],
)
def test_bytes_that_are_no_record_say_so(kind, data):
    with pytest.raises(PayloadInvalid, match=kind.__name__):
        decode(kind, data)


def test_bytes_that_are_none_of_several_records_name_them():
    with pytest.raises(PayloadInvalid, match="not a UserWrote or BusinessSent"):
        decode(conversations.Talk, b'{"told":"lunch"}')
