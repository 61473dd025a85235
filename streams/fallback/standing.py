"""What is known of a message comes to this: how far a step is, what arrived, whether its provider goes on itself."""

from enum import Enum, auto
from typing import NamedTuple, assert_never

from contracts.plans import MOST_TRIES, Because, Facts, Outcome, SucceedOn
from contracts.status import BAD_ENDS, NO_EVIDENCE, SUCCESSES, DeliveryStatus, Evidence, evidence, join, status_of
from contracts.vocabulary import Channel
from streams.engine.moments import moment_of
from streams.fallback.knowledge import CHANNELS, OUTCOMES, more_telling
from streams.fallback.state import End, KeptPlan, MessageState, Send, status_at

ALIKE = frozenset({Channel.VIBER, Channel.VIBER_BOT})
BAD, SUCCESS = evidence(*BAD_ENDS), evidence(*SUCCESSES)
WANTED = {
    SucceedOn.SENT: Evidence(evidence(DeliveryStatus.SENT) | SUCCESS),
    SucceedOn.DELIVERED: SUCCESS,
    SucceedOn.SEEN: evidence(DeliveryStatus.SEEN),
}


def _others(channel: Channel) -> int:
    own = {channel, Channel.OTHER} | (ALIKE if channel in ALIKE else frozenset())
    return sum(1 << place for place, other in enumerate(CHANNELS) if other not in own)


OTHERS = {channel: _others(channel) for channel in Channel}
"""Which channels a send over this one is not seen on unless its provider goes on itself, as bits."""


class Stand(Enum):
    """How far a step is."""

    NOT_SENT = auto()
    UNTOLD = auto()
    """Commanded, and nothing came of it yet."""
    DOUBTFUL = auto()
    OPEN = auto()
    ENDED = auto()


class Standing(NamedTuple):
    """How far a step is, and what that rests on."""

    stand: Stand
    because: Because = Because.FIRST_STEP
    send: Send | None = None
    may_fall_back: bool = True
    end: End | None = None
    known: Evidence = NO_EVIDENCE


def evidence_of(state: MessageState, send: Send) -> Evidence:
    """All that is known of the attempts that belong to a send."""
    known = NO_EVIDENCE
    for attempt in state.attempts.values():
        if attempt.send == send.code:
            known = join(known, attempt.evidence)
    return known


def standing_of(state: MessageState, step: int) -> Standing:
    """The most hopeful of its tries; all have to end before it has.

    Once one was taken, doubts about others count no more.
    """
    sends = [send for send in state.sends if send.code // MOST_TRIES == step]
    if not sends:
        return Standing(Stand.NOT_SENT)
    if len(sends) == 1:
        return _of_try(state, sends[0])
    is_taken = any(send.left_ms for send in sends)
    tries = [one for send in sends if not ((one := _of_try(state, send)).stand is Stand.DOUBTFUL and is_taken)]
    for stand in (Stand.OPEN, Stand.UNTOLD, Stand.DOUBTFUL):
        if found := [one for one in tries if one.stand is stand]:
            return found[-1]
    return min(reversed(tries), key=lambda one: (one.may_fall_back, one.because is not Because.ENDED_BADLY))


def _of_try(state: MessageState, send: Send) -> Standing:
    if send.left_ms:
        return _of_taken(state, send)
    if not send.outcome:
        return Standing(Stand.UNTOLD, Because.OUTCOME_MISSING, send)
    outcome = OUTCOMES[send.outcome - 1]
    match outcome:
        case Outcome.IN_DOUBT:
            return Standing(Stand.DOUBTFUL, Because.IN_DOUBT, send)
        case Outcome.WITHDRAWN:
            return Standing(Stand.ENDED, Because.NOT_SENT_IN_TIME, send)
        case Outcome.THROTTLED | Outcome.REFUSED | Outcome.ACCEPTED:  # the last one has left, and is not here
            return Standing(Stand.ENDED, Because.NOT_TAKEN, send, send.may_fall_back)
    assert_never(outcome)


def _of_taken(state: MessageState, send: Send) -> Standing:
    """Of a send that its provider took. Whether another way may cure a bad end is only known from a report."""
    known = evidence_of(state, send)
    if known & BAD and not known & SUCCESS and (end := _last_word(state, send, is_bad=True)) is not None:
        # A provider that tells of each channel and of the whole says by the end of the whole what may cure it; only
        # when no more is heard does the end of a channel stand for it.
        stand = Stand.OPEN if end.is_of_leg else Stand.ENDED
        return Standing(stand, Because.ENDED_BADLY, send, not end.forbids, end)
    return Standing(Stand.OPEN, Because.NO_SUCCESS_IN_TIME, send, known=known)


def facts_of(standing: Standing, plan: KeptPlan) -> Facts | None:
    """What the standing rests on; only what is decided needs it told."""
    send = standing.send
    if send is None:
        return None
    if standing.end is not None:
        return _reported(plan, send, standing.end)
    if send.left_ms:
        return _facts(plan, send, send.left_ms, status=status_of(standing.known) if standing.known else None)
    return _facts(plan, send, send.told_ms or send.commanded_ms, error=send.error, code=send.provider_code)


def _last_word(state: MessageState, send: Send, *, is_bad: bool) -> End | None:
    """The end of a send that counts, of all that were reported."""
    found: End | None = None
    for attempt in state.attempts.values():
        said = attempt.end if is_bad else attempt.success
        if attempt.send == send.code and said is not None:
            found = more_telling(found, said)
    return found


def _reported(plan: KeptPlan, send: Send, end: End) -> Facts:
    return _facts(plan, send, end.at_ms, status=status_at(end.rank), code=end.provider_code or None)


def _facts(
    plan: KeptPlan,
    send: Send,
    at_ms: int,
    *,
    status: DeliveryStatus | None = None,
    code: str | None = None,
    error: str | None = None,
) -> Facts:
    return Facts(
        step=send.step,
        channel=plan.steps[send.step].channel,
        at=moment_of(at_ms),
        status=status,
        provider_code=code,
        error=error,
    )


def taken(plan: KeptPlan, send: Send) -> Facts:
    """That its provider took it, and when."""
    return _facts(plan, send, send.left_ms)


def arrival(state: MessageState, plan: KeptPlan, send: Send, wanted: Evidence) -> Facts | None:
    """What is known of a send that has reached one of `wanted`."""
    known = Evidence(evidence_of(state, send) & wanted)
    if not known:
        return None
    if (said := _last_word(state, send, is_bad=False)) is not None:
        return _reported(plan, send, said)
    reached = status_at(known.bit_length() - 1)
    return _facts(plan, send, send.left_ms, status=reached)


def cascades(state: MessageState, plan: KeptPlan, send: Send) -> bool:
    """Whether the provider of a send that it took goes on by itself, as was declared or is seen."""
    step = plan.steps[send.step]
    if not send.left_ms:
        return False
    if step.provider_cascades:
        return True
    others = OTHERS[step.channel]
    return any(attempt.channels & others and attempt.send == send.code for attempt in state.attempts.values())


def give_time(standing: Standing, plan: KeptPlan) -> int:
    """When the time of an open step is over."""
    send = standing.send
    return 0 if send is None else send.left_ms + plan.steps[send.step].wait_s * 1000
