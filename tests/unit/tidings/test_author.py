"""The lives of made-up messages."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from tidings.simulation.author import LIVES, LONGEST_TAIL_S, LONGEST_WAIT_S, WAITS, write_script
from tidings.simulation.repertoire import Repertoire

SENT_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
EVERYTHING = Repertoire(frozenset(DeliveryStatus), is_cascading=True)
FICTIONAL = re.compile(r"\+447700900\d{3}|\+1\d{3}55501\d{2}")


def scripts(repertoire: Repertoire = EVERYTHING, count: int = 2000):
    return [write_script(7, number, SENT_AT, repertoire) for number in range(count)]


def test_the_same_seed_writes_the_same_lives():
    assert scripts() == scripts()


def test_another_seed_writes_others():
    assert scripts() != [write_script(8, number, SENT_AT, EVERYTHING) for number in range(2000)]


def test_all_numbers_belong_to_nobody():
    assert all(FICTIONAL.fullmatch(script.recipient) for script in scripts())


def test_every_life_is_lived_by_somebody():
    lived = {tuple(step.status for step in script.steps) for script in scripts()}

    assert lived == {life.path + life.then for life in LIVES}


def test_no_step_comes_before_the_one_before_it():
    for script in scripts():
        assert script.sent_at <= script.steps[0].at
        assert all(one.at <= next_.at for one, next_ in pairwise(script.steps))


def test_some_steps_happen_together():
    assert any(one.at == next_.at for script in scripts() for one, next_ in pairwise(script.steps))


def test_no_wait_and_no_life_is_longer_than_its_bound():
    for script in scripts(count=9000):
        moments = [script.sent_at, *(step.at for step in script.steps)]
        assert all(next_ - one <= timedelta(seconds=LONGEST_WAIT_S) for one, next_ in pairwise(moments))
        assert moments[-1] - moments[0] <= timedelta(seconds=LONGEST_TAIL_S)


def test_every_status_in_a_life_has_its_waits():
    assert {status for life in LIVES for status in life.path + life.then} <= set(WAITS)


@pytest.mark.parametrize("status", [DeliveryStatus.FAILED, DeliveryStatus.QUEUED, DeliveryStatus.SEEN])
def test_a_provider_without_a_word_for_it_is_never_asked_to_say_it(status):
    mute = Repertoire(frozenset(DeliveryStatus) - {status}, is_cascading=True)

    assert not any(step.status is status for script in scripts(mute) for step in script.steps)


def test_only_a_provider_that_cascades_goes_on_by_another_channel():
    straight = Repertoire(frozenset(DeliveryStatus), is_cascading=False)

    assert all(len({step.channel for step in script.steps}) == 1 for script in scripts(straight))
    assert any(len({step.channel for step in script.steps}) == 2 for script in scripts())


def test_nobody_reads_a_text_message():
    assert not any(
        step.status is DeliveryStatus.SEEN and step.channel is Channel.SMS
        for script in scripts()
        for step in script.steps
    )


def test_there_are_conflicts_now_and_then():
    late = (DeliveryStatus.ACCEPTED, DeliveryStatus.SENT, DeliveryStatus.EXPIRED, DeliveryStatus.DELIVERED)

    assert any(
        tuple(step.status for step in script.steps) == late and len({step.channel for step in script.steps}) == 1
        for script in scripts()
    )
