"""Sessions as the store keeps them: the last word stands."""

from decimal import Decimal

import pytest

from analytics.freshness import Horizon
from analytics.lists.sessions import SessionsQuestion, conversation, sessions
from analytics.questions import Place
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from contracts.conversations import HeardTooLate, Parties
from contracts.errors import NotFound
from streams.session.machine import hear, standing_of
from streams.session.rules import rules_named
from tests.support.store_line import at as at_s
from tests.support.talking import T0, US, at, ours, time, user

RULES = rules_named("viber", {"price": "0.05", "currency": "EUR"})
OTHER = Parties(account="other", provider="infobip", connection="main", sender="OtherShop", recipient="+447700900106")
PERSON = hasher(b"a key for tests")(US.recipient)
HOUR_S = 3600


def talk(line, *events, parties: Parties = US) -> None:
    """As the stage tells of it, with the standing after each thing that was heard."""
    state = None
    for event in events:
        said = event if not hasattr(event, "parties") else type(event)(**_members(event) | {"parties": parties})
        state, told = hear(state, said, RULES)
        line.tell(*told, standing_of(state, RULES))


def _members(event) -> dict:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def stored(writer, line) -> None:
    writer.write(writer.prepare(writer.resume(), line.fetch()))


async def asked(reader, hours: float = 10, **members) -> list[dict]:
    reader.clock.moment = at(hours)
    return (await sessions(reader, SessionsQuestion(**members))).rows


async def test_an_open_session_says_what_is_left(writer, reader, line):
    talk(line, user(0), ours(1), user(2), ours(3))
    stored(writer, line)
    (row,) = await asked(reader)

    assert (row["is_open"], row["opened_at"], row["started_at"], row["ends_at"]) == (True, at(0), at(2), at(26))
    assert (row["business_count"], row["messages_left"], row["in_a_row_left"], row["near"]) == (2, 58, 4, [])
    assert (row["closed_at"], row["is_billed"], row["cost"], row["user_count"]) == (None, None, None, None)
    assert row["recipient_hash"] == format(PERSON, "016x")


async def test_a_closed_session_has_its_account(writer, reader, line):
    talk(line, user(0), ours(1), user(2), ours(3), time(26))
    stored(writer, line)
    (row,) = await asked(reader, 30)

    assert (row["is_open"], row["closed_at"], row["closed_by"]) == (False, at(26), "time")
    assert (row["business_count"], row["user_count"], row["is_billed"]) == (2, 2, True)
    assert (row["cost"], row["currency"]) == (Decimal("0.050000"), "EUR")
    assert row["messages_left"] is None


async def test_a_session_whose_time_is_up_is_closed_before_that_is_told(writer, reader, line):
    talk(line, user(0), ours(1), user(2))
    stored(writer, line)
    (row,) = await asked(reader, 26)

    assert (row["is_open"], row["closed_at"], row["closed_by"], row["is_billed"]) == (False, at(26), "time", None)


async def test_the_last_word_of_a_session_stands_and_one_that_never_was_is_gone(writer, reader, line):
    talk(line, user(1), ours(2), user(0))
    stored(writer, line)
    talk(line, user(5), ours(6), user(7), time(31), ours(8), parties=OTHER)
    stored(writer, line)
    late, early = await asked(reader, 40)

    assert (early["opened_at"], late["opened_at"]) == (at(0), at(5))
    assert late["business_count"] == 2


async def test_what_is_near_its_limit(writer, reader, line):
    talk(line, user(0), *(ours(1 + number / 10) for number in range(4)))
    talk(line, user(0), parties=OTHER)
    stored(writer, line)
    (row,) = await asked(reader, near="in_a_row")

    assert (row["sender"], row["near"], row["in_a_row_left"]) == ("ExampleShop", ["in_a_row"], 1)
    assert await asked(reader, near="messages") == []


@pytest.mark.parametrize(
    ("members", "senders"),
    [
        pytest.param({}, ["OtherShop", "ExampleShop", "ExampleShop"], id="all, the newest first"),
        pytest.param({"is_open": True}, ["OtherShop"], id="open ones"),
        pytest.param({"is_open": False}, ["ExampleShop", "ExampleShop"], id="closed ones"),
        pytest.param({"sender": " othershop"}, ["OtherShop"], id="of a sender, however it is spelled"),
        pytest.param({"recipient": PERSON}, ["ExampleShop", "ExampleShop"], id="of a person"),
        pytest.param({"accounts": ("other",)}, ["OtherShop"], id="of an account"),
        pytest.param({"accounts": ()}, [], id="of none"),
        pytest.param({"from_": at(30), "to": at(31)}, ["ExampleShop"], id="opened within a time"),
        pytest.param({"limit": 1}, ["OtherShop"], id="a page of them"),
        pytest.param({"before": Place(at(30), 0, 0)}, ["ExampleShop"], id="and what is behind it"),
    ],
)
async def test_which_sessions_are_asked_for(writer, reader, line, members, senders):
    talk(line, user(0), ours(1), user(2), time(26), user(30), ours(31), user(32), time(60))
    talk(line, user(50), parties=OTHER)
    stored(writer, line)

    assert [row["sender"] for row in await asked(reader, 61, **members)] == senders


async def test_pages_hold_each_session_once_although_words_come_between(writer, reader, line):
    talk(line, user(0), ours(1), user(2), time(26), user(30))
    stored(writer, line)
    (first,) = await asked(reader, 31, limit=1)
    talk(line, user(30), ours(31))
    stored(writer, line)
    before = Place(first["opened_at"], first["kafka_partition"], first["kafka_offset"])
    (second,) = await asked(reader, 31, limit=1, before=before)

    assert (first["opened_at"], second["opened_at"]) == (at(30), at(0))


async def test_a_conversation_has_its_sessions_where_it_stands_and_what_broke_the_rules(writer, reader, line):
    talk(line, user(0), *(ours(1 + number / 10) for number in range(6)))
    stored(writer, line)
    found = await conversation(reader, SessionsQuestion(sender="exampleshop", recipient=PERSON))
    (standing,) = found.standings

    assert [row["business_count"] for row in found.rows] == [6]
    assert (standing["in_a_row_left"], standing["kinds"], standing["opens_next"]) == (
        0,
        ["text", "image", "file"],
        True,
    )
    assert [(one["rule"], one["sent_at"]) for one in found.breaks] == [("in_a_row", at(1.5))]


async def test_what_was_withdrawn_breaks_no_rule(writer, reader, line):
    talk(line, ours(1), user(0))
    stored(writer, line)
    found = await conversation(reader, SessionsQuestion(sender="ExampleShop", recipient=PERSON))

    assert found.breaks == []


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"recipient": PERSON + 1}, id="nobody has written"),
        pytest.param({"accounts": ("other",)}, id="nor anything of these accounts"),
    ],
)
async def test_of_a_conversation_that_never_was_nothing_is_known(writer, reader, line, members):
    talk(line, user(0))
    stored(writer, line)

    with pytest.raises(NotFound, match="they write"):
        await conversation(reader, SessionsQuestion(**{"sender": "ExampleShop", "recipient": PERSON} | members))


async def test_the_answer_says_as_of_when_all_that_was_said_is_in_it(reader, skyline):
    reader.clock.moment = at_s(60)
    skyline.latest = Horizon(at_s(50), sessions_as_of=at_s(40))
    fresh = (await sessions(reader, SessionsQuestion())).freshness

    assert (fresh.as_of, fresh.lag_s) == (at_s(40), 20)


def test_numbers_of_people_are_not_stored(writer, database, line):
    talk(line, user(0), ours(1))
    stored(writer, line)
    rows = database.cursor().execute("SELECT * FROM session_word").fetchall()

    assert rows
    assert US.recipient not in str(rows)


def test_a_word_that_is_none_is_unreadable_and_the_others_are_stored(writer, database, line):
    late = HeardTooLate(parties=US, rules="viber", event_id="m1-0-0", occurred_at=T0, settled_until=T0)
    line.tell(late)
    partition = next(iter(number for topic, number in line.logs if topic == "sessions"))
    line.append("sessions", partition, b'{"told":"standing","as_of":"soon"}', [])
    stored(writer, line)
    cursor = database.cursor()

    assert cursor.execute("SELECT told, event_id FROM session_word").fetchall() == [("heard_too_late", "m1-0-0")]
    assert cursor.execute("SELECT topic FROM unreadable").fetchall() == [("sessions",)]


def test_what_the_stage_repeats_after_a_crash_is_stored_once(writer, database, line):
    talk(line, user(0), ours(1))
    ((topic, partition), log), *_ = [entry for entry in line.logs.items() if entry[0][0] == "sessions"]
    stored(writer, line)
    again = [type(log[0])(len(log) + number, one.timestamp, one.value, one.headers) for number, one in enumerate(log)]
    writer.write(writer.prepare(writer.resume(), [Fetched(topic, partition, again)]))
    ((count,),) = database.cursor().execute("SELECT count(*) FROM session_word").fetchall()

    assert count == len(log)
