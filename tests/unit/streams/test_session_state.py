"""What is remembered of a conversation, and in how many bytes."""

import pytest
from msgspec import structs

from contracts.conversations import BusinessSent, HeardTooLate, Parties, UserWrote
from streams.session.machine import FORGET_MS, due_ms, hear
from streams.session.rules import rules_named
from streams.session.state import (
    EXACT_FOR_MS,
    Moment,
    Tag,
    decode_conversation,
    encode_conversation,
    moment_of,
    opening_state,
    pack,
    unpack,
)
from tests.support.talking import T0, US, at, lived, ours, time, user

RULES = rules_named()
LARGEST = 600
LONG_NAMED = Parties(
    account="a-longer-account",
    provider="a-longer-provider",
    connection="a-connection",
    sender="ExampleShopInternational",
    recipient="+447700900105",
)


@pytest.mark.parametrize(
    "gaps_ms",
    [
        pytest.param([0, 0, 0], id="at once"),
        pytest.param([1, 127, 128, 16_383, 16_384], id="at the borders of a byte"),
        pytest.param([1_795_000_000_000, 86_400_000], id="far apart"),
    ],
)
def test_what_is_packed_comes_out(gaps_ms):
    moments = [
        Moment(sum(gaps_ms[: number + 1]), Tag(number % 3), (1 << 22) - 1 - number) for number in range(len(gaps_ms))
    ]

    assert unpack(pack(moments, 0), 0) == moments


def test_two_things_of_one_time_are_told_apart_and_the_persons_comes_first():
    one, other = moment_of("one", 5, Tag.BUSINESS), moment_of("other", 5, Tag.BUSINESS)

    assert one != other
    assert max(moment_of("they", 5, Tag.USER), min(one, other)) == min(one, other)


def full_session(parties: Parties):
    """60 messages of ours over 20 hours, a reply after each five."""
    for number in range(60):
        hours = number / 3
        if number % 5 == 0:
            yield UserWrote(parties=parties, event_id=f"user {number}", at=at(hours))
        yield BusinessSent(parties=parties, event_id=f"ours {number}", at=at(hours + 0.1), kind="text")


def test_a_full_session_is_remembered_whole_in_few_bytes():
    state, _ = lived(full_session(LONG_NAMED), RULES)

    assert len(encode_conversation(state)) <= LARGEST
    assert len(state.moments) == 72
    assert state.settled_ms == 0


def test_a_person_who_never_stops_costs_no_more():
    state, _ = lived((user(number / 100) for number in range(300)), RULES)

    assert len(encode_conversation(state)) <= LARGEST


def test_the_count_is_exact_though_most_is_settled():
    rules = structs.replace(RULES, most_messages=10_000, most_in_a_row=10_000)
    _, told = lived([user(0), *(ours(0.01 + number / 50) for number in range(300)), user(20), time(50)], rules)

    assert told[-1].session.business_count == 300


def test_a_time_passed_settles_and_in_the_end_forgets():
    state, _ = lived([user(0), ours(1), user(2), time(27)], RULES)
    settled, told = hear(state, time(due_hours(state)), RULES)

    assert (settled.lately, told) == (b"", [])
    assert due_ms(settled, RULES) == settled.settled_ms + FORGET_MS
    assert hear(settled, time(due_hours(settled)), RULES) == (None, [])


def due_hours(state) -> float:
    return (due_ms(state, RULES) / 1000 - T0.timestamp()) / 3600 + 1e-6


def test_what_comes_after_it_was_settled_is_told_and_changes_nothing():
    state, _ = lived([user(0), ours(1), user(100)], RULES)
    after, told = hear(state, ours(0.5), RULES)

    assert after == state
    (late,) = told
    assert isinstance(late, HeardTooLate)
    assert (late.occurred_at, late.settled_until) == (at(0.5), at(1))


@pytest.mark.parametrize(
    ("hours_late", "is_exact"),
    [pytest.param(EXACT_FOR_MS / 3_600_000, True, id="two days"), pytest.param(99.5, False, id="longer")],
)
def test_how_late_is_still_exact(hours_late, is_exact):
    state, _ = lived([user(0), ours(1), user(100)], RULES)
    _, told = hear(state, user(100 - hours_late), RULES)

    assert any(isinstance(one, HeardTooLate) for one in told) != is_exact


def test_the_state_survives_its_bytes():
    state, _ = lived([user(0), ours(1), user(2)], RULES)

    assert decode_conversation(encode_conversation(state)) == state
    assert decode_conversation(encode_conversation(opening_state(US))).parties == US
