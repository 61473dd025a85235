"""What is to be told when something is heard in a conversation, and what may be sent next. Pure: no Kafka, no clock.

All is judged by the time at which it happened, in the order of those times. So the same messages give the same account
in whatever order and however often they are heard; what was told too early is corrected, never silently.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from msgspec import structs

from contracts.conversations import (
    BusinessSent,
    ClosedBy,
    HeardTooLate,
    NearLimit,
    Parties,
    SessionAccount,
    SessionClosed,
    SessionCorrected,
    SessionOpened,
    SessionRuleBroken,
    SessionStanding,
    SessionStarted,
    SessionWarned,
    Told,
    UserWrote,
    session_id,
)
from contracts.standings import NextSend
from contracts.standings import next_send as answer_of
from streams.engine.moments import moment_of as instant_of
from streams.engine.moments import ms_of
from streams.session.course import Course, course_of, ends_ms, extended, judge
from streams.session.rules import Rules, WhenFull
from streams.session.state import (
    EXACT_FOR_MS,
    MOST_BYTES,
    ConversationState,
    Moment,
    Session,
    Tag,
    moment_of,
    opening_state,
    pack,
)

FORGET_MS = 30 * 86_400_000
"""So long after its last news a conversation is forgotten; what is repeated even later would be taken for new."""
MINUTE_MS = 60_000


class TimePassed(msgspec.Struct, frozen=True, kw_only=True):
    """A time that was set has come; only for telling in time, nothing is counted by it."""

    at: datetime


Event = UserWrote | BusinessSent | TimePassed


class Heard(NamedTuple):
    """What is known after something was heard, and how it went before and after; null where nothing changed."""

    state: ConversationState | None
    told: list[Told]
    was: Course | None = None
    now: Course | None = None


def hear(state: ConversationState | None, event: Event, rules: Rules) -> tuple[ConversationState | None, list[Told]]:
    """The state after `event` and what to tell of it; null when there is nothing to remember."""
    heard = _hear(state, event, rules)
    return heard.state, heard.told


def hear_and_stand(
    state: ConversationState | None, event: Event, rules: Rules
) -> tuple[ConversationState | None, list[Told], int]:
    """The same, also with where the conversation stands if that has changed, and when `TimePassed` should be heard."""
    after, told, was, now = _hear(state, event, rules)
    if after is None or was is None or now is None:
        return after, told, 0
    standing = _standing(after, now, rules)
    if state is None or structs.replace(_standing(state, was, rules), as_of=standing.as_of) != standing:
        told.append(standing)
    # A time that has passed already, as after a repeat that came very late, must still be one that is to come.
    return after, told, max(_due_ms(after, now, rules), after.now_ms + 1)


def _hear(state: ConversationState | None, event: Event, rules: Rules) -> Heard:
    if isinstance(event, TimePassed):
        return _pass_time(state, _ms(event.at), rules)
    before = opening_state(event.parties) if state is None else state
    moment, moments = _moment(event, rules), before.moments
    if moment in moments:
        return Heard(before, [])
    if moment.at_ms <= before.settled_ms:
        return Heard(before, [_too_late(before, event, rules)])
    was, heard = course_of(before, rules, moments), sorted([*moments, moment])
    after = structs.replace(before, now_ms=max(before.now_ms, moment.at_ms))
    is_newest = heard[-1] is moment and moment.at_ms >= before.now_ms
    now = extended(was, moment, rules) if is_newest else course_of(after, rules, heard)
    told = list(_news((before, was), (after, now), rules))
    return Heard(_compacted(after, heard, rules), told, was, now)


def next_send(state: ConversationState | None, kind: str, at: datetime, rules: Rules) -> NextSend:
    """What a business message of `kind` would do at `at`."""
    return answer_of(None if state is None else standing_of(state, rules), kind, at)


def standing_of(state: ConversationState, rules: Rules) -> SessionStanding:
    """Where the conversation stands at its own now."""
    return _standing(state, course_of(state, rules), rules)


def _standing(state: ConversationState, course: Course, rules: Rules) -> SessionStanding:
    parties = state.parties
    standing, session = course.standing, course.open_session
    return SessionStanding(
        parties=parties,
        rules=rules.name,
        as_of=instant_of(state.now_ms),
        kinds=rules.kinds,
        session_id=None if session is None else session_id(parties, session.opened_ms),
        ends_at=None if session is None else instant_of(ends_ms(session, rules)),
        business_count=0 if session is None else session.business_count,
        messages_left=0 if session is None else max(0, rules.most_messages - session.business_count),
        in_a_row_left=max(0, rules.most_in_a_row - standing.in_a_row),
        near=tuple(sorted(near for _, near in _near(course, state.now_ms, rules))),
        opens_next=rules.when_full is WhenFull.OPENS_NEXT,
    )


def accounts(state: ConversationState, rules: Rules) -> dict[str, SessionAccount]:
    """Of all sessions that are remembered, by id; the open one has no `closed_at`."""
    return _accounts(state, course_of(state, rules), rules)


def due_ms(state: ConversationState, rules: Rules) -> int:
    """When `TimePassed` should be heard next: to warn, to close, to settle, in the end to forget."""
    return _due_ms(state, course_of(state, rules), rules)


def _due_ms(state: ConversationState, course: Course, rules: Rules) -> int:
    session = course.open_session
    if session is None:
        return state.moments[-1].at_ms + EXACT_FOR_MS + 1 if state.lately else state.settled_ms + FORGET_MS
    end_ms = ends_ms(session, rules)
    warn_ms = end_ms - rules.warn_minutes_left * MINUTE_MS
    return warn_ms if state.now_ms < warn_ms else end_ms


def _pass_time(state: ConversationState | None, at_ms: int, rules: Rules) -> Heard:
    if state is None or at_ms <= state.now_ms:
        return Heard(state, [])
    moments, after = state.moments, structs.replace(state, now_ms=at_ms)
    was, now = course_of(state, rules, moments), course_of(after, rules, moments)
    told = list(_news((state, was), (after, now), rules))
    kept = _compacted(after, moments, rules)
    is_idle = not kept.lately and now.open_session is None
    return Heard(None if is_idle and at_ms >= kept.settled_ms + FORGET_MS else kept, told, was, now)


def _moment(event: UserWrote | BusinessSent, rules: Rules) -> Moment:
    tag = Tag.USER
    if isinstance(event, BusinessSent):
        tag = Tag.BUSINESS if event.kind in rules.kinds else Tag.OF_OTHER_KIND
    return moment_of(event.event_id, _ms(event.at), tag)


def _compacted(state: ConversationState, moments: list[Moment], rules: Rules) -> ConversationState:
    """With `moments` as what was heard lately, but for what is old or does not fit, which is settled."""
    standing, settled_ms, oldest_ms = state.settled, state.settled_ms, state.now_ms - EXACT_FOR_MS
    kept, packed = moments, pack(moments, settled_ms)
    while kept and (kept[0].at_ms < oldest_ms or len(packed) > MOST_BYTES):
        standing, settled_ms = judge(standing, kept[0], rules).standing, kept[0].at_ms
        kept = kept[1:]
        packed = pack(kept, settled_ms)
    return structs.replace(state, settled=standing, settled_ms=settled_ms, lately=packed)


Known = tuple[ConversationState, Course]


def _news(before: Known, after: Known, rules: Rules) -> Iterator[Told]:
    """What is so after and was not before: withdrawn accounts first, then session by session."""
    (old_state, was), (state, now) = before, after
    about: dict[str, Any] = {"parties": state.parties, "rules": rules.name}
    old, new = _accounts(old_state, was, rules), _accounts(state, now, rules)
    yield from (SessionCorrected(was=old[name], **about) for name in old if name not in new)
    for name, account in new.items():
        yield from _change(old.get(name), account, about)
    yield from _breaches(was, now, about)
    for _, near in sorted(_near(now, state.now_ms, rules) - _near(was, old_state.now_ms, rules)):
        yield _warning(now, near, state, rules)


def _change(old: SessionAccount | None, new: SessionAccount, about: dict[str, Any]) -> Iterator[Told]:
    """What is told of a session, given what was known of it."""
    if old is not None and old.closed_by is not None:
        if old != new:
            yield SessionCorrected(was=old, now=new, **about)
        return
    if old is None:
        opened = structs.replace(
            new, closed_at=None, closed_by=None, business_count=0, user_count=0, is_billed=False, cost=None
        )
        yield SessionOpened(session=opened, **about)
    elif old.started_at != new.started_at:
        yield SessionStarted(session=new, **about)
    if new.closed_by is not None:
        yield SessionClosed(session=new, **about)


def _breaches(was: Course, now: Course, about: dict[str, Any]) -> Iterator[Told]:
    for moment, rule in was.broken.items():
        if now.broken.get(moment) is not rule:
            yield SessionRuleBroken(rule=rule, sent_at=instant_of(moment.at_ms), is_withdrawn=True, **about)
    for moment, rule in now.broken.items():
        if was.broken.get(moment) is not rule:
            yield SessionRuleBroken(rule=rule, sent_at=instant_of(moment.at_ms), **about)


def _near(course: Course, now_ms: int, rules: Rules) -> set[tuple[int, NearLimit]]:
    """Which limits the open session is near, each with the session's opening."""
    session = course.open_session
    if session is None:
        return set()
    tests = {
        NearLimit.MESSAGES: rules.most_messages - session.business_count <= rules.warn_messages_left,
        NearLimit.IN_A_ROW: rules.most_in_a_row - course.standing.in_a_row <= rules.warn_in_a_row_left,
        NearLimit.TIME: ends_ms(session, rules) - now_ms <= rules.warn_minutes_left * MINUTE_MS,
    }
    return {(session.opened_ms, near) for near, is_near in tests.items() if is_near}


def _warning(course: Course, near: NearLimit, state: ConversationState, rules: Rules) -> SessionWarned:
    session = course.open_session or Session(0)
    return SessionWarned(
        parties=state.parties,
        rules=rules.name,
        session_id=session_id(state.parties, session.opened_ms),
        near=near,
        messages_left=max(0, rules.most_messages - session.business_count),
        in_a_row_left=max(0, rules.most_in_a_row - course.standing.in_a_row),
        minutes_left=max(0, (ends_ms(session, rules) - state.now_ms) // MINUTE_MS),
    )


def _accounts(state: ConversationState, course: Course, rules: Rules) -> dict[str, SessionAccount]:
    parties = state.parties
    found = [_account(parties, one.session, rules, over=(one.by, one.at_ms)) for one in course.closings]
    if course.open_session is not None:
        found.append(_account(parties, course.open_session, rules))
    return {account.session_id: account for account in found}


def _account(
    parties: Parties, session: Session, rules: Rules, *, over: tuple[ClosedBy, int] | None = None
) -> SessionAccount:
    is_billed = session.started_ms > 0 and session.business_count > 0
    return SessionAccount(
        session_id=session_id(parties, session.opened_ms),
        opened_at=instant_of(session.opened_ms),
        ends_at=instant_of(ends_ms(session, rules)),
        started_at=instant_of(session.started_ms) if session.started_ms else None,
        business_count=session.business_count,
        user_count=session.user_count,
        closed_at=instant_of(over[1]) if over else None,
        closed_by=over[0] if over else None,
        is_billed=is_billed,
        cost=rules.price if is_billed else Decimal(0),
        currency=rules.currency,
    )


def _too_late(state: ConversationState, event: UserWrote | BusinessSent, rules: Rules) -> HeardTooLate:
    return HeardTooLate(
        parties=state.parties,
        rules=rules.name,
        event_id=event.event_id,
        occurred_at=event.at,
        settled_until=instant_of(state.settled_ms),
    )


def _ms(moment: datetime) -> int:
    return max(1, ms_of(moment))
