"""When an attempt that does not end is asked about, and when it is given up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from contracts.status import DeliveryStatus
from streams.reconcile.schedule import Next, Rules, Step, next_of
from streams.reconcile.watch import Watched

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SENT = 1_764_000_000_000
RULES = Rules(
    account="default",
    first_after_ms=5 * MINUTE,
    again_after_ms=10 * MINUTE,
    remembers_ms=12 * HOUR,
    keep_ms=30 * DAY,
)
FRESH = Watched("acme", "main", "r-1", DeliveryStatus.SENT, sent_ms=SENT, heard_ms=SENT)


def lived(attempt: Watched, rules: Rules = RULES, *, late_ms: int = 0) -> list[tuple[Step, int]]:
    """All that happens to an attempt of which nothing more is heard, each `late_ms` after its time."""
    steps = []
    while len(steps) < 100:
        step, due_ms = next_of(attempt, rules)
        now = due_ms + late_ms
        steps.append((step, now))
        match step:
            case Step.ASK:
                attempt = structs.replace(attempt, questions_count=attempt.questions_count + 1, asked_ms=now)
            case Step.GIVE_UP:
                attempt = structs.replace(attempt, lost_ms=now)
            case Step.FORGET:
                return steps
    raise AssertionError(steps)


def test_questions_double_and_the_last_is_asked_before_the_provider_forgets():
    minutes = [(step.name, (at - SENT) / MINUTE) for step, at in lived(FRESH)]

    assert minutes == [
        *(("ASK", at) for at in (5, 15, 35, 75, 155, 315, 635, 648)),
        ("GIVE_UP", 720),
        ("FORGET", 720 + 30 * 24 * 60),
    ]


def test_the_first_question_waits_for_silence():
    heard = structs.replace(FRESH, heard_ms=SENT + HOUR)

    assert next_of(heard, RULES) == Next(Step.ASK, SENT + HOUR + 5 * MINUTE)


def test_a_message_that_is_to_go_out_later_is_not_silent_before():
    planned = structs.replace(FRESH, sent_ms=SENT + DAY)

    assert next_of(planned, RULES) == Next(Step.ASK, SENT + DAY + 5 * MINUTE)


def test_what_is_heard_after_a_question_does_not_move_the_next():
    asked = structs.replace(FRESH, questions_count=1, asked_ms=SENT + HOUR)

    assert next_of(structs.replace(asked, heard_ms=SENT + 2 * HOUR), RULES) == next_of(asked, RULES)


@pytest.mark.parametrize("late_ms", [HOUR, 13 * HOUR, 40 * DAY], ids=["an hour", "too long", "very long"])
def test_nothing_is_given_up_that_was_not_asked_about_however_late_we_are(late_ms):
    steps = [step for step, _ in lived(FRESH, late_ms=late_ms)]

    assert steps[0] is Step.ASK
    assert steps[-2:] == [Step.GIVE_UP, Step.FORGET]


@given(
    first=st.integers(1, DAY),
    again=st.integers(1000, DAY),
    remembers=st.integers(1, 60 * DAY),
    late=st.integers(0, 3 * DAY),
    sent=st.integers(-40 * DAY, 40 * DAY),
)
def test_every_attempt_is_asked_about_given_up_once_and_forgotten_after_few_questions(
    first, again, remembers, late, sent
):
    rules = Rules("default", first, again, remembers, 30 * DAY)
    steps = lived(structs.replace(FRESH, sent_ms=SENT + sent), rules, late_ms=late)
    kinds = [step for step, _ in steps]
    times = [at for _, at in steps]

    assert kinds == [Step.ASK] * (len(kinds) - 2) + [Step.GIVE_UP, Step.FORGET]
    assert 1 <= kinds.count(Step.ASK) <= 40
    assert times == sorted(times)
    assert times[-2] >= SENT + sent + remembers
