"""What a session allows, what it is billed, and what is told of it."""

from decimal import Decimal

import pytest
from msgspec import structs

from contracts.conversations import (
    ClosedBy,
    NearLimit,
    SessionClosed,
    SessionCorrected,
    SessionRule,
    SessionRuleBroken,
    SessionWarned,
    session_id,
)
from contracts.standings import Allowed, Opens, Refused
from streams.session.machine import accounts, due_ms, next_send
from streams.session.rules import StartsWith, WhenFull, rules_named
from tests.support.talking import US, at, book_of, broken_in, lived, ours, time, user

RULES = rules_named()
FROM_MESSAGE = rules_named("viber-from-message")
OLDER = rules_named("viber-older")
SECOND = 1 / 3600


def talk(business: int, *, in_a_row: int = 5):
    """A conversation with so many messages of ours, within a few hours; the person answers after each few."""
    yield user(0)
    for number in range(business):
        if number and number % in_a_row == 0:
            yield user(number / 20 + 0.02)
        yield ours(number / 20 + 0.03)


def send(events, hours: float, kind: str = "text", rules=RULES):
    return next_send(lived(events, rules)[0], kind, at(hours), rules)


def kinds_told(told) -> list[str]:
    return [type(one).__name__ for one in told if not isinstance(one, SessionWarned)]


@pytest.mark.parametrize(
    ("rules", "started", "ends"),
    [
        pytest.param(RULES, 3, 27, id="from the person's first reply to us"),
        pytest.param(FROM_MESSAGE, 0, 24, id="from the person's first message"),
        pytest.param(OLDER, 1, 13, id="from our first answer, half a day"),
    ],
)
def test_from_when_and_how_long_a_session_runs(rules, started, ends):
    events = [user(0), ours(1), ours(2), user(3)]
    (open_one,) = accounts(lived(events, rules)[0], rules).values()

    assert (open_one.opened_at, open_one.started_at, open_one.ends_at) == (at(0), at(started), at(ends))
    assert isinstance(send(events, ends - SECOND, rules=rules), Allowed)
    assert send(events, ends, rules=rules).reason is SessionRule.NO_SESSION


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(0, Allowed, id="the first goes into the session"),
        pytest.param(59, Allowed, id="the 60th does"),
        pytest.param(60, Opens, id="the 61st opens the next"),
    ],
)
def test_how_many_messages_a_session_has(sent, answer):
    state, _ = lived([*talk(sent), user(5)], RULES)
    said = next_send(state, "text", at(6), RULES)

    assert isinstance(said, answer)
    if isinstance(said, Allowed):
        assert said.messages_left == 60 - sent
    else:
        assert (said.after, said.session_id) == (session_id(US, ms(0)), session_id(US, ms(6)))


def ms(hours: float) -> int:
    return round(at(hours).timestamp() * 1000)


def test_the_61st_closes_a_full_session_and_opens_the_next_which_runs_at_once():
    _, told = lived([*talk(60), user(5), ours(6), time(31)], RULES)
    first, second = book_of(told).values()

    assert (first.closed_by, first.closed_at, first.business_count) == (ClosedBy.FULL, at(6), 60)
    assert (second.opened_at, second.started_at, second.business_count) == (at(6), at(6), 1)
    assert (second.closed_by, second.closed_at) == (ClosedBy.TIME, at(30))


def test_where_a_full_session_waits_for_the_person_the_60th_ends_it():
    events = [*talk(60)]

    assert send(events, 5, rules=FROM_MESSAGE).reason is SessionRule.NO_SESSION
    assert isinstance(send([*events, user(5)], 6, rules=FROM_MESSAGE), Allowed)


@pytest.mark.parametrize(
    ("rules", "sent", "answer"),
    [
        pytest.param(RULES, 4, Allowed, id="the 5th in a row may go"),
        pytest.param(RULES, 5, Refused, id="the 6th waits for a reply"),
        pytest.param(OLDER, 9, Allowed, id="it was the 10th"),
        pytest.param(OLDER, 10, Refused, id="and the 11th"),
    ],
)
def test_how_many_in_a_row(rules, sent, answer):
    events = [user(0), *(ours(1 + number / 10) for number in range(sent))]
    said = send(events, 3, rules=rules)

    assert isinstance(said, answer)
    assert isinstance(send([*events, user(2.5)], 3, rules=rules), Allowed)
    if isinstance(said, Refused):
        assert said.reason is SessionRule.IN_A_ROW
        assert "reply" in said.advice


def test_the_row_goes_on_across_two_sessions():
    rules = structs.replace(RULES, most_messages=3)
    events = [user(0), *(ours(1 + number / 10) for number in range(5))]

    assert len(book_of(lived(events, rules)[1])) == 2
    assert send(events, 2, rules=rules).reason is SessionRule.IN_A_ROW


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        pytest.param("text", Allowed, id="text"),
        pytest.param("image", Allowed, id="image"),
        pytest.param("file", Allowed, id="file"),
        pytest.param("video", Refused, id="no video"),
        pytest.param("text+button", Refused, id="no button"),
        pytest.param("image+text", Refused, id="no image with words"),
    ],
)
def test_what_kinds_a_session_takes(kind, answer):
    said = send([user(0)], 1, kind)

    assert isinstance(said, answer)
    if isinstance(said, Refused):
        assert said.reason is SessionRule.KIND
        assert "text, image, file" in said.advice


def test_nobody_may_open_a_session_but_the_person():
    assert next_send(None, "text", at(0), RULES).reason is SessionRule.NO_SESSION


@pytest.mark.parametrize(
    ("events", "is_billed"),
    [
        pytest.param(
            [user(0), ours(1), user(2), *(ours(3 + n) for n in range(4))], True, id="once for all its messages"
        ),
        pytest.param([user(0), ours(1)], False, id="not where the person never replied"),
        pytest.param([user(0), user(1)], False, id="not where we never answered"),
    ],
)
def test_what_is_billed(events, is_billed):
    rules = structs.replace(RULES, price=Decimal("0.03"), currency="EUR")
    _, told = lived([*events, time(60)], rules)
    closed = [one.session for one in told if isinstance(one, SessionClosed)]

    assert [(one.is_billed, one.cost, one.currency) for one in closed] == [
        (is_billed, Decimal("0.03") if is_billed else 0, "EUR")
    ]


def test_a_price_that_nobody_has_told_is_unknown_and_not_nothing():
    _, told = lived([user(0), ours(1), user(2), time(60)], RULES)

    assert told[-1].session.is_billed
    assert told[-1].session.cost is None


def test_what_is_told_of_a_session_that_goes_well():
    _, told = lived([user(0), ours(1), user(2), ours(3), time(26)], RULES)

    assert kinds_told(told) == ["SessionOpened", "SessionStarted", "SessionClosed"]
    assert (told[-1].session.business_count, told[-1].session.user_count) == (2, 2)


@pytest.mark.parametrize(
    ("events", "near", "left"),
    [
        pytest.param([*talk(52), user(4)], NearLimit.MESSAGES, (10, 0), id="ten messages left"),
        pytest.param(
            [user(0), *(ours(1 + n / 10) for n in range(4))], NearLimit.IN_A_ROW, (56, 1), id="one in a row left"
        ),
        pytest.param([user(0), ours(1), user(2), time(25)], NearLimit.TIME, (59, 5), id="an hour left"),
    ],
)
def test_a_limit_is_told_before_it_is_reached(events, near, left):
    told = [one for one in lived(events, RULES)[1] if isinstance(one, SessionWarned) and one.near is near]

    assert [(one.messages_left, one.in_a_row_left) for one in told] == [left]


def test_each_limit_is_told_once_as_long_as_it_is_near():
    _, told = lived([*talk(60), time(22), time(23.5), time(23.8)], RULES)
    near = [one.near for one in told if isinstance(one, SessionWarned) and one.near is not NearLimit.IN_A_ROW]

    assert near == [NearLimit.MESSAGES, NearLimit.TIME]


def test_a_message_that_was_heard_late_corrects_a_closed_account():
    events = [user(0), ours(1), user(2), time(27)]
    _, told = lived([*events, ours(3)], RULES)
    (corrected,) = [one for one in told if isinstance(one, SessionCorrected)]

    assert (corrected.was.business_count, corrected.now.business_count) == (1, 2)
    assert corrected.now.session_id == corrected.was.session_id


def test_an_opening_that_was_heard_late_takes_the_place_of_the_one_told():
    _, told = lived([user(1), ours(2), user(0)], RULES)

    assert kinds_told(told)[-2:] == ["SessionCorrected", "SessionOpened"]
    assert told[-2].now is None
    assert list(book_of(told)) == [session_id(US, ms(0))]


def test_a_session_opens_again_when_its_time_ran_from_a_later_reply():
    """We answered before a message that looked like the first reply; our answer was heard late."""
    _, told = lived([user(0), user(3), time(24), ours(1)], RULES)
    (corrected,) = [one for one in told if isinstance(one, SessionCorrected)]

    assert corrected.was.closed_by is ClosedBy.TIME
    assert (corrected.now.closed_by, corrected.now.ends_at) == (None, at(27))


def test_a_message_that_the_rules_forbid_is_told_and_counts():
    events = [user(0), *(ours(1 + n / 10) for n in range(6))]
    state, told = lived(events, RULES)

    assert broken_in(told) == [(at(1.5), "in_a_row")]
    assert [one.business_count for one in accounts(state, RULES).values()] == [6]


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        pytest.param([ours(0)], "no_session", id="before the person has written"),
        pytest.param([user(0), ours(1, "video")], "kind", id="of another kind"),
    ],
)
def test_a_message_outside_of_a_session_is_told_and_counts_in_none(events, rule):
    state, told = lived(events, RULES)

    assert [one for _, one in broken_in(told)] == [rule]
    assert sum(one.business_count for one in accounts(state, RULES).values()) == 0


def test_a_breach_is_withdrawn_when_the_person_had_written_first():
    _, told = lived([ours(1), user(0)], RULES)

    assert broken_in(told) == []
    assert [one.is_withdrawn for one in told if isinstance(one, SessionRuleBroken)] == [False, True]


def test_what_is_repeated_is_not_told_again():
    once, told = lived([user(0), ours(1), user(2)], RULES)
    twice, told_twice = lived([user(0), ours(1), ours(1), user(0), user(2), user(2)], RULES)

    assert (twice, told_twice) == (once, told)


def test_the_next_time_is_the_warning_then_the_end():
    state, _ = lived([user(0), ours(1), user(2)], RULES)
    warned, _ = lived([user(0), ours(1), user(2), time(25)], RULES)

    assert (due_ms(state, RULES), due_ms(warned, RULES)) == (ms(25), ms(26))


def test_a_name_is_the_same_however_a_provider_spells_our_sender():
    spelled = structs.replace(US, sender=" EXAMPLESHOP")

    assert session_id(US, 1) == session_id(spelled, 1)
    assert session_id(US, 1) < session_id(US, 2)


def test_the_rules_have_every_word_that_they_name():
    assert {rules.starts_with for rules in (RULES, FROM_MESSAGE, OLDER)} == set(StartsWith)
    assert {rules.when_full for rules in (RULES, FROM_MESSAGE)} == set(WhenFull)
