"""Messages with plans go their way on a real Kafka, through restarts and crashes, each step once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from contracts.codec import encode
from contracts.plans import (
    Because,
    ConnectionHealth,
    Decision,
    Guards,
    InDoubt,
    Outcome,
    SendCommanded,
    SentElsewhere,
    send_id_of,
)
from contracts.records import Wish
from contracts.sends import SendRequest, TextContent
from contracts.suppressions import key_of
from contracts.vocabulary import Channel, WishKind, WishReason
from tests.support.planning import Planning, came, in_future, planned, registered, reported, sends_of
from tests.support.streams_installation import Installation, until

pytestmark = pytest.mark.broker

MESSAGES = [f"message-{number}" for number in range(8)]


@pytest.fixture
def planning(house: Installation) -> Planning:
    return Planning(house)


async def test_a_message_goes_on_when_a_step_ends_badly_is_not_taken_or_has_no_success_in_its_time(
    house: Installation, planning: Planning
):
    bad, refused, silent, arrived = MESSAGES[:4]
    await house.start("fallback").ready()
    await planning.tell(*[planned(message, wait_s=3) for message in MESSAGES[:4]])
    first = await planning.sends(at_least=4)
    await planning.tell(came(refused, 0, Outcome.REFUSED, may_fall_back=True))
    await planning.tell(*[came(message, 0) for message in (bad, silent, arrived)])
    await planning.tell(reported(bad, 0, "expired"), reported(arrived, 0, "delivered"))
    sends = await planning.sends(at_least=7)
    because = {(one.message_id, one.because) for one in await planning.decisions() if one.step == 1}

    assert first == sends_of(MESSAGES[:4], 0)
    assert sends == sorted([*first, *sends_of([bad, refused, silent], 1)])
    assert because == {
        (bad, Because.ENDED_BADLY),
        (refused, Because.NOT_TAKEN),
        (silent, Because.NO_SUCCESS_IN_TIME),
    }


@pytest.mark.long
@pytest.mark.parametrize("place", ["fallback.decided", "fallback.outputs_written", "fallback.state_written"])
async def test_wherever_it_dies_each_step_leaves_once(house: Installation, planning: Planning, place: str):
    await planning.tell(*[planned(message, wait_s=2) for message in MESSAGES])
    await house.start("fallback", replica="one", TIDINGS_CRASH_AT=place).ended()
    stages = await house.start("fallback", replica="one").ready()
    await planning.sends(at_least=8)
    await planning.tell(*[came(message, 0) for message in MESSAGES], *[registered(one, 0) for one in MESSAGES])
    await planning.tell(*[reported(message, 0, "failed") for message in MESSAGES[:4]])
    stages.kill()
    await house.start("fallback", replica="one").ready()
    sends = await planning.sends(at_least=16)
    decided = Counter((one.message_id, one.decision, one.step) for one in await planning.decisions())

    assert sends == sorted([*sends_of(MESSAGES, 0), *sends_of(MESSAGES, 1)])
    assert {decided[message, Decision.SEND, number] for message in MESSAGES for number in (0, 1)} == {1}


async def test_what_nobody_planned_is_forgotten_and_garbage_stops_nothing(house: Installation, planning: Planning):
    stages = await house.start("fallback", TIDINGS_FALLBACK__PLANS_MAY_COME_LATE_S="4").ready()
    for word in ("messages", "updates", "outcomes", "fallback-due", "suppressions", "health"):
        await house.write(word, 0, [(b"key", b"{", None, []), (b"\xff", b"\xff", None, [])])
    await planning.tell(registered("message-0", 0))
    await until(lambda: stages.get("/readyz")[1]["stages"]["fallback"]["keys"] == 1, of=stages)
    await planning.tell(planned("message-1"))
    sends = await planning.sends(at_least=1)
    await until(lambda: stages.get("/readyz")[1]["stages"]["fallback"]["keys"] == 1, of=stages)

    assert sends == [send_id_of("message-1", 0, 0)]
    assert {record.key for record in await house.read("fallback-state") if record.value is None} == {b"message-0"}


async def test_what_the_world_had_said_before_it_began_is_known(house: Installation, planning: Planning):
    wish = Wish(
        event_id="1",
        account="default",
        recipient="+447700900999",
        kind=WishKind.STOP,
        reason=WishReason.KEYWORD,
        since=datetime.now(UTC),
    )
    ill = ConnectionHealth(
        provider="routee", connection="main", is_ill=True, since=datetime.now(UTC), until=in_future(120)
    )
    spent = SendCommanded(
        message_id="earlier",
        step=0,
        send_id="earlier-0-0",
        account="default",
        provider="telesign",
        connection="main",
        request=SendRequest(
            send_id="earlier-0-0", channel=Channel.SMS, recipient="", sender="Example", content=TextContent(text="")
        ),
        in_doubt=InDoubt.HOLD,
        give_up_at=in_future(60),
        budget="sms",
    )
    await house.write("suppressions", 1, [(key_of(wish), encode(wish), None, [])])
    await house.write("health", 0, [(b"routee:main", encode(ill), None, [])])
    await house.write("commands", 1, [(b"earlier", encode(spent), None, [])])
    unwanted = structs.replace(planned("unwanted"), recipient="+447700900999")
    await planning.tell(unwanted, planned("spent", guards=Guards(budget="sms")), planned("round"))
    await house.start("fallback", TIDINGS_BUDGETS='[{"name":"sms","most_sends_per_day":1}]').ready()
    sends = await planning.sends(at_least=2)
    decided = {(one.message_id, one.decision, one.because) for one in await planning.decisions()}

    assert sends == ["earlier-0-0", "round-1-0"]
    assert decided == {
        ("unwanted", Decision.REFUSE, Because.OPTED_OUT),
        ("spent", Decision.REFUSE, Because.BUDGET_SPENT),
        ("round", Decision.SKIP, Because.CONNECTION_ILL),
        ("round", Decision.SEND, Because.CONNECTION_ILL),
    }


async def test_times_come_through_a_restart_none_missed_none_early_and_each_once(
    house: Installation, planning: Planning
):
    plans = [planned(f"message-{number}", wait_s=60) for number in range(300)]
    due = {plan.message_id: in_future(4 + number / 50) for number, plan in enumerate(plans)}
    sent = [
        structs.replace(
            plan,
            sent=SentElsewhere(root_id=plan.message_id, sent_at=due[plan.message_id] - timedelta(seconds=60)),
        )
        for plan in plans
    ]
    stages = await house.start("fallback", replica="one").ready()
    await planning.tell(*sent)
    await planning.sends(at_least=100)
    stages.kill()
    await house.start("fallback", replica="one").ready()
    sends = await planning.sends(at_least=300)
    decided = {one.message_id: one for one in await planning.decisions() if one.decision is Decision.SEND}

    assert sends == sorted(send_id_of(plan.message_id, 1, 0) for plan in plans)
    assert all(made.because is Because.NO_SUCCESS_IN_TIME for made in decided.values())
    assert all(made.decided_at >= due[message] - timedelta(milliseconds=1) for message, made in decided.items())
