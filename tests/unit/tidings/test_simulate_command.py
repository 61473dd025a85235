"""`tidings simulate`: the choices it makes for its user, and what it tells."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from runtime.clock import FixedClock
from tidings.simulation.author import LONGEST_TAIL_S
from tidings.simulation.command import FAST, LIVE, Wishes
from tidings.simulation.ledger import Ledger
from tidings.simulation.schedule import Posting, schedule

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
EARLIER = datetime(2026, 11, 1, tzinfo=UTC)


def wishes(**members):
    return Wishes(**{"rate_per_s": 200.0, "message_count": 5000, **members})


def test_nothing_in_a_play_that_ends_happens_later_than_now(cast):
    play = wishes(message_count=400, seed=7).play(FixedClock(NOW))

    assert all(act.callback.at <= NOW for act in schedule(play, cast) if isinstance(act, Posting))


def test_a_play_that_ends_is_over_soon_after_its_last_message(cast):
    play = wishes(message_count=400, seed=7).play(FixedClock(NOW))

    assert max(act.due_s for act in schedule(play, cast)) <= 400 / 200 + LONGEST_TAIL_S / FAST


@pytest.mark.parametrize(
    ("members", "speed", "start"),
    [
        pytest.param({"message_count": None}, LIVE, NOW, id="without end it is live, from now on"),
        pytest.param({"speed": 60.0, "start": EARLIER}, 60.0, EARLIER, id="as asked"),
        pytest.param(
            {}, FAST, NOW - timedelta(seconds=5000 / 200 * FAST + LONGEST_TAIL_S), id="with an end it is fast, and over"
        ),
    ],
)
def test_choices(members, speed, start):
    play = wishes(**members).play(FixedClock(NOW))

    assert (play.speed, play.start) == (speed, start)


def test_a_seed_that_is_given_is_taken():
    assert wishes(seed=0).play(FixedClock(NOW)).seed == 0


def test_seeds_that_are_not_given_differ():
    assert len({wishes().play(FixedClock(NOW)).seed for _ in range(10)}) > 1


def test_an_outcome_is_json(play, cast):
    ledger = Ledger()
    for act in schedule(play, cast):
        if isinstance(act, Posting):
            ledger.taken(act)

    told = json.loads(json.dumps(ledger.outcome().as_json()))

    infobip = told["providers"]["infobip"]
    assert infobip["repeated"] == infobip["items"] - infobip["distinct"]
    assert told["attempts"][0]["status"] in {
        "delivered",
        "seen",
        "sent",
        "expired",
        "undelivered",
        "rejected",
        "failed",
    }
