"""What a chaos run does, before it does it."""

from tests.chaos.crash_walk import ELSEWHERE, WALK, placed
from tests.chaos.plan import Deed, pace_of, plan


def test_every_crash_point_in_the_code_is_walked():
    assert {stop.name for stop in WALK} | ELSEWHERE.keys() == placed()


def test_the_same_seed_makes_the_same_plan():
    assert plan(5, 600) == plan(5, 600) != plan(6, 600)


def test_a_run_begins_with_a_storm_while_nothing_is_committed():
    assert plan(5, 60)[0].deed is Deed.STORM
    assert plan(5, 60)[0].at_s < 1


def test_a_long_plan_has_every_deed_and_pauses_that_outlast_a_session():
    faults = plan(5, 600)
    zombies = [fault for fault in faults if fault.victim == "streams" and fault.lasts_s > pace_of(600).session_s]

    assert {fault.deed for fault in faults} == set(Deed)
    assert zombies


def test_half_an_hour_has_two_hundred_kills():
    assert all(sum(fault.deed is Deed.KILL for fault in plan(seed, 1800)) >= 200 for seed in range(10))
