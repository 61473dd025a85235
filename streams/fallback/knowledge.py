"""What an event adds to what is known of a message. Nothing is decided here, and nothing known is lost.

An update is about the attempt that it names by the provider's id. To which of our sends that belongs is told by the
outcome of the send, by the registration, which carries the send's id, or by the plan when the first step was sent
elsewhere; and any of them may come after the update.
"""

from typing import assert_never

import msgspec
from msgspec import structs

from contracts.plans import (
    MOST_TRIES,
    MessageCancelled,
    MessagePlanned,
    Moment,
    Outcome,
    SendOutcome,
    step_and_try,
)
from contracts.records import Due
from contracts.status import DeliveryStatus, evidence, join
from contracts.vocabulary import Channel, Scope
from streams.engine.moments import ms_of
from streams.fallback.state import (
    NO_SEND,
    NOT_BEGUN,
    Attempt,
    End,
    MessageState,
    Send,
    code_of,
    kept_plan,
    root_of,
)

MOST_ATTEMPTS = 16
"""Of one message; somebody who gives all messages the same id must not make one state without end."""
OUTCOMES = tuple(Outcome)
CHANNELS = tuple(Channel)
EVIDENCE = {status: evidence(status) for status in DeliveryStatus}


class Said(msgspec.Struct, frozen=True, gc=False):
    """What counts here of a report, also of one that was parked until its attempt was registered."""

    scope: Scope = Scope.CHANNEL
    status: DeliveryStatus = DeliveryStatus.UNKNOWN
    provider_code: str = ""
    may_fall_back: bool = False
    channel: Channel | None = None
    occurred_at: Moment | None = None


class About(Said, frozen=True, kw_only=True, gc=False):
    """What counts here of a report or a registration."""

    provider: str
    connection: str
    root_id: str
    provider_message_id: str | None = None
    external_id: str | None = None

    @property
    def is_of_leg(self) -> bool:
        """Whether the whole has an id of its own, and so perhaps an end."""
        return self.scope is Scope.CHANNEL and self.provider_message_id not in {None, self.root_id}


class Heard(msgspec.Struct, frozen=True, gc=False):
    """What counts here of a record of `updates`; the rest is not even decoded."""

    status: DeliveryStatus
    report: About | None = None
    registration: About | None = None
    early_end: Said | None = None


Event = MessagePlanned | MessageCancelled | Heard | SendOutcome | Due


def absorb(state: MessageState, event: Event, message_id: str, at_ms: int) -> MessageState:
    """The state with what `event` tells; `at_ms` is when Kafka took it."""
    match event:
        case MessagePlanned():
            known = state if state.plan else _planned(state, event)
        case MessageCancelled():
            cancelled_ms = ms_of(event.cancelled_at)
            known = structs.replace(state, cancelled_ms=min(state.cancelled_ms or cancelled_ms, cancelled_ms))
        case Heard():
            known = _heard(state, event, message_id, at_ms)
        case SendOutcome():
            known = _outcome(state, event, message_id)
        case Due():
            return state
        case _:
            assert_never(event)
    return _adopted(known, at_ms)


def _planned(state: MessageState, planned: MessagePlanned) -> MessageState:
    plan = kept_plan(planned)
    sends = tuple(send for send in state.sends if send.step < len(plan.steps))
    state = structs.replace(state, plan=plan, sends=sends, at=max((send.step for send in sends), default=NOT_BEGUN))
    if planned.sent is None:
        return state
    step, sent_ms = planned.plan.steps[0], ms_of(planned.sent.sent_at)
    root = root_of(step.provider, step.connection, planned.sent.root_id)
    state = _with_attempt(state, root, structs.replace(state.attempts.get(root, Attempt()), send=code_of(0, 0)))
    accepted = 1 + OUTCOMES.index(Outcome.ACCEPTED)
    return with_send(state, Send(0, sent_ms, sent_ms, outcome=accepted, left_ms=sent_ms, told_ms=sent_ms))


def _heard(state: MessageState, heard: Heard, message_id: str, at_ms: int) -> MessageState:
    """With what an update says of its attempt; which send it belongs to may be known later."""
    about = heard.report or heard.registration
    if about is None:
        return state
    root = root_of(about.provider, about.connection, about.root_id)
    known = state.attempts.get(root)
    if known is None or known.send == NO_SEND:
        belongs = step_and_try(message_id, about.external_id)
        if known is None and belongs is None and len(state.attempts) >= MOST_ATTEMPTS:
            return state
        known = structs.replace(
            known or Attempt(heard_ms=at_ms), send=NO_SEND if belongs is None else code_of(*belongs)
        )
    attempt = structs.replace(
        known, evidence=join(known.evidence, EVIDENCE[heard.status]), heard_ms=min(known.heard_ms or at_ms, at_ms)
    )
    said = heard.report or heard.early_end
    return _with_attempt(state, root, _with_report(attempt, said, at_ms) if said else attempt)


def _with_report(attempt: Attempt, report: Said, heard_ms: int) -> Attempt:
    if report.scope is Scope.CHANNEL and report.channel is not None:
        attempt = structs.replace(attempt, channels=attempt.channels | 1 << CHANNELS.index(report.channel))
    at_ms = heard_ms if report.occurred_at is None else ms_of(report.occurred_at)
    is_of_leg = isinstance(report, About) and report.is_of_leg and not report.may_fall_back
    said = End(not report.may_fall_back, report.status.rank, report.provider_code, at_ms, is_of_leg)
    if report.status.is_bad_end:
        return structs.replace(attempt, end=more_telling(attempt.end, said))
    if report.status.is_success:
        return structs.replace(attempt, success=more_telling(attempt.success, said))
    return attempt


def more_telling(one: End | None, other: End) -> End:
    def weight(end: End) -> tuple[bool, bool, int, int, str]:
        return not end.is_of_leg, end.forbids, end.rank, -end.at_ms, end.provider_code

    return other if one is None else max(one, other, key=weight)


def _outcome(state: MessageState, told: SendOutcome, message_id: str) -> MessageState:
    belongs = step_and_try(message_id, told.send_id)
    if belongs is None or not _is_step(state, belongs[0]):
        return state
    code, told_ms = code_of(*belongs), ms_of(told.told_at)
    send = send_of(state, code) or Send(code, told_ms, told_ms)
    place = 1 + OUTCOMES.index(told.outcome)
    if place > send.outcome:
        send = structs.replace(
            send,
            outcome=place,
            told_ms=told_ms,
            error=told.error,
            provider_code=told.code,
            may_fall_back=told.may_fall_back,
        )
    if told.outcome is Outcome.ACCEPTED:
        send = structs.replace(send, left_ms=min(send.left_ms or told_ms, told_ms))
    state = with_send(state, send)
    if told.root_id is None:
        return state
    root = root_of(told.provider, told.connection, told.root_id)
    return _with_attempt(state, root, structs.replace(state.attempts.get(root, Attempt()), send=code))


def _adopted(state: MessageState, at_ms: int) -> MessageState:
    """With a send for each attempt that is known to belong to one: what a provider took was sent, whoever forgot it."""
    for attempt in state.attempts.values():
        if attempt.send == NO_SEND or not attempt.heard_ms or not _is_step(state, attempt.send // MOST_TRIES):
            continue
        send = send_of(state, attempt.send) or Send(attempt.send, at_ms, at_ms)
        if not send.left_ms or attempt.heard_ms < send.left_ms:
            state = with_send(state, structs.replace(send, left_ms=attempt.heard_ms))
    return state


def _is_step(state: MessageState, step: int) -> bool:
    """Whether the plan has it, or may have; somebody else's id may look like one of ours."""
    return state.plan is None or step < len(state.plan.steps)


def _with_attempt(state: MessageState, root: bytes, attempt: Attempt) -> MessageState:
    if state.attempts.get(root) == attempt:
        return state
    return structs.replace(state, attempts={**state.attempts, root: attempt})


def send_of(state: MessageState, code: int) -> Send | None:
    for send in state.sends:
        if send.code == code:
            return send
    return None


def with_send(state: MessageState, send: Send) -> MessageState:
    if send_of(state, send.code) == send:
        return state
    others = [one for one in state.sends if one.code != send.code]
    sends = tuple(sorted([*others, send], key=lambda one: one.code))
    return structs.replace(state, sends=sends, at=max(state.at, send.step))
