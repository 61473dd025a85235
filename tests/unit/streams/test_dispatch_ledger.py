"""Who may make a send, as the log has it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from contracts.plans import Outcome, SendClaimed, SendOutcome
from streams.dispatch.ledger import Ledger, Standing

T0 = datetime(2026, 11, 22, 10, tzinfo=UTC)
STAMP_MS = 1_000
SEND = "m1-0-0"


def claim(claimant: str, send_id: str = SEND) -> SendClaimed:
    return SendClaimed(message_id="m1", send_id=send_id, claimant=claimant, claimed_at=T0)


def outcome(said: Outcome, send_id: str = SEND) -> SendOutcome:
    return SendOutcome(
        message_id="m1",
        account="default",
        step=0,
        send_id=send_id,
        outcome=said,
        provider="telesign",
        connection="main",
        told_at=T0,
    )


def claimed(offset: int, claimant: str) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.hear_claim(offset, claim(claimant), STAMP_MS)


def told(said: Outcome) -> Callable[[Ledger], None]:
    return lambda ledger: ledger.hear_outcome(outcome(said), STAMP_MS)


@pytest.mark.parametrize(
    ("heard", "standing"),
    [
        pytest.param([], Standing.TO_DO, id="nobody has claimed it"),
        pytest.param([claimed(4, "us")], Standing.OURS, id="the only claim is ours"),
        pytest.param([claimed(4, "them")], Standing.THEIRS, id="somebody else's is"),
        pytest.param([claimed(4, "us"), claimed(5, "them")], Standing.OURS, id="the first claim counts"),
        pytest.param([claimed(4, "them"), claimed(5, "us")], Standing.THEIRS, id="the first claim counts, against us"),
        pytest.param([claimed(5, "us"), claimed(4, "them")], Standing.THEIRS, id="first on the log, not first heard"),
        pytest.param([claimed(4, "us"), claimed(4, "us")], Standing.OURS, id="a claim heard twice is one"),
        pytest.param([claimed(4, "them"), told(Outcome.ACCEPTED)], Standing.DONE, id="an outcome settles it"),
        pytest.param([told(Outcome.REFUSED)], Standing.DONE, id="also when its claim is not on the log any more"),
        pytest.param([claimed(4, "them"), told(Outcome.IN_DOUBT)], Standing.THEIRS, id="a doubt settles nothing"),
        pytest.param([told(Outcome.IN_DOUBT)], Standing.THEIRS, id="a doubt without a claim is somebody's"),
        pytest.param([told(Outcome.WITHDRAWN), told(Outcome.IN_DOUBT)], Standing.DONE, id="the better outcome stands"),
    ],
)
def test_what_was_heard_says_who_may_make_a_send(heard, standing):
    ledger = Ledger("us")
    ledger.cover(0)
    for hear in heard:
        hear(ledger)

    assert ledger.command(0, SEND, STAMP_MS) is standing


def test_the_position_stands_at_the_first_command_that_is_not_settled():
    ledger = Ledger("us")
    ledger.cover(0)
    for offset in range(3):
        ledger.command(offset, f"m1-0-{offset}", STAMP_MS)
    before = ledger.position
    ledger.hear_outcome(outcome(Outcome.ACCEPTED, "m1-0-1"), STAMP_MS)
    between = ledger.position
    ledger.hear_outcome(outcome(Outcome.REFUSED, "m1-0-0"), STAMP_MS)
    ledger.pass_by(3)

    assert (before, between, ledger.position) == (0, 0, 2)


def test_a_command_that_is_written_twice_is_settled_once_and_at_both_places():
    ledger = Ledger("us")
    ledger.cover(0)
    ledger.command(0, SEND, STAMP_MS)
    ledger.command(1, SEND, STAMP_MS)
    ledger.hear_outcome(outcome(Outcome.ACCEPTED), STAMP_MS)

    assert (ledger.position, ledger.command(2, SEND, STAMP_MS), ledger.position) == (2, Standing.DONE, 3)


def test_a_doubt_that_is_given_up_holds_nobody_up():
    ledger = Ledger("us")
    ledger.cover(0)
    ledger.hear_claim(0, claim("them"), STAMP_MS)
    ledger.command(0, SEND, STAMP_MS)
    ledger.give_up(SEND)

    assert (ledger.standing(SEND), ledger.position) == (Standing.DONE, 1)


def test_nothing_can_be_judged_before_the_log_was_read():
    ledger = Ledger("us")
    before = ledger.covers(STAMP_MS)
    ledger.cover(STAMP_MS)

    assert (before, ledger.covers(STAMP_MS), ledger.covers(STAMP_MS - 1)) == (False, True, False)


def test_what_is_forgotten_has_to_be_read_up_on_when_it_is_commanded_again():
    ledger = Ledger("us", most_remembered=2)
    ledger.cover(0)
    for number in range(4):
        ledger.command(number, f"m{number}-0-0", number)
        ledger.hear_outcome(outcome(Outcome.ACCEPTED, f"m{number}-0-0"), number + 10)

    assert [ledger.covers(number) for number in range(4)] == [False, False, True, True]


def test_what_is_open_is_never_forgotten():
    ledger = Ledger("us", most_remembered=0)
    ledger.cover(0)
    ledger.command(0, SEND, 0)
    ledger.hear_claim(0, claim("us"), 0)
    for number in range(2, 5):
        ledger.command(number, f"m{number}-0-0", number)
        ledger.hear_outcome(outcome(Outcome.ACCEPTED, f"m{number}-0-0"), number)

    assert (ledger.standing(SEND), ledger.position, ledger.covers(5)) == (Standing.OURS, 0, True)
