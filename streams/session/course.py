"""How a conversation went: sessions, one after the other, as the rules make them of what was heard. Pure."""

from typing import NamedTuple

from contracts.conversations import ClosedBy, SessionRule
from streams.session.rules import Rules, StartsWith, WhenFull
from streams.session.state import ConversationState, Moment, Session, Standing, Tag


class Closing(NamedTuple):
    session: Session
    by: ClosedBy
    at_ms: int


class Judged(NamedTuple):
    """What one more moment makes of a standing."""

    standing: Standing
    closing: Closing | None = None
    broken: SessionRule | None = None


class Course(NamedTuple):
    """All that follows from what is remembered."""

    standing: Standing
    closings: list[Closing]
    broken: dict[Moment, SessionRule]

    @property
    def open_session(self) -> Session | None:
        return self.standing.session


def ends_ms(session: Session, rules: Rules) -> int:
    """When the time of a session is up, also of one whose time does not run yet."""
    return (session.started_ms or session.opened_ms) + rules.window_ms


def course_of(state: ConversationState, rules: Rules, moments: list[Moment] | None = None) -> Course:
    """The course of what is remembered in `state`, up to its own now; `moments` are its own, where they are at hand."""
    standing = state.settled
    closings: list[Closing] = []
    broken: dict[Moment, SessionRule] = {}
    for moment in state.moments if moments is None else moments:
        standing, closing, rule = judge(standing, moment, rules)
        if closing is not None:
            closings.append(closing)
        if rule is not None:
            broken[moment] = rule
    if (over := _over(standing, state.now_ms, rules)) is not None:
        closings.append(over)
        standing = Standing(None, standing.in_a_row)
    return Course(standing, closings, broken)


def extended(course: Course, moment: Moment, rules: Rules) -> Course:
    """The same course with `moment`, at or after the now of its state and behind all that was heard."""
    standing, closing, rule = judge(course.standing, moment, rules)
    closings = course.closings if closing is None else [*course.closings, closing]
    broken = course.broken if rule is None else {**course.broken, moment: rule}
    return Course(standing, closings, broken)


def judge(before: Standing, moment: Moment, rules: Rules) -> Judged:
    """Where a conversation stands after `moment`, which is later than all that `before` knows of."""
    over = _over(before, moment.at_ms, rules)
    known = before if over is None else Standing(None, before.in_a_row)
    match moment.tag:
        case Tag.USER:
            return Judged(Standing(_written(known.session, moment.at_ms, rules)), over)
        case Tag.OF_OTHER_KIND:
            return Judged(known, over, SessionRule.KIND)
        case Tag.BUSINESS if known.session is None:
            return Judged(known, over, SessionRule.NO_SESSION)
        case Tag.BUSINESS:
            return _sent(known.session, known.in_a_row, at_ms=moment.at_ms, rules=rules)


def _over(standing: Standing, at_ms: int, rules: Rules) -> Closing | None:
    """The end of the session whose time is up at `at_ms`."""
    session = standing.session
    if session is None or at_ms < ends_ms(session, rules):
        return None
    return Closing(session, ClosedBy.TIME, ends_ms(session, rules))


def _written(session: Session | None, at_ms: int, rules: Rules) -> Session:
    """The session after a message of the person."""
    if session is None:
        return Session(at_ms, at_ms if rules.starts_with is StartsWith.USER_MESSAGE else 0, user_count=1)
    is_reply = rules.starts_with is StartsWith.USER_REPLY and session.business_count > 0
    started_ms = session.started_ms or (at_ms if is_reply else 0)
    return Session(session.opened_ms, started_ms, session.business_count, session.user_count + 1)


def _sent(session: Session, in_a_row: int, *, at_ms: int, rules: Rules) -> Judged:
    """After a business message in an open session. One that breaks a rule has gone out all the same, and counts."""
    broken = SessionRule.IN_A_ROW if in_a_row >= rules.most_in_a_row else None
    if session.business_count >= rules.most_messages:
        # Two sessions never have one opening instant, which is what they are named by.
        opened_ms = max(at_ms, session.opened_ms + 1)
        full = Closing(session, ClosedBy.FULL, at_ms)
        return Judged(Standing(Session(opened_ms, opened_ms, business_count=1), in_a_row + 1), full, broken)
    is_answer = rules.starts_with is StartsWith.OUR_ANSWER
    started_ms = session.started_ms or (at_ms if is_answer else 0)
    after = Session(session.opened_ms, started_ms, session.business_count + 1, session.user_count)
    if rules.when_full is WhenFull.WAITS_FOR_USER and after.business_count >= rules.most_messages:
        return Judged(Standing(None, in_a_row + 1), Closing(after, ClosedBy.FULL, at_ms), broken)
    return Judged(Standing(after, in_a_row + 1), None, broken)
