"""What becomes of each kind of record in the store."""

from datetime import timedelta
from typing import Any

import pytest

from analytics.sink.writer import Writer
from analytics.store.database import Database
from contracts.codec import encode
from contracts.vocabulary import Channel, Reason, Scope
from tests.support.store_line import MESSAGE, T0, Line

NOW = T0.replace(tzinfo=None)
FIRST = "00000000000000000000000000000001"
SECOND = "00000000000000000000000000000002"


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    return database.cursor().execute(sql).fetchall()


def write(writer: Writer, line: Line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def test_a_report_keeps_every_word_of_it(writer, database):
    line = Line()
    line.report(
        "undelivered",
        of="vb-1",
        connection="observed",
        at_s=7,
        channel=Channel.VIBER,
        scope=Scope.CHANNEL,
        country="GB",
        operator="23410",
        campaign="autumn",
        sender="ExampleShop",
        recipient="+447700900105",
        provider_code="27",
        error_code="EC_ABSENT",
        reason=Reason.ABSENT_RECIPIENT,
        description='Absent "subscriber"\x00\n',
        is_permanent=False,
        sent_at=T0,
        price="0.0123",
        currency="EUR",
    )
    write(writer, line)
    names = "status, attempt_status, verdict, channel, country, operator, campaign, sender, provider_code, error_code"
    told = "reason, description, is_permanent, sent_at, occurred_at, received_at, price::VARCHAR, currency, source"

    assert rows(database, f"SELECT {names} FROM report") == [
        ("undelivered", "undelivered", "applied", "viber", "GB", "23410", "autumn", "ExampleShop", "27", "EC_ABSENT")
    ]
    assert rows(database, f"SELECT {told} FROM report") == [
        (
            *("absent_recipient", 'Absent "subscriber"\x00\n', False, NOW),
            *(NOW + timedelta(seconds=7), NOW + timedelta(seconds=7), "0.012300", "EUR", "push"),
        )
    ]


def test_people_are_pseudonyms_and_the_same_person_has_one(writer, database):
    line = Line()
    for of, recipient in (("a", "+447700900105"), ("b", "+447700900105"), ("c", "+447700900106"), ("d", None)):
        line.report("sent", of=of, recipient=recipient)
    write(writer, line)
    hashes = dict(rows(database, "SELECT root_id, recipient_hash FROM report"))

    assert hashes["a"] == hashes["b"] != hashes["c"]
    assert hashes["d"] is None
    assert rows(database, "SELECT count(*) FROM report WHERE report::VARCHAR LIKE '%7700900%'") == [(0,)]


def test_a_registration_frees_what_was_parked(writer, database):
    line = Line()
    line.report("sent", of="a")
    line.register(of="a", at_s=3, campaign="autumn")
    write(writer, line)
    told = "message_id::VARCHAR, campaign, attempt_status, previous_status, released_applied_count"

    assert rows(database, "SELECT verdict, message_id FROM report") == [("parked", None)]
    assert rows(database, f"SELECT {told} FROM registration") == [
        (MESSAGE.format(ord("a")), "autumn", "sent", "sent", 1)
    ]


@pytest.mark.parametrize("kind", ["inbound", "signal"])
def test_what_no_stage_remembers_is_told_apart_by_the_store(writer, database, kind):
    """The same event is applied once, within a batch and across batches, while the memory lasts."""
    line = Line()
    say = getattr(line, kind)
    for event_id, at_s in ((FIRST, 0), (FIRST, 1), (SECOND, 2)):
        say(event_id, at_s=at_s)
    write(writer, line)
    say(FIRST, at_s=3)
    write(writer, line)
    say(SECOND, at_s=5 * 86_400)
    write(writer, line)

    assert rows(database, f"SELECT verdict FROM {kind} ORDER BY received_at") == [
        *(("applied",), ("repeated",), ("applied",), ("repeated",)),
        ("applied",),
    ]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{\xff\x00", id="no text at all"),
        pytest.param(bytes(range(256)) * 256, id="just within the limit"),
    ],
)
def test_a_dead_letter_keeps_its_bytes(writer, database, body):
    line = Line()
    line.dead_letter(body)
    write(writer, line)

    assert rows(database, "SELECT kind, reason, size, body FROM dead_letter") == [
        ("unreadable", "not JSON", len(body), body)
    ]


def test_of_a_large_dead_letter_the_beginning_is_kept(writer, database):
    line = Line()
    line.dead_letter(b"x" * 1_000_000)
    write(writer, line)

    assert rows(database, "SELECT size, octet_length(body) FROM dead_letter") == [(1_000_000, 65_536)]


def test_of_a_callback_only_its_place_and_size_are_kept(writer, database):
    line = Line()
    line.receive(provider="telesign", connection="main", at_s=2)
    line.append("callbacks", 2, None, [], 3)
    write(writer, line)
    told = "kafka_partition, kafka_offset, received_at, provider, connection, size"

    assert rows(database, f"SELECT {told} FROM callback ORDER BY kafka_partition") == [
        (0, 0, NOW + timedelta(seconds=2), "telesign", "main", 16),
        (2, 0, NOW + timedelta(seconds=3), "", "", 0),
    ]


def broken(**members: object) -> bytes:
    line = Line()
    sound = encode(line.report("sent", of="other", connection="observed"))
    for name, value in members.items():
        sound = sound.replace(f'"{name}":"'.encode(), f'"{name}":{value}, "was_{name}":"'.encode(), 1)
    return sound


@pytest.mark.parametrize(
    ("topic", "value"),
    [
        pytest.param("updates", None, id="a tombstone"),
        pytest.param("updates", b"{", id="no JSON"),
        pytest.param("updates", b"\xff", id="no text"),
        pytest.param(
            "updates", broken().replace(b'"provider_code":"', b'"provider_code":"\xff'), id="a word that is no text"
        ),
        pytest.param(
            "updates", broken().replace(b'"scope":', b'"later":"\xff","scope":'), id="one that we do not know"
        ),
        pytest.param("updates", b"[1]", id="no object"),
        pytest.param("updates", b"{}", id="an empty object"),
        pytest.param("updates", broken(attempt_id='"attempt-1"'), id="an id that is no UUID"),
        pytest.param("updates", broken(attempt_id=f'"{FIRST}"'), id="an attempt id without a time"),
        pytest.param("updates", broken(received_at='"yesterday"'), id="a time that is none"),
        pytest.param("inbound", b'{"kind":"text"}', id="inbound without an id"),
        pytest.param("signals", b'{"kind":"click"}', id="a signal without an id"),
        pytest.param("presumed-lost", b'{"attempt_id":"attempt-1"}', id="a loss without its attempt"),
        pytest.param("dead-letters", b'{"kind":"empty","body":"!!!"}', id="a dead letter whose bytes are not base64"),
    ],
)
def test_a_record_that_is_none_is_told_of_and_sinks_nothing_else(writer, database, topic, value):
    line = Line()
    line.report("sent", of="a", connection="observed")
    line.append(topic, 1, value, [])
    line.report("sent", of="b", connection="observed")
    write(writer, line)

    assert rows(database, "SELECT root_id FROM report ORDER BY root_id") == [("a",), ("b",)]
    assert rows(database, "SELECT topic, kafka_partition, reason <> '' FROM unreadable") == [(topic, 1, True)]
    assert rows(database, "SELECT sum(attempt_count)::BIGINT FROM hour_delta") == [(2,)]


def test_a_status_of_a_later_version_is_kept_and_counts_as_unknown(writer, database):
    line = Line()
    line.append("updates", 0, broken(status='"read_aloud"'), [])
    write(writer, line)

    assert rows(database, "SELECT attempt_status FROM report") == [("read_aloud",)]
    assert rows(database, "SELECT status, attempt_count FROM hour_delta") == [("unknown", 1)]


def test_a_price_that_does_not_fit_costs_the_price_only(writer, database):
    line = Line()
    line.report("sent", of="a", connection="observed", price="9" * 30)
    write(writer, line)

    assert rows(database, "SELECT root_id, price FROM report") == [("a", None)]


def test_a_batch_that_fails_leaves_nothing(writer, database):
    line = Line()
    line.report("sent", of="a", connection="observed")
    fetched = line.fetch()
    batch = writer.prepare(writer.resume(), fetched)
    cursor = database.cursor()
    cursor.execute("ALTER TABLE marks RENAME TO elsewhere")
    with pytest.raises(Exception, match="marks"):
        writer.write(batch)
    cursor.execute("ALTER TABLE elsewhere RENAME TO marks")
    nothing = rows(database, "SELECT count(*) FROM report"), rows(database, "SELECT count(*) FROM offsets")
    writer.write(writer.prepare(writer.resume(), fetched))

    assert nothing == ([(0,)], [(0,)])
    assert rows(database, "SELECT count(*) FROM report") == [(1,)]
