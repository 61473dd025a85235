"""Up to where everything must be explained: never further than the stages' commits prove."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.sink.horizon import Follower, World
from tests.support.store_line import T0

IDLE = World(
    seen_at=T0,
    starts={},
    ends={
        **{topic: {0: 0} for topic in ("inbound", "signals", "dead-letters", "attempts")},
        "callbacks": {0: 10},
        "reports": {0: 20},
        "updates": {0: 30},
    },
    committed={("normalise", "callbacks"): {0: 10}, ("track", "reports"): {0: 20}, ("track", "attempts"): {0: 0}},
    stored={"callbacks": {0: 10}, "updates": {0: 30}},
)
LATER = T0 + timedelta(seconds=1)


def with_(world: World, **changes: object) -> World:
    """`world` with parts of its mappings replaced."""
    return replace(world, **{name: getattr(world, name) | change for name, change in changes.items()})


def test_when_all_have_read_all_the_horizon_is_now():
    horizon = Follower().follow(IDLE)

    assert horizon.as_of == T0
    assert horizon.callbacks == {0: 10}
    assert sum(horizon.lag_by_topic.values()) == 0


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(with_(IDLE, committed={("normalise", "callbacks"): {0: 9}}), id="normalise is behind"),
        pytest.param(with_(IDLE, committed={("normalise", "callbacks"): {}}), id="normalise has never run"),
        pytest.param(with_(IDLE, committed={("track", "reports"): {0: 19}}), id="track is behind"),
        pytest.param(with_(IDLE, stored={"updates": {0: 29}}), id="the store is behind in updates"),
        pytest.param(with_(IDLE, stored={"callbacks": {0: 9}}), id="the store is behind in callbacks"),
        pytest.param(with_(IDLE, ends={"dead-letters": {0: 1}}), id="the store is behind in dead letters"),
        pytest.param(with_(IDLE, stored={"updates": {}}), id="the store has never read"),
    ],
)
def test_whoever_is_behind_holds_the_horizon_back(world):
    horizon = Follower().follow(world)

    assert horizon.as_of is None
    assert horizon.callbacks == {}
    assert sum(horizon.lag_by_topic.values()) > 0


def test_what_came_after_the_chase_began_does_not_hold_it_back():
    follower = Follower()
    follower.follow(with_(IDLE, stored={"updates": {0: 29}}))
    moved_on = with_(IDLE, ends={"callbacks": {0: 99}, "reports": {0: 99}, "updates": {0: 99}})
    horizon = follower.follow(replace(moved_on, seen_at=LATER))

    assert horizon.as_of == T0
    assert horizon.callbacks == {0: 10}


def test_outputs_are_looked_for_only_behind_the_commit_that_promises_them():
    """Reports that normalise had not committed when the chase began must have been through track as well."""
    follower = Follower()
    follower.follow(with_(IDLE, committed={("normalise", "callbacks"): {0: 9}}))
    behind = with_(IDLE, ends={"reports": {0: 25}})

    assert follower.follow(behind).as_of is None
    assert follower.follow(with_(behind, committed={("track", "reports"): {0: 25}})).as_of == T0


def test_the_next_chase_begins_where_the_last_one_ended():
    follower = Follower()
    follower.follow(IDLE)
    grown = with_(IDLE, ends={"callbacks": {0: 11}})
    held = follower.follow(replace(grown, seen_at=LATER))
    caught_up = with_(grown, committed={("normalise", "callbacks"): {0: 11}}, stored={"callbacks": {0: 11}})
    reached = follower.follow(replace(caught_up, seen_at=LATER + timedelta(seconds=1)))

    assert (held.as_of, held.callbacks, held.lag_by_topic["callbacks"]) == (T0, {0: 10}, 1)
    assert (reached.as_of, reached.callbacks) == (LATER, {0: 11})


def test_nobody_is_behind_of_what_kafka_has_removed():
    removed = with_(IDLE, committed={("normalise", "callbacks"): {}}, stored={"callbacks": {}})
    horizon = Follower().follow(replace(removed, starts={"callbacks": {0: 10}}))

    assert horizon.as_of == T0


def test_what_track_put_aside_on_its_way_is_waited_for():
    follower = Follower()
    follower.follow(with_(IDLE, committed={("track", "reports"): {0: 19}}))
    put_aside = with_(IDLE, ends={"dead-letters": {0: 1}})

    assert follower.follow(put_aside).as_of is None
    assert follower.follow(with_(put_aside, stored={"dead-letters": {0: 1}})).as_of == T0


SAID = with_(
    IDLE,
    ends={"inbound": {0: 3}, "signals": {0: 1}, "wishes": {0: 2}, "suppressions": {0: 2}},
    committed={("consent", "inbound"): {0: 3}, ("consent", "signals"): {0: 1}, ("consent", "wishes"): {0: 2}},
    stored={"inbound": {0: 3}, "signals": {0: 1}, "suppressions": {0: 2}},
)


def test_when_all_that_people_said_is_heeded_that_is_as_of_now():
    assert Follower().follow(SAID).wishes_as_of == T0


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(with_(SAID, committed={("normalise", "callbacks"): {0: 9}}), id="normalise is behind"),
        pytest.param(with_(SAID, committed={("consent", "inbound"): {0: 2}}), id="a message is not read yet"),
        pytest.param(with_(SAID, committed={("consent", "signals"): {}}), id="a signal is not read yet"),
        pytest.param(with_(SAID, committed={("consent", "wishes"): {0: 1}}), id="a wish is not joined yet"),
        pytest.param(with_(SAID, stored={"suppressions": {0: 1}}), id="the store is behind in suppressions"),
    ],
)
def test_whoever_is_behind_holds_the_wishes_back(world):
    assert Follower().follow(world).wishes_as_of is None


def test_a_wish_that_is_found_late_is_waited_for():
    follower = Follower()
    follower.follow(with_(SAID, committed={("consent", "inbound"): {0: 2}}))
    found = with_(SAID, ends={"wishes": {0: 3}})
    waiting = follower.follow(found)
    joined = with_(found, committed={("consent", "wishes"): {0: 3}}, ends={"suppressions": {0: 3}})

    assert waiting.wishes_as_of is None
    assert follower.follow(joined).wishes_as_of is None
    assert follower.follow(with_(joined, stored={"suppressions": {0: 3}})).wishes_as_of == T0


def test_wishes_that_wait_do_not_hold_the_rest_back():
    world = with_(SAID, committed={("consent", "inbound"): {}})

    assert Follower().follow(world).as_of == T0


TALKED = with_(
    IDLE,
    ends={"inbound": {0: 3}, "talk": {0: 4}, "sessions": {0: 5}},
    committed={("session", "inbound"): {0: 3}, ("session", "talk"): {0: 4}},
    stored={"inbound": {0: 3}, "sessions": {0: 5}},
)


def test_when_all_that_was_said_is_in_the_sessions_that_is_as_of_now():
    assert Follower().follow(TALKED).sessions_as_of == T0


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(with_(TALKED, committed={("normalise", "callbacks"): {0: 9}}), id="a callback is not read yet"),
        pytest.param(with_(TALKED, committed={("session", "inbound"): {0: 2}}), id="a message is not listened to yet"),
        pytest.param(with_(TALKED, committed={("session", "talk"): {0: 3}}), id="what was said is not joined yet"),
        pytest.param(with_(TALKED, stored={"sessions": {0: 4}}), id="what is told is not stored yet"),
    ],
)
def test_whoever_is_behind_holds_the_sessions_back(world):
    assert Follower().follow(world).sessions_as_of is None


def test_sessions_that_wait_do_not_hold_the_rest_back():
    assert Follower().follow(with_(TALKED, committed={("session", "talk"): {}})).as_of == T0
