"""Which attempts of a message have not ended, and what follows when a time has come. Pure: no Kafka, no clock."""

from datetime import datetime
from typing import Protocol

import msgspec
from msgspec import structs

from contracts.records import LookUpDue, PresumedLost
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Source, Verdict
from streams.engine.moments import moment_of, ms_of
from streams.reconcile.schedule import Next, Rules, Step, next_of
from streams.reconcile.watch import MessageState, Watched

MOST_ATTEMPTS = 32
"""Of one message at once; somebody who gives all messages the same id must not make one state without end."""
FURTHEST_AHEAD_MS = 60 * 86_400_000
"""A message is not planned further ahead; what says so has a wrong clock."""


class About(msgspec.Struct, frozen=True, gc=False):
    """What counts here of a report or a registration."""

    provider: str
    connection: str
    root_id: str
    channel: Channel | None = None
    recipient: str | None = None
    source: Source = Source.PUSH


class Heard(msgspec.Struct, frozen=True, gc=False):
    """What counts here of a record of `updates`; the rest is not even decoded."""

    verdict: Verdict
    attempt_id: str
    status: DeliveryStatus
    sent_at: datetime | None = None
    report: About | None = None
    registration: About | None = None


class RulesOf(Protocol):
    """The rules of a connection; null when nobody can be asked there."""

    def __call__(self, provider: str, connection: str) -> Rules | None: ...


def hear(state: MessageState, heard: Heard, at_ms: int, rules_of: RulesOf) -> MessageState:
    """The state after an update, told at `at_ms`; the same object when nothing follows from it."""
    known = state.attempts.get(heard.attempt_id)
    if heard.status.is_final:
        return state if known is None else _without(state, heard.attempt_id)
    if known is not None:
        if heard.verdict is not Verdict.APPLIED:
            return state
        return _with(state, heard.attempt_id, structs.replace(known, status=heard.status, heard_ms=at_ms))
    about = heard.report or heard.registration
    if about is None or about.source is Source.REPLAY or len(state.attempts) >= MOST_ATTEMPTS:
        return state  # what is only played again is long over, and its provider has forgotten it
    rules = rules_of(about.provider, about.connection)
    # Else a late registration may move the attempt to another message, whose end would not be heard of here.
    if rules is None or (heard.registration is None and not rules.is_observed_only):
        return state
    return _with(state, heard.attempt_id, _watched(heard, about, at_ms))


def time_is_up(
    state: MessageState, message_id: str, at_ms: int, rules_of: RulesOf
) -> tuple[MessageState, list[LookUpDue | PresumedLost]]:
    """The state when a time that it had set has come, and what is to be told; nothing when all times have moved."""
    attempts, told = dict(state.attempts), list[LookUpDue | PresumedLost]()
    for attempt_id, attempt in state.attempts.items():
        rules = rules_of(attempt.provider, attempt.connection)
        if rules is None:
            del attempts[attempt_id]
            continue
        step, due_ms = next_of(attempt, rules)
        if at_ms < due_ms:
            continue
        match step:
            case Step.FORGET:
                del attempts[attempt_id]
            case Step.ASK:
                asked = structs.replace(attempt, questions_count=attempt.questions_count + 1, asked_ms=at_ms)
                attempts[attempt_id] = asked
                told.append(_question(asked, next_of(asked, rules)))
            case Step.GIVE_UP:
                attempts[attempt_id] = structs.replace(attempt, lost_ms=at_ms)
                told.append(_loss(attempt, attempt_id, message_id, account=rules.account, at_ms=at_ms))
    return MessageState(attempts) if attempts != state.attempts else state, told


def due_ms(state: MessageState, rules_of: RulesOf) -> int:
    """When the first of its times comes; at once when a connection is gone whose attempts are to be forgotten."""
    times = [
        next_of(attempt, rules).at_ms if (rules := rules_of(attempt.provider, attempt.connection)) else 1
        for attempt in state.attempts.values()
    ]
    return min(times)


def waits_since_ms(state: MessageState) -> int:
    """Since when an attempt has been silent that was asked about and is not given up; 0 when there is none."""
    silent = [one.heard_ms for one in state.attempts.values() if one.questions_count and not one.lost_ms]
    return min(silent, default=0)


def _watched(heard: Heard, about: About, at_ms: int) -> Watched:
    sent_ms = at_ms if heard.sent_at is None else ms_of(heard.sent_at)
    if sent_ms > at_ms + FURTHEST_AHEAD_MS:
        sent_ms = at_ms
    return Watched(
        provider=about.provider,
        connection=about.connection,
        root_id=about.root_id,
        status=heard.status,
        sent_ms=sent_ms,
        heard_ms=at_ms,
        channel=about.channel,
        recipient=about.recipient,
    )


def _question(attempt: Watched, following: Next) -> LookUpDue:
    return LookUpDue(
        provider=attempt.provider,
        connection=attempt.connection,
        root_id=attempt.root_id,
        sent_at=moment_of(attempt.sent_ms),
        again_at=moment_of(following.at_ms),
        channel=attempt.channel,
        recipient=attempt.recipient,
        number=attempt.questions_count,
    )


def _loss(attempt: Watched, attempt_id: str, message_id: str, *, account: str, at_ms: int) -> PresumedLost:
    return PresumedLost(
        attempt_id=attempt_id,
        message_id=message_id,
        provider=attempt.provider,
        connection=attempt.connection,
        account=account,
        root_id=attempt.root_id,
        status=attempt.status,
        presumed_at=moment_of(at_ms),
        questions_count=attempt.questions_count,
    )


def _with(state: MessageState, attempt_id: str, attempt: Watched) -> MessageState:
    return MessageState({**state.attempts, attempt_id: attempt})


def _without(state: MessageState, attempt_id: str) -> MessageState:
    return MessageState({key: one for key, one in state.attempts.items() if key != attempt_id})
