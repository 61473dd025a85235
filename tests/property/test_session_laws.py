"""However late and however often things are heard: the account of each session is that of things heard in time."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts.conversations import BusinessSent, HeardTooLate, SessionRuleBroken, UserWrote, session_id
from contracts.standings import Allowed, Refused, next_send
from streams.session.machine import TimePassed, accounts, hear, standing_of
from streams.session.rules import Rules, StartsWith, WhenFull, rules_named
from streams.session.state import decode_conversation, encode_conversation
from tests.support.talking import T0, US, book_of, broken_in, lived

HOUR = 60
MOST_LATE = 47 * HOUR
EPOCH_MIN = int(T0.timestamp()) // 60

RULES = st.builds(
    lambda most, starts, full: structs.replace(
        rules_named(), most_messages=most, most_in_a_row=2, starts_with=starts, when_full=full
    ),
    st.integers(1, 4),
    st.sampled_from(StartsWith),
    st.sampled_from(WhenFull),
)
WHEN = st.integers(0, 12 * 24 * HOUR) | st.integers(0, 60) | st.sampled_from(range(0, 97 * HOUR, 12 * HOUR))
"""Often close together, and often to the minute when a time is up."""
SAID = st.tuples(WHEN, st.booleans(), st.integers(0, MOST_LATE))
"""When, whether by us, and how late it is heard."""


def expected(said, rules: Rules) -> set[tuple]:
    """All sessions: opened, started, ours, theirs, why over. Sorts by time, and goes through once."""
    over, now = set(), None
    for minute, is_ours in sorted(said):
        ms = (EPOCH_MIN + minute) * 60_000
        if now and ms >= (now[1] or now[0]) + rules.window_ms:
            over, now = over | {(*now, "time")}, None
        if not is_ours:
            now = now or [ms, ms * (rules.starts_with == "user_message"), 0, 0]
            now[1] = now[1] or ms * (rules.starts_with == "user_reply" and now[2] > 0)
            now[3] += 1
        elif now:
            if now[2] == rules.most_messages:
                over, now = over | {(*now, "full")}, [max(ms, now[0] + 1)] * 2 + [0, 0]
            now[1] = now[1] or ms * (rules.starts_with == "our_answer")
            now[2] += 1
            if now[2] == rules.most_messages and rules.when_full == "waits_for_user":
                over, now = over | {(*now, "full")}, None
    return over | ({(*now, None)} if now else set())


def event(number: int, minute: int, *, is_ours: bool):
    moment = T0 + timedelta(minutes=minute)
    if is_ours:
        return BusinessSent(parties=US, event_id=f"event {number}", at=moment, kind="text")
    return UserWrote(parties=US, event_id=f"event {number}", at=moment)


@st.composite
def talks(draw: st.DrawFn):
    """What was said, and how it is heard: late by up to two days, some of it twice, with times in between."""
    said = draw(st.lists(SAID, min_size=1, max_size=50))
    heard = [(minute + late, number) for number, (minute, _, late) in enumerate(said)]
    heard += [
        (said[number][0] + late, number)
        for number, late in draw(
            st.lists(st.tuples(st.integers(0, len(said) - 1), st.integers(0, MOST_LATE)), max_size=10)
        )
    ]
    ticks = draw(st.lists(st.sampled_from(sorted({when for when, _ in heard})), max_size=5))
    line = sorted([*heard, *((when, -1) for when in ticks)], key=lambda one: one[0])
    events = [
        TimePassed(at=T0 + timedelta(minutes=when))
        if number < 0
        else event(number, said[number][0], is_ours=said[number][1])
        for when, number in line
    ]
    return [one[:2] for one in said], events, TimePassed(at=T0 + timedelta(minutes=max(when for when, _ in heard)))


def in_order(said):
    return [
        event(number, minute, is_ours=is_ours) for number, (minute, is_ours) in sorted(enumerate(said), key=by_time)
    ]


def by_time(numbered):
    return numbered[1]


def summary(book) -> set[tuple]:
    return {
        (
            int(one.opened_at.timestamp() * 1000 + 0.5),
            int(one.started_at.timestamp() * 1000 + 0.5) if one.started_at else 0,
            one.business_count,
            one.user_count,
            one.closed_by and one.closed_by.value,
        )
        for one in book.values()
        if one.closed_by
    }


@given(talks(), RULES)
def test_the_book_is_that_of_a_reference_that_sorts_by_time(talk, rules):
    said, events, end = talk
    long_after = TimePassed(at=end.at + timedelta(days=3))
    _, told = lived([*events, long_after], rules)
    closed = {(*one[:4], one[4] or "time") for one in expected(said, rules)}

    assert summary(book_of(told)) == closed


@given(talks(), RULES)
def test_late_and_repeated_is_as_in_time_and_once(talk, rules):
    said, events, end = talk
    late, told_late = lived([*events, end], rules)
    prompt, told_prompt = lived([*in_order(said), end], rules)

    assert late == prompt
    assert book_of(told_late).keys() == book_of(told_prompt).keys()
    assert {name: one for name, one in book_of(told_late).items() if one.closed_by} == {
        name: one for name, one in book_of(told_prompt).items() if one.closed_by
    }
    assert broken_in(told_late) == broken_in(told_prompt)


@given(talks(), RULES)
def test_what_is_within_two_days_is_never_too_late(talk, rules):
    _, told = lived(talk[1], rules)

    assert not [one for one in told if isinstance(one, HeardTooLate)]


@given(talks(), RULES)
def test_no_session_is_opened_twice_and_each_has_the_name_of_its_opening(talk, rules):
    book = book_of(lived(talk[1], rules)[1])

    assert all(name == session_id(US, round(one.opened_at.timestamp() * 1000)) for name, one in book.items())
    assert len({one.opened_at for one in book.values()}) == len(book)


@given(talks(), RULES)
def test_the_state_survives_its_bytes(talk, rules):
    state, _ = lived(talk[1], rules)

    assert decode_conversation(encode_conversation(state)) == state


@given(talks(), RULES, st.integers(1, 60 * HOUR), st.sampled_from(["text", "video"]))
def test_what_the_next_message_was_said_to_do_is_what_comes_of_it(talk, rules, later, kind):
    _, events, end = talk
    state, _ = lived([*events, end], rules)
    moment = end.at + timedelta(minutes=later)
    answer = next_send(standing_of(state, rules), kind, moment)
    after, told = hear(state, BusinessSent(parties=US, event_id="the next", at=moment, kind=kind), rules)
    broken = [one.rule for one in told if isinstance(one, SessionRuleBroken)]

    if isinstance(answer, Refused):
        assert broken == [answer.reason]
    else:
        first = 1 if not isinstance(answer, Allowed) else rules.most_messages - answer.messages_left + 1
        assert broken == []
        assert accounts(after, rules)[answer.session_id].business_count == first
