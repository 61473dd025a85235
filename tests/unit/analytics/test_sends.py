"""What was planned, sent and decided, as the store keeps it and tells it."""

import itertools
from decimal import Decimal

import pytest

from analytics import questions
from analytics.lists import sends
from analytics.lists.sends import SendsQuestion
from contracts.errors import NotFound
from contracts.plans import Outcome, Plan, SendWithdrawn, SentElsewhere, send_id_of
from tests.support.plans import SECRET, cancelled, commanded, decided, message, outcome, planned, step
from tests.support.store_line import at

SEND = send_id_of(message(), 1, 0)
BALANCE = ("accepted", "refused", "throttled", "withdrawn", "in_doubt", "waiting")


def stored(writer, line):
    writer.write(writer.prepare(writer.resume(), line.fetch()))


def naive(seconds: float):
    return at(seconds).replace(tzinfo=None)


def test_a_plan_is_kept_with_what_it_leaves_to_the_contracts(writer, database, line):
    line.say("messages", planned(plan=Plan(steps=(step(is_session=True), step("sms")))))
    line.say("messages", cancelled(at_s=5))
    stored(writer, line)
    rows = database.cursor().execute("SELECT told, told_at, in_doubt, version, respects_opt_out, steps FROM plan")
    (plan, end) = rows.fetchall()

    assert plan[:5] == ("planned", naive(0), "hold", 1, True)
    assert [(one["channel"], one["succeed_on"], one["is_session"]) for one in plan[5]] == [
        ("viber", "delivered", True),
        ("sms", "delivered", False),
    ]
    assert end == ("cancelled", naive(5), None, None, None, None)


def test_no_text_and_no_number_of_anybody_is_in_the_store(writer, database, line):
    line.say("messages", planned())
    line.say("commands", commanded())
    stored(writer, line)
    cursor = database.cursor()
    told = [str(cursor.table(name).fetchall()) for name in ("plan", "command")]

    assert all(len(text) > 10 for text in told)
    assert not any(SECRET in text or "447700900105" in text for text in told)
    assert cursor.execute("SELECT plan.recipient_hash = command.recipient_hash FROM plan, command").fetchall() == [
        (True,)
    ]


def test_a_record_that_is_none_sinks_no_batch(writer, database, line):
    line.append("outcomes", 0, b'{"message_id":"order-1207"}', [])
    line.say("outcomes", outcome("accepted"))
    stored(writer, line)
    cursor = database.cursor()

    assert cursor.execute("SELECT topic FROM unreadable").fetchall() == [("outcomes",)]
    assert cursor.table("outcome").count("*").fetchall() == [(1,)]


def test_outcomes_have_the_order_of_contracts(database):
    cursor = database.cursor()
    ranks = [cursor.execute("SELECT outcome_rank(?)", [str(one)]).fetchall()[0][0] for one in Outcome]

    assert ranks == list(range(1, len(Outcome) + 1))


async def state(reader) -> str:
    """What is known of the one send."""
    ((row),) = (await sends.send_named(reader, SEND, accounts=None)).rows
    return row["outcome"]


@pytest.mark.parametrize(
    ("told", "known"),
    [
        pytest.param([], "waiting", id="nothing was told"),
        pytest.param(["in_doubt"], "in_doubt", id="nobody knows"),
        pytest.param(["in_doubt", "accepted"], "accepted", id="a doubt that was resolved"),
        pytest.param(["in_doubt", "withdrawn"], "withdrawn", id="resolved the other way"),
        pytest.param(["refused", "withdrawn"], "refused", id="the more telling counts"),
        pytest.param(["withdrawn", "accepted"], "accepted", id="what was taken was taken"),
    ],
)
async def test_the_highest_outcome_of_a_send_counts_in_any_order(writer, reader, line, told, known):
    line.say("commands", commanded())
    for number, order in enumerate(itertools.permutations(told)):
        for one in order:
            line.say("outcomes", outcome(one, at_s=number))
    stored(writer, line)

    assert await state(reader) == known


@pytest.mark.parametrize("heard", ["register", "report"])
async def test_a_send_of_which_something_is_heard_was_taken(writer, reader, line, heard):
    line.say("commands", commanded())
    line.say("outcomes", outcome("in_doubt"))
    named = {"of": "root-7", "external_id": SEND}
    line.register(**named) if heard == "register" else line.report("delivered", **named)
    stored(writer, line)

    assert await state(reader) == "accepted"
    assert (await sends.in_doubt(reader, accounts=None, limit=10, overdue_s=0)).rows == []


async def balance(reader) -> dict[str, int]:
    (row,) = (await sends.send_balance(reader)).rows
    return row


async def test_every_send_is_accounted_for_once(writer, reader, line):
    told = ("accepted", "refused", "throttled", "withdrawn", "in_doubt", None)
    for number, one in enumerate(told, start=1):
        line.say("commands", commanded(number))
        if one:
            line.say("outcomes", outcome(one, number))
    line.say("commands", SendWithdrawn(message_id=message(), step=1, send_id=SEND))
    stored(writer, line)
    found = await balance(reader)

    assert found["sends"] == len(told) == sum(found[name] for name in BALANCE)
    assert [found[name] for name in BALANCE] == [1] * len(told)
    assert found["double_sends"] == 0


@pytest.mark.parametrize(
    ("told", "doubles"),
    [
        pytest.param([{"root_id": "a"}], 0, id="once"),
        pytest.param([{"root_id": "a"}, {"root_id": "a", "at_s": 9}], 0, id="the same told twice"),
        pytest.param([{"root_id": "a"}, {"at_s": 9}], 0, id="a person who knows no id says it again"),
        pytest.param([{"root_id": "a"}, {"root_id": "b"}], 1, id="two ids of the provider"),
        pytest.param([{"root_id": "a"}, {"root_id": "b", "attempt": 1}], 1, id="two tries were taken"),
        pytest.param([{"root_id": "a"}, {"root_id": "b", "place": 0}], 0, id="two steps are two sends"),
        pytest.param([{"root_id": "a"}, {"root_id": "b", "number": 2}], 0, id="two messages are two sends"),
    ],
)
async def test_a_step_that_was_taken_twice_is_a_double_send(writer, reader, line, told, doubles):
    places = {(one.get("number", 1), one.get("place", 1), one.get("attempt", 0)) for one in told}
    for place in sorted(places):
        line.say("commands", commanded(*place))
    for one in told:
        line.say("outcomes", outcome("accepted", **one))
    stored(writer, line)

    assert (await balance(reader))["double_sends"] == doubles


async def test_a_store_without_sends_has_none(reader):
    assert set((await balance(reader)).values()) == {0}


async def doubts(reader, **asked) -> list[str]:
    answer = await sends.in_doubt(reader, **{"accounts": None, "limit": 10, "overdue_s": 300} | asked)
    return [row["message_id"] for row in answer.rows]


async def test_doubts_are_told_the_longest_open_first(writer, reader, line):
    for number, at_s in ((1, 20), (2, 10)):
        line.say("commands", commanded(number))
        line.say("outcomes", outcome("in_doubt", number, at_s=at_s))
    stored(writer, line)

    assert await doubts(reader) == [message(2), message(1)]
    assert await doubts(reader, limit=1) == [message(2)]
    assert await doubts(reader, accounts=("other",)) == []


@pytest.mark.parametrize(
    ("give_up_s", "is_open"),
    [pytest.param(-300, True, id="long after its time"), pytest.param(-200, False, id="not yet")],
)
async def test_a_send_of_which_nothing_is_told_becomes_a_doubt(writer, reader, line, give_up_s, is_open):
    line.say("commands", commanded(give_up_at=at(give_up_s)))
    stored(writer, line)

    assert bool(await doubts(reader)) is is_open


async def test_a_message_is_known_by_its_plan_alone(writer, reader, line):
    line.say("messages", planned())
    line.say("messages", planned(external_id="a second plan"))
    line.say("decisions", decided("send", "first_step", at_s=3, send_id=SEND))
    line.say("commands", commanded(), at_s=3)
    stored(writer, line)
    told = await questions.message_timeline(reader, message(), accounts=None)

    assert (told.rows, told.attempts) == ([], [])
    assert [row["external_id"] for row in told.plan] == [None, "a second plan"]
    assert [(row["decision"], row["fact_provider_code"], row["decided_at"]) for row in told.decisions] == [
        ("send", "3056", at(3))
    ]
    assert [(row["send_id"], row["outcome"], row["commanded_at"]) for row in told.sends] == [(SEND, "waiting", at(3))]


async def test_an_attempt_leads_to_the_decisions_about_its_message(writer, reader, line):
    update = line.register(of="root-7", message_id=message())
    line.say("decisions", decided("stop", "arrived"))
    stored(writer, line)
    told = await questions.message_timeline(reader, update.attempt_id, accounts=None)

    assert len(told.decisions) == 1


async def test_a_message_with_attempts_has_its_decisions_too(writer, reader, line):
    update = line.register(of="root-7", message_id=message())
    line.say("decisions", decided("stop", "arrived"))
    stored(writer, line)
    told = await questions.message_timeline(reader, message(), accounts=None)

    assert [row["attempt_id"] for row in told.rows] == [update.attempt_id]
    assert len(told.decisions) == 1


async def test_nothing_of_other_accounts_is_told(writer, reader, line):
    line.say("messages", planned())
    line.say("decisions", decided("stop", "arrived"))
    line.say("commands", commanded())
    stored(writer, line)

    with pytest.raises(NotFound):
        await questions.message_timeline(reader, message(), accounts=("other",))
    assert (await sends.send_named(reader, SEND, accounts=("other",))).rows == []
    assert (await sends.sends(reader, SendsQuestion(accounts=("other",)))).rows == []


async def test_sends_are_counted_by_step_and_provider(writer, reader, line):
    for number in (1, 2, 3):
        line.say("commands", commanded(number), at_s=number)
        line.say("outcomes", outcome("accepted" if number > 1 else "refused", number))
    stored(writer, line)
    rows = (await sends.sends(reader, SendsQuestion())).rows
    later = (await sends.sends(reader, SendsQuestion(from_=at(2), to=at(3)))).rows

    assert [(row["step"], row["channel"], row["provider"], row["outcome"], row["send_count"]) for row in rows] == [
        (1, "sms", "telesign", "accepted", 2),
        (1, "sms", "telesign", "refused", 1),
    ]
    assert [row["send_count"] for row in later] == [1]


@pytest.mark.parametrize("later", [{"place": 1}, {"place": 0, "attempt": 1}], ids=["next-step", "next-try"])
@pytest.mark.parametrize(
    ("price", "reported", "told"),
    [
        pytest.param(None, None, (None, 1, 0, None), id="nobody tells a price"),
        pytest.param("0.01", None, ("EUR", 1, 1, "0.01"), id="the answer to the send did"),
        pytest.param("0.01", "0.02", ("EUR", 1, 1, "0.02"), id="a report knows better"),
    ],
)
async def test_what_was_delivered_twice_has_its_cost(writer, reader, line, price, reported, told, *, later):
    line.say("decisions", decided("double_delivery", "earlier_arrived", place=0))
    line.say("commands", commanded(place=0))
    line.say("commands", commanded(**later, provider="infobip"))
    line.say("outcomes", outcome("accepted", place=0, root_id="early", price=Decimal(7), currency="EUR"))
    priced = {} if price is None else {"price": Decimal(price), "currency": "EUR"}
    line.say("outcomes", outcome("accepted", **later, root_id="late", provider="infobip", **priced))
    if reported:
        line.report("delivered", of="late", price=Decimal(reported), currency="EUR")
    stored(writer, line)
    ((row),) = (await sends.sends(reader, SendsQuestion())).doubles

    assert (row["currency"], row["message_count"], row["priced_count"]) == told[:3]
    assert row["cost"] == (told[3] and Decimal(told[3]))


async def test_the_first_plan_of_a_message_is_the_one_that_is_known(writer, reader, line):
    line.say("messages", planned(body_digest="first"))
    line.say("messages", planned(body_digest="second"))
    line.say("messages", planned(2, sent=SentElsewhere(root_id="a", sent_at=at(0))))
    stored(writer, line)
    rows = (await sends.known_plans(reader, [message(), message(2), message(3)])).rows

    assert {row["message_id"]: row["body_digest"] for row in rows} == {message(): "first", message(2): None}
