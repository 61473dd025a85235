"""What follows for a message from all that is known of it. Pure: no Kafka, no clock.

Each event is first taken into what is known, which only grows, and then what is known is judged until nothing more
follows. So events that come in another order or again lead to the same decisions. Time alone decides only when a due
record says so: until then, what would have stopped a fallback may lie unread behind what was read.
"""

from typing import NamedTuple

from msgspec import structs

from contracts.plans import (
    MOST_TRIES,
    Because,
    Decision,
    DecisionMade,
    Facts,
    InDoubt,
    SendCommanded,
    SendWithdrawn,
    send_id_of,
)
from contracts.records import Due
from contracts.sends import AnyContent, SendRequest
from streams.engine.moments import DAY_MS, moment_of, ms_of
from streams.fallback.guards import Around, Circumstances, objection
from streams.fallback.knowledge import Event, absorb, with_send
from streams.fallback.standing import (
    SUCCESS,
    WANTED,
    Stand,
    Standing,
    arrival,
    cascades,
    evidence_of,
    facts_of,
    give_time,
    standing_of,
    taken,
)
from streams.fallback.state import NOT_BEGUN, KeptPlan, MessageState, Send, code_of, lean

ARRIVED, DOUBLE, SILENT, CANCELLED, CLOSED = 1, 2, 4, 8, 16
"""What is decided once of a message, as bits of `told`."""
OVER = ARRIVED | SILENT | CANCELLED | CLOSED

Told = DecisionMade | SendCommanded | SendWithdrawn


class Rules(NamedTuple):
    """How long things are remembered and waited for."""

    plan_within_ms: int = 600_000
    """A plan comes so soon after the first update of its message, or there is none."""
    outcome_within_ms: int = 300_000
    """So long after a send should have been given up, its outcome is missed."""
    keep_ms: int = 7 * DAY_MS
    """How long late news are expected of a message about which all is decided."""
    keep_held_ms: int = 30 * DAY_MS
    """How long a person has to resolve a doubt."""


class Here(NamedTuple):
    """Of which message, when Kafka took the record, and what the world answers then."""

    message_id: str
    at_ms: int
    around: Around = Circumstances()


def advance(
    before: MessageState | None, event: Event, here: Here, rules: Rules
) -> tuple[MessageState | None, list[Told]]:
    """The state after `event`, null when the message is forgotten, and what is to be told, in its order."""
    is_time = isinstance(event, Due)
    if before is not None and is_time and is_past(before, here.at_ms, rules):
        return None, []
    begun = before or MessageState(first_ms=here.at_ms)
    state = absorb(begun, event, here.message_id, here.at_ms)
    told = list[Told]()
    if state.plan is not None:
        while (step := _next(state, state.plan, here, rules if is_time else None)) is not None:
            state, news = step
            told += news
    if state == begun:
        return before, told
    state = structs.replace(state, changed_ms=max(state.changed_ms, here.at_ms))
    return lean(state, is_over=bool(state.told & OVER)), told


def is_past(state: MessageState, at_ms: int, rules: Rules) -> bool:
    """Whether nothing more can follow: all is decided and late news came, or no plan did."""
    is_open = state.plan is not None and not state.told & OVER
    return not is_open and at_ms >= due_ms(state, rules)


def due_ms(state: MessageState, rules: Rules) -> int:
    """When its time has come, in Kafka's time: to go on, to be missed, or to be forgotten."""
    if state.plan is None:
        return state.first_ms + rules.plan_within_ms
    if state.told & OVER:
        return state.changed_ms + rules.keep_ms
    standing = standing_of(state, state.at)
    send = standing.send
    if standing.stand is Stand.OPEN:
        return max(give_time(standing, state.plan), state.put_off_ms)
    if standing.stand is Stand.UNTOLD and send is not None and not send.is_held:
        return send.give_up_ms + rules.outcome_within_ms
    # What is held for a person since a send was put off waits for that person alone.
    is_held = send is not None and send.is_held and state.put_off_ms <= state.changed_ms
    return (0 if is_held else state.put_off_ms) or state.changed_ms + rules.keep_held_ms


def held_since_ms(state: MessageState) -> int:
    """Since when a person is waited for; 0 when none is."""
    if state.plan is None or state.told & OVER or not any(send.is_held for send in state.sends):
        return 0
    standing = standing_of(state, state.at)
    is_open = standing.stand in {Stand.UNTOLD, Stand.DOUBTFUL}
    send = standing.send
    return (send.told_ms or send.commanded_ms) if is_open and send is not None and send.is_held else 0


Step = tuple[MessageState, list[Told]]


def _next(state: MessageState, plan: KeptPlan, here: Here, ticked: Rules | None) -> Step | None:
    """The next thing that follows from what is known; null when nothing does. `ticked` when a time may have come."""
    first = _once_and_for_all(state, plan, here) or _unwanted(state, here)
    if first is not None or state.told & OVER:
        return first
    standing = standing_of(state, state.at)
    stand = standing.stand
    if stand is Stand.UNTOLD:
        return _miss(state, plan, here, (standing, ticked))
    if stand is Stand.DOUBTFUL:
        return _doubt(state, plan, here, (standing, ticked))
    if stand is Stand.OPEN and (ticked is None or here.at_ms < give_time(standing, plan)):
        return None
    if not standing.may_fall_back:
        return _close(state, plan, here, (Decision.STOP, Because.NO_OTHER_WAY_HELPS, facts_of(standing, plan)))
    return _go_on(state, plan, here, standing)


def _once_and_for_all(state: MessageState, plan: KeptPlan, here: Here) -> Step | None:
    """What is told once of a message, also when all is decided."""
    if state.cancelled_ms and not state.told & CANCELLED:
        return _tell(state, plan, here, (Decision.CANCELLED, Because.BY_REQUEST, None), bit=CANCELLED)
    for place, send in enumerate(state.sends):
        if not send.left_ms:
            continue
        known, wanted = evidence_of(state, send), WANTED[plan.steps[send.step].succeed_on]
        if known & wanted and not state.told & ARRIVED:
            facts = arrival(state, plan, send, wanted)
            return _tell(state, plan, here, (Decision.STOP, Because.ARRIVED, facts), bit=ARRIVED)
        is_followed = known & SUCCESS and any(later.left_ms for later in state.sends[place + 1 :])
        if is_followed and not state.told & DOUBLE:
            facts = arrival(state, plan, send, SUCCESS)
            return _tell(state, plan, here, (Decision.DOUBLE_DELIVERY, Because.EARLIER_ARRIVED, facts), bit=DOUBLE)
        if not state.told & SILENT and cascades(state, plan, send):
            what = Decision.SILENT, Because.PROVIDER_CASCADES, taken(plan, send)
            return _tell(state, plan, here, what, bit=SILENT)
    return None


def _unwanted(state: MessageState, here: Here) -> Step | None:
    """A send of which nothing is told and which is not needed any more: all is decided, or another try was taken."""
    for send in state.sends:
        if send.outcome or send.left_ms or send.is_withdrawn:
            continue
        if state.told & OVER or any(one.left_ms and one.step == send.step for one in state.sends):
            withdrawn = with_send(state, structs.replace(send, is_withdrawn=True))
            send_id = send_id_of(here.message_id, send.step, send.number)
            return withdrawn, [SendWithdrawn(message_id=here.message_id, step=send.step, send_id=send_id)]
    return None


def _go_on(state: MessageState, plan: KeptPlan, here: Here, standing: Standing) -> Step | None:
    """To the step behind the one that was reached."""
    if state.at + 1 >= len(plan.steps):
        return _close(state, plan, here, (Decision.STOP, Because.NO_STEP_LEFT, facts_of(standing, plan)))
    because = Because.CONNECTION_ILL if state.at != NOT_BEGUN and standing.stand is Stand.NOT_SENT else standing.because
    return _try(state, plan, here, (state.at + 1, 0, because, facts_of(standing, plan)))


Try = tuple[int, int, Because, Facts | None]
"""Which try of which step, why, and the facts."""


def _try(state: MessageState, plan: KeptPlan, here: Here, what: Try) -> Step | None:
    """Command a try of a step, unless something speaks against it."""
    number, attempt, _, facts = what
    step = plan.steps[number]
    send_id = send_id_of(here.message_id, number, attempt)
    against = objection(plan, step, here.around, at_ms=here.at_ms, send_id=send_id)
    if step.content is None:
        return _close(state, plan, here, (Decision.REFUSE, Because.NO_CONTENT, facts), step=number)
    if against is None:
        return _send(state, plan, here, (what, step.content))
    if against.decision is Decision.REFUSE:
        return _close(state, plan, here, (Decision.REFUSE, against.because, facts), step=number)
    made = _made(plan, here, (against.decision, against.because, facts), number)
    if against.decision is Decision.SKIP:
        return structs.replace(state, at=number), [made]
    if against.until_ms == state.put_off_ms:
        return None
    put_off = structs.replace(state, put_off_ms=against.until_ms)
    return put_off, [structs.replace(made, until=moment_of(against.until_ms))]


def _send(state: MessageState, plan: KeptPlan, here: Here, what: tuple[Try, AnyContent]) -> Step:
    (number, attempt, because, facts), content = what
    send_id = send_id_of(here.message_id, number, attempt)
    commanded = _command(plan, here, (number, send_id), content)
    made = _made(plan, here, (Decision.SEND, because, facts), number)
    send = Send(code_of(number, attempt), here.at_ms, ms_of(commanded.give_up_at))
    after = with_send(structs.replace(state, put_off_ms=0), send)
    return after, [structs.replace(made, send_id=send_id), commanded]


def _miss(state: MessageState, plan: KeptPlan, here: Here, of: tuple[Standing, Rules | None]) -> Step | None:
    standing, ticked = of
    send = standing.send
    if ticked is None or send is None:
        return None
    if send.is_held:
        return _expire(state, plan, here, (standing, ticked))
    if here.at_ms < send.give_up_ms + ticked.outcome_within_ms:
        return None
    return _hold(state, plan, here, standing)


def _doubt(state: MessageState, plan: KeptPlan, here: Here, of: tuple[Standing, Rules | None]) -> Step | None:
    """Send once more where the plan says so and nobody has ended it; else a person has to say."""
    standing, ticked = of
    send = standing.send
    if send is None:
        return None
    step = plan.steps[send.step]
    is_newest = send is max((one for one in state.sends if one.step == send.step), key=lambda one: one.code)
    is_ill = here.around.is_ill(step.provider, step.connection, at_ms=here.at_ms)
    if plan.in_doubt is InDoubt.RESEND and is_newest and send.number + 1 < MOST_TRIES and not is_ill:
        return _try(state, plan, here, (send.step, send.number + 1, Because.IN_DOUBT, facts_of(standing, plan)))
    if not send.is_held:
        return _hold(state, plan, here, standing)
    return _expire(state, plan, here, (standing, ticked)) if ticked else None


def _hold(state: MessageState, plan: KeptPlan, here: Here, standing: Standing) -> Step:
    """Until the outcome is known; told once of each send."""
    if standing.send is not None:
        state = with_send(state, structs.replace(standing.send, is_held=True))
    return state, [_made(plan, here, (Decision.HOLD, standing.because, facts_of(standing, plan)), state.at)]


def _expire(state: MessageState, plan: KeptPlan, here: Here, of: tuple[Standing, Rules]) -> Step | None:
    standing, rules = of
    if here.at_ms < state.changed_ms + rules.keep_held_ms:
        return None
    return _close(state, plan, here, (Decision.EXPIRED, Because.NOBODY_RESOLVED, facts_of(standing, plan)))


What = tuple[Decision, Because, Facts | None]


def _close(state: MessageState, plan: KeptPlan, here: Here, what: What, *, step: int | None = None) -> Step:
    return _tell(state, plan, here, what, bit=CLOSED, step=step)


def _tell(state: MessageState, plan: KeptPlan, here: Here, what: What, *, bit: int, step: int | None = None) -> Step:
    made = _made(plan, here, what, state.at if step is None else step)
    return structs.replace(state, told=state.told | bit), [made]


def _made(plan: KeptPlan, here: Here, what: What, step: int) -> DecisionMade:
    decision, because, facts = what
    number = max(0, step)
    return DecisionMade(
        message_id=here.message_id,
        account=plan.account,
        decision=decision,
        because=because,
        decided_at=moment_of(here.at_ms),
        step=number,
        channel=plan.steps[number].channel,
        policy=plan.policy,
        version=plan.version,
        facts=facts,
    )


def _command(plan: KeptPlan, here: Here, what: tuple[int, str], content: AnyContent) -> SendCommanded:
    number, send_id = what
    step = plan.steps[number]
    give_up_ms = here.at_ms + step.wait_s * 1000
    if plan.send_before_ms:
        give_up_ms = min(give_up_ms, plan.send_before_ms)
    return SendCommanded(
        message_id=here.message_id,
        step=number,
        send_id=send_id,
        account=plan.account,
        provider=step.provider,
        connection=step.connection,
        budget=plan.budget,
        request=SendRequest(
            send_id=send_id,
            channel=step.channel,
            recipient=plan.recipient,
            sender=step.sender,
            content=content,
            message_id=here.message_id,
            validity_s=step.validity_s,
            is_session=step.is_session,
            campaign=plan.campaign,
            own=step.own,
        ),
        in_doubt=plan.in_doubt,
        give_up_at=moment_of(give_up_ms),
    )
