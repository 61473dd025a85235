"""Which message a person answers, and what is told of inbound messages."""

import asyncio
from datetime import timedelta

import pytest

from analytics import questions
from analytics.lists.timelines import name_hash
from analytics.questions import InboundQuestion, Place
from analytics.sink.columns import hasher
from contracts.vocabulary import InboundKind
from tests.support.store_line import MESSAGE, OBSERVED, Line, at

DAY_S = 86_400
PERSON, SHOP = "+447700900105", "ExampleShop"
TO_PERSON = {"recipient": PERSON, "sender": SHOP}
REPLY = "0" * 31 + "1"


@pytest.fixture
def known(writer, reader, line):
    """What the store answers once it has all of the line."""

    async def ask(**members):
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        return await questions.inbound(reader, InboundQuestion(**members), window_s=DAY_S)

    return ask


def told(line, of: str) -> str:
    """The id of the attempt `of`."""
    return next(update.attempt_id for update in line.told if (update.report or update.registration).root_id == of)


def delivered(line, of: str, *, at_s: float, **members) -> None:
    line.report("sent", of=of, at_s=at_s - 1, **TO_PERSON | members)
    line.report("delivered", of=of, at_s=at_s, **TO_PERSON | members)


def three_messages(line) -> None:
    """To one person, from one sender: an early one that arrived, one that arrived, and one that has only left."""
    delivered(line, "early", at_s=10, external_id="order-1")
    delivered(line, "late", at_s=100)
    line.report("sent", of="last", at_s=200, **TO_PERSON)
    line.register(of="early", at_s=5)


REPLIES = [
    pytest.param({"reply_to": "early"}, "early", "provider_id", id="the provider names the send"),
    pytest.param({"reply_to": "order-1"}, "early", "reply_id", id="our own name comes back as what is answered"),
    pytest.param({"extras": {"reply_id": "order-1"}}, "early", "reply_id", id="or as the reply id"),
    pytest.param(
        {"extras": {"reply_id": MESSAGE.format(sum(b"early"))}}, "early", "reply_id", id="or as the message's id"
    ),
    pytest.param({"extras": {"tracking": "early"}}, "early", "tracking_data", id="the tracking data names it"),
    pytest.param({"extras": {"external_id": "order-1"}}, "early", "tracking_data", id="or the data of our send"),
    pytest.param({"extras": {"send_id": "order-1"}}, "early", "tracking_data", id="or the name in its address"),
    pytest.param(
        {"reply_to": "late", "extras": {"tracking": "early"}}, "late", "provider_id", id="the surest name wins"
    ),
    pytest.param({}, "late", "newest_delivered", id="else the newest that arrived before it"),
    pytest.param({"reply_to": "unheard-of"}, "late", "newest_delivered", id="also when the name means nothing"),
    pytest.param({"addressee": "exampleshop"}, "late", "newest_delivered", id="the sender in another case"),
    pytest.param({"addressee": None}, "late", "newest_delivered", id="the sender is not told"),
    pytest.param({"addressee": "OtherShop"}, None, "none", id="what others sent is not answered"),
    pytest.param({"author": "+447700900106"}, None, "none", id="what others got is not answered"),
    pytest.param({"author": None}, None, "none", id="nobody knows who wrote"),
    pytest.param({"at_s": 5}, None, "none", id="before all of them: none"),
    pytest.param({"at_s": 50}, "early", "newest_delivered", id="after the first"),
    pytest.param({"at_s": 150}, "late", "newest_delivered", id="after the second"),
    pytest.param({"at_s": 100 + DAY_S}, "late", "newest_delivered", id="at the end of the window"),
    pytest.param({"at_s": 101 + DAY_S}, "last", "newest_sent", id="after it: the newest that left"),
    pytest.param({"at_s": 201 + DAY_S}, None, "none", id="after all windows: none"),
]


@pytest.fixture(scope="module")
def answered(reader_of):
    """What each of `REPLIES` answers, by its place there: all come after the three messages, each in its own time."""
    line = Line()
    three_messages(line)
    for number, (said, *_) in enumerate(one.values for one in REPLIES):
        line.inbound(f"{number:032x}", **{"addressee": SHOP, "at_s": 300} | said)
    rows = asyncio.run(questions.inbound(reader_of(line), InboundQuestion(), window_s=DAY_S)).rows
    roots = {told(line, of): of for of in ("early", "late", "last")}
    return {int(row["event_id"], 16): (roots.get(row["attempt_id"]), row["attributed_by"]) for row in rows}


@pytest.mark.parametrize(
    ("number", "attempt", "way"),
    [pytest.param(number, *one.values[1:], id=one.id) for number, one in enumerate(REPLIES)],
)
def test_what_a_reply_answers(answered, number, attempt, way):
    assert answered[number] == (attempt, way)


async def test_a_leg_is_a_name_too(line, known):
    line.report("delivered", of="whole", leg="leg-2", at_s=1, **TO_PERSON)
    line.inbound(REPLY, at_s=3 * DAY_S, reply_to="leg-2")
    (row,) = (await known()).rows

    assert (row["attempt_id"], row["attributed_by"]) == (told(line, "whole"), "provider_id")


@pytest.mark.parametrize(
    ("said", "attempt"),
    [
        pytest.param({"reply_to": "old", "extras": {"tracking": "new"}}, "old", id="a surer name, however old"),
        pytest.param({"reply_to": "old"}, "old", id="and what was sent since is not looked at"),
        pytest.param({"reply_to": "order-1"}, "new", id="of two with one name the newer"),
    ],
)
async def test_names_are_looked_for_in_all_the_time_before(line, known, said, attempt):
    for of, day in (("old", 0), ("new", 20)):
        delivered(line, of, at_s=day * DAY_S + 10, external_id="order-1")
    line.inbound(REPLY, at_s=20 * DAY_S + 100, addressee=SHOP, **said)
    (row,) = (await known()).rows

    assert row["attempt_id"] == told(line, attempt)


@pytest.mark.parametrize("others", [(), (5,), (40,)], ids=["alone", "with an earlier one", "with a later one"])
async def test_with_which_others_a_reply_is_asked_for_does_not_matter(line, known, others):
    """Each is looked for in its own time, and not in that of all together."""
    delivered(line, "early", at_s=0)
    line.inbound(REPLY, at_s=31 * DAY_S, reply_to="early")
    for number, day in enumerate(others):
        line.inbound(f"{number + 2:032x}", at_s=day * DAY_S, author="+447700900106")
    rows = (await known()).rows

    assert [row["attributed_by"] for row in rows if row["event_id"] == REPLY] == ["none"]


async def test_what_has_failed_was_not_answered(line, known):
    line.report("sent", of="failed", at_s=1, **TO_PERSON)
    line.report("undelivered", of="failed", at_s=2, **TO_PERSON)
    line.inbound(REPLY, at_s=3, addressee=SHOP)

    assert [row["attributed_by"] for row in (await known()).rows] == ["none"]


async def test_another_connection_has_other_messages(line, known):
    delivered(line, "there", at_s=1, connection=OBSERVED)
    line.inbound(REPLY, at_s=3, addressee=SHOP, reply_to="there")

    assert [row["attributed_by"] for row in (await known()).rows] == ["none"]


async def test_a_registration_that_comes_later_gives_the_message_its_name(line, known):
    delivered(line, "early", at_s=1)
    line.inbound(REPLY, at_s=3, addressee=SHOP)
    (before,) = (await known()).rows
    line.register(of="early", at_s=60)
    (after,) = (await known()).rows

    assert (before["message_id"], before["attempt_id"]) == (None, after["attempt_id"])
    assert after["message_id"] == MESSAGE.format(sum(b"early"))


async def test_a_message_knows_its_replies_and_no_others(line, known, reader):
    three_messages(line)
    for number, said in enumerate([{}, {"reply_to": "early"}, {"extras": {"tracking": "early"}}, {"author": "+1"}]):
        line.inbound(f"{number:032x}", at_s=300 + number, addressee=SHOP, **said)
    await known()
    found = {
        of: [
            (row["event_id"][-1], row["attributed_by"])
            for row in (
                await questions.message_replies(reader, told(line, of), accounts=["default"], window_s=DAY_S)
            ).rows
        ]
        for of in ("early", "late", "last")
    }

    assert found == {
        "early": [("1", "provider_id"), ("2", "tracking_data")],
        "late": [("0", "newest_delivered")],
        "last": [],
    }


@pytest.mark.parametrize(
    ("said", "is_possible"),
    [
        pytest.param({"addressee": SHOP}, True, id="the person who got it wrote afterwards"),
        pytest.param({"author": "+1", "reply_to": "late"}, True, id="somebody names it"),
        pytest.param({"author": "+1", "extras": {"tracking": "late"}}, True, id="somebody brings what it carried"),
        pytest.param({"author": "+1", "reply_to": "early"}, False, id="somebody names another"),
        pytest.param({"at_s": 30 * DAY_S}, False, id="the person wrote long afterwards"),
        pytest.param({"account": "other"}, False, id="what was written is not theirs"),
    ],
)
async def test_a_timeline_says_whether_there_may_be_replies(line, known, reader, said, is_possible):
    delivered(line, "early", at_s=1, recipient="+447700900777")
    delivered(line, "late", at_s=100)
    line.inbound(REPLY, **{"at_s": 300} | said)
    await known()
    asked = {"accounts": ["default"], "window_s": DAY_S}
    timeline = await questions.message_timeline(reader, told(line, "late"), **asked)

    assert timeline.may_be_answered is is_possible


@pytest.mark.parametrize("name", ["", "v6080", "παραγγελία", "\N{WAVING HAND SIGN}"])
def test_a_name_has_the_number_that_the_store_gives_it(database, name):
    ((number,),) = database.cursor().execute("SELECT name_hash(?)", [name]).fetchall()

    assert name_hash(name) == number


async def test_replies_are_not_told_to_others(line, known, reader):
    three_messages(line)
    line.inbound(REPLY, at_s=300, addressee=SHOP)
    await known()

    answer = await questions.message_replies(reader, told(line, "late"), accounts=["other"], window_s=DAY_S)

    assert answer.rows == []


@pytest.fixture(scope="module")
def five(reader_of):
    """A store of five messages, one of them told twice by its provider."""
    line = Line()
    for number in range(5):
        kind = InboundKind.IMAGE if number == 4 else InboundKind.TEXT
        words = "Is THE Red one in stock?" if number == 1 else None
        line.inbound(
            f"{number:032x}", at_s=number, author=f"+44770090010{number}", addressee=SHOP, kind=kind, text=words
        )
    line.inbound(f"{2:032x}", at_s=9, addressee=SHOP)
    return reader_of(line)


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        pytest.param({}, "43210", id="all, the newest first, each once"),
        pytest.param({"provider": "telesign"}, "", id="of another provider"),
        pytest.param({"provider": "infobip", "connection": "main"}, "43210", id="of this connection"),
        pytest.param({"channel": "sms"}, "", id="of a channel"),
        pytest.param({"from_": at(1), "to": at(3)}, "21", id="of a time, its end not included"),
        pytest.param({"addressee": "EXAMPLESHOP"}, "43210", id="to a sender"),
        pytest.param({"addressee": "OtherShop"}, "", id="to another sender"),
        pytest.param({"author": hasher(b"a key for tests")("+447700900103")}, "3", id="of a person"),
        pytest.param({"text": "the red"}, "1", id="with words"),
        pytest.param({"text": "%"}, "", id="whose signs mean nothing else"),
        pytest.param({"accounts": ("other",)}, "", id="of another account"),
        pytest.param({"limit": 2}, "43", id="a page of them"),
        pytest.param({"limit": 2, "before": Place(at(3), 99, 0)}, "32", id="and the next one"),
    ],
)
async def test_filters(five, asked, numbers):
    rows = (await questions.inbound(five, InboundQuestion(**asked), window_s=DAY_S)).rows

    assert "".join(row["event_id"][-1] for row in rows) == numbers


async def test_pages_one_after_the_other_hold_all_once(five):
    seen, before = [], None
    while rows := (await questions.inbound(five, InboundQuestion(limit=2, before=before), window_s=DAY_S)).rows:
        seen += [row["event_id"][-1] for row in rows]
        before = Place(rows[-1]["received_at"], rows[-1]["kafka_partition"], rows[-1]["kafka_offset"])

    assert seen == list("43210")


async def test_what_a_person_sent_is_told_whole(line, known):
    line.inbound(REPLY, at_s=3, addressee=SHOP, media_url="https://example.net/a.jpg", country="GB", part="2")
    (row,) = (await known()).rows

    assert (row["text"], row["media_url"], row["country"], row["part"]) == (
        "Is it in stock?",
        "https://example.net/a.jpg",
        "GB",
        "2",
    )
    assert row["received_at"] == at(0) + timedelta(seconds=3)
    assert row["author_hash"] == f"{hasher(b'a key for tests')(PERSON):016x}"
