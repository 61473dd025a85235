"""The list of messages: which attempts it has, in which order, and page by page."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest

from analytics.asking.reader import Ask
from analytics.asking.words import Dimension
from analytics.lists.messages import MessagesQuestion, messages, newest
from analytics.lists.timelines import message_timeline
from analytics.sink.columns import hasher
from analytics.store.database import Database
from analytics.upkeep.settling import Settling
from contracts.filters import parse_filter
from tests.support.plans import message, planned
from tests.support.store_deeds import OF_BEFORE
from tests.support.store_line import Line, at

SOON = at(60)
LONG_AGO = SOON - timedelta(days=30)
PERSON = "+447700900211"


def settle(database: Database) -> None:
    Settling(database.cursor()).run(1)


def make_of_before(database: Database) -> None:
    for change in OF_BEFORE:
        database.cursor().execute(change)
    settle(database)


STATES = {"settled": settle, "of before": make_of_before, "new": lambda _: None}


def five_attempts() -> Line:
    """A quarter of a day apart; the newest failed, and the middle one has names."""
    line = Line()
    for number in range(5):
        of, at_s = f"vb-{number}", -21_600 * (4 - number)
        line.report("sent", of=of, at_s=at_s, connection="observed", campaign=f"spring-{number}")
    line.report("undelivered", of="vb-4", at_s=1, connection="observed", reason="absent_subscriber")
    line.report("delivered", of="vb-2", leg="vb-2:sms", at_s=2, connection="observed", recipient=PERSON)
    line.report("sent", of="vb-0", at_s=3, connection="observed", recipient=PERSON)
    line.register(of="own", at_s=-30_000, external_id="order-1207", account="other")
    return line


@pytest.fixture(scope="module", params=STATES)
def reader_of_five(reader_of, request):
    return reader_of(five_attempts(), then=STATES[request.param])


async def found(reader, **members):
    """The root ids of what was asked for."""
    filters = {name: parse_filter([members.pop(name)]) for name in list(members) if name in set(Dimension)}
    question = MessagesQuestion(**{"from_": LONG_AGO, "to": SOON, "filters": filters} | members)
    return [row["root_id"] for row in (await messages(reader, question)).rows]


@pytest.mark.parametrize(
    ("asked", "roots"),
    [
        pytest.param({"provider": "infobip", "account": "default"}, "43210", id="all, the newest first"),
        pytest.param({"provider": "telesign"}, "", id="of another provider"),
        pytest.param({"status": "undelivered"}, "4", id="by where they stand now"),
        pytest.param({"status": "sent"}, "310", id="not by where they stood"),
        pytest.param({"reason": "absent_subscriber"}, "4", id="by what went wrong"),
        pytest.param({"campaign": "spring-*,!spring-2"}, "4310", id="by campaign"),
        pytest.param({"status": "undelivered", "campaign": "spring-4"}, "4", id="by what different reports told"),
        pytest.param({"status": "sent", "campaign": "spring-4"}, "", id="not by what different reports told before"),
        pytest.param({"accounts": ("default",), "limit": 2}, "43", id="a page of them"),
        pytest.param({"from_": at(-50_000), "to": at(-10_000), "accounts": ("default",)}, "32", id="of a time"),
        pytest.param({"recipient": hasher(b"a key for tests")(PERSON)}, "20", id="of a person"),
        pytest.param({"provider_message_id": "vb-3"}, "3", id="by the id of a send"),
        pytest.param({"provider_message_id": "vb-2:sms"}, "2", id="by the id of one of its channels"),
        pytest.param({"provider_message_id": "vb-2", "status": "sent"}, "", id="by id and filter"),
        pytest.param({"provider_message_id": "vb-2", "accounts": ("other",)}, "", id="not of another account"),
        pytest.param({"external_id": "order-1207"}, "n", id="by a reference of one's own"),
        pytest.param({"external_id": "order-1207", "accounts": ("default",)}, "", id="that is another account's"),
    ],
)
async def test_what_is_found(reader_of_five, asked, roots):
    assert "".join(root[-1] for root in await found(reader_of_five, **asked)) == roots


@pytest.mark.parametrize("settled", [0, 1, 2])
async def test_the_reference_of_a_plan_finds_what_was_sent_of_it(writer, line, reader, database, settled):
    settling = Settling(database.cursor())
    line.register(of="by-plan", message_id=message(), external_id="a send's own id")
    for topics in (["updates"], ["messages"]):
        writer.write(writer.prepare(writer.resume(), line.fetch(only=topics)))
        line.say("messages", planned(external_id="order-1208"))
    settling.run(settled)

    assert await found(reader, external_id="order-1208") == ["by-plan"]


async def pages(reader, question):
    """The attempts of all pages, one page behind the other."""
    seen, before = [], None
    while True:
        page = await messages(reader, replace(question, before=before))
        seen.append([row["attempt_id"] for row in page.rows])
        before = page.next_before
        if before is None:
            return seen


async def test_pages_one_after_the_other_hold_all_once(told_reader):
    question = MessagesQuestion(from_=LONG_AGO, to=SOON + timedelta(days=1), limit=7)
    whole = await messages(told_reader, replace(question, limit=10_000))
    several = await pages(told_reader, question)

    assert list(chain.from_iterable(several)) == [row["attempt_id"] for row in whole.rows]
    assert len(several) > 3


@pytest.mark.parametrize(
    "asked",
    [
        {"campaign": "spring"},
        {"reason": "no_route"},
        {"status": "delivered,seen"},
        {"status": "unknown,sent"},
        {"status": "s*,!seen"},
        {"channel": "!sms"},
        {"channel": "viber", "status": "!seen", "account": "default,other"},
        {"country": "GR", "status": "undelivered,failed", "reason": "absent_subscriber,no_route"},
        {"sender": "x"},
    ],
    ids=str,
)
async def test_pages_by_filters_hold_what_they_leave_of_the_whole_list(told_reader, asked):
    whole = (await messages(told_reader, MessagesQuestion(from_=LONG_AGO, to=at(86_400), limit=10_000))).rows
    filters = {Dimension(name): parse_filter([text]) for name, text in asked.items()}
    left = [row for row in whole if all(one.matches(row[name]) for name, one in filters.items())]

    for limit in (17, len(whole)):
        filtered = MessagesQuestion(from_=LONG_AGO, to=at(86_400), filters=filters, limit=limit)
        several = await pages(told_reader, filtered)

        assert list(chain.from_iterable(several)) == [row["attempt_id"] for row in left]


async def test_hours_in_which_there_is_nothing_are_not_read(told_reader):
    asked = []

    def look(ask: Ask) -> None:
        def noted(name, parameters):
            asked.append(name)
            return ask(name, parameters)

        nobodys = {Dimension.CAMPAIGN: parse_filter(["nobody's"])}
        newest(noted, MessagesQuestion(from_=LONG_AGO, to=at(86_400), filters=nobodys))

    await told_reader.look(look)

    assert set(asked) == {"attempt_hours"}


async def test_hours_that_have_a_page_together_are_looked_at_once(writer, line, reader):
    for number in range(6):
        line.report("sent", of=f"m-{number}", at_s=1_800 * number, connection="observed", campaign="few")
    writer.write(writer.prepare(writer.resume(), line.fetch()))
    looks = []

    def look(ask: Ask) -> list[str]:
        def noted(name, parameters):
            looks.extend([name] if name == "attempts_like" else [])
            return ask(name, parameters)

        few = {Dimension.CAMPAIGN: parse_filter(["few"])}
        rows, _ = newest(noted, MessagesQuestion(from_=LONG_AGO, to=at(86_400), filters=few, limit=3))
        return [row["root_id"] for row in rows]

    found, _ = await reader.look(look)

    assert found == ["m-5", "m-4", "m-3"]
    assert len(looks) == 1


async def test_where_few_are_wanted_only_those_are_summed_up(reader_of_five):
    summed = []

    def look(ask: Ask) -> None:
        def noted(name, parameters):
            if name == "messages_of":
                summed.extend(parameters["attempts"])
            return ask(name, parameters)

        ended = {Dimension.STATUS: parse_filter(["undelivered"])}
        rows, _ = newest(noted, MessagesQuestion(from_=LONG_AGO, to=SOON, filters=ended))
        assert [row["attempt_id"] for row in rows] == summed

    await reader_of_five.look(look)


@pytest.mark.parametrize("state", STATES)
async def test_a_name_of_the_same_number_is_another(reader_of, state):
    def add_others(database: Database) -> None:
        STATES[state](database)
        database.cursor().execute(
            "INSERT INTO attempt_name "
            "SELECT unnest([name_hash('vb-3'), person_hash(7)]), first_tick, is_sorted FROM attempt_name"
        )

    reader = reader_of(five_attempts(), then=add_others)

    assert await found(reader, provider_message_id="vb-3") == ["vb-3"]
    assert await found(reader, recipient=7) == []


async def test_what_was_sent_to_somebody_has_pages_too(reader_of_five):
    person = hasher(b"a key for tests")(PERSON)
    several = await pages(reader_of_five, MessagesQuestion(from_=LONG_AGO, to=SOON, recipient=person, limit=1))

    assert [len(page) for page in several] == [1, 1, 0]


async def test_a_row_says_what_the_timeline_says(told_reader):
    listed = (await messages(told_reader, MessagesQuestion(from_=LONG_AGO, to=at(86_400), limit=200))).rows
    for row in listed[:: max(1, len(listed) // 12)]:
        (told,) = [
            one
            for one in (await message_timeline(told_reader, row["attempt_id"], accounts=None)).attempts
            if one["attempt_id"] == row["attempt_id"]
        ]

        assert {name: row[name] for name in told if name in row} == {n: told[n] for n in told if n in row}
