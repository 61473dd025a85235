"""When a connection rests, and for how long."""

from datetime import UTC, datetime

import pytest

from contracts.errors import (
    CredentialsRefused,
    FundsExhausted,
    ProviderThrottled,
    ProviderUnavailable,
    RecipientUnreachable,
    RequestInvalid,
    SendInDoubt,
)
from runtime.clock import FixedClock
from streams.dispatch.breaker import Breaker, Patience

AWAY = ProviderUnavailable("away")


def breaker(clock: FixedClock) -> Breaker:
    return Breaker(Patience(failures=3, first_rest_s=5, longest_rest_s=30), clock.monotonic)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 22, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("errors", "is_ill"),
    [
        pytest.param([AWAY] * 2, False, id="two failures are not enough"),
        pytest.param([AWAY] * 3, True, id="three in a row are"),
        pytest.param([AWAY, AWAY, None, AWAY], False, id="an accepted send in between begins anew"),
        pytest.param([AWAY, AWAY, RequestInvalid("rule"), AWAY], False, id="so does a refusal of one message"),
        pytest.param([RecipientUnreachable("off")] * 9, False, id="people who cannot be reached say nothing of it"),
        pytest.param([ProviderThrottled("slow")] * 3, True, id="throttled"),
        pytest.param([CredentialsRefused("key")] * 3, True, id="not let in"),
        pytest.param([FundsExhausted("money")] * 3, True, id="without money"),
        pytest.param([SendInDoubt("cut")] * 3, True, id="doubts are the worst of failures"),
    ],
)
def test_failures_in_a_row_make_a_connection_ill(clock, errors, is_ill):
    one = breaker(clock)
    for error in errors:
        one.hear(error)

    assert one.is_ill is is_ill
    assert (one.wait_s() > 0) is is_ill


def test_illness_and_recovery_are_told_when_they_begin(clock):
    one = breaker(clock)
    told = [one.hear(error) for error in (AWAY, AWAY, AWAY, AWAY)]
    clock.advance(5)

    assert [*told, one.hear(None), one.hear(None)] == [None, None, True, None, False, None]


def test_each_rest_is_longer_than_the_one_before_up_to_the_longest(clock):
    one, rests = breaker(clock), []
    for _ in range(3):
        one.hear(AWAY)
    for _ in range(4):
        rests.append(one.wait_s())
        clock.advance(one.wait_s())
        one.begin()
        one.hear(AWAY)
        one.end()

    assert rests == [5, 10, 20, 30]


def test_a_provider_that_says_for_how_long_is_left_alone_for_so_long(clock):
    one = breaker(clock)
    for _ in range(3):
        one.hear(ProviderThrottled("slow", retry_after_s=17))

    assert one.wait_s() == 17


def test_behind_a_rest_one_call_is_tried_and_the_others_wait_for_it(clock):
    one = breaker(clock)
    for _ in range(3):
        one.hear(AWAY)
    clock.advance(5)
    before = one.wait_s()
    is_trying = one.begin()
    during = one.wait_s()
    one.end()

    assert (before, is_trying, during > 0, one.wait_s()) == (0, True, True, 0)
