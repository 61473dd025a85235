"""How long a message with a plan is remembered, how small it is, and how its decisions read."""

import pytest

from contracts.plan_words import words_of
from contracts.plans import (
    DecisionMade,
    Guards,
    send_id_of,
    step_and_try,
)
from contracts.sends import TextContent
from contracts.vocabulary import Channel
from streams.fallback.knowledge import MOST_ATTEMPTS
from streams.fallback.state import encode_message
from tests.support.planned_life import LONDON_NIGHT, MESSAGE, TAKEN, came, curable, due, lived, planned, step, told


@pytest.mark.parametrize(
    ("events", "seconds"),
    [
        pytest.param([told("sent")], 600, id="no plan came"),
        pytest.param([planned(), TAKEN, told("delivered")], 7 * 86_400, id="all is decided"),
    ],
)
def test_when_a_message_is_forgotten(events, seconds):
    assert lived(*events, due(seconds - 1))[0] is not None
    assert lived(*events, due(seconds))[0] is None


def test_a_tick_for_a_message_that_is_forgotten_is_nothing():
    assert lived(due(0)) == (None, [])


def test_what_is_heard_without_a_plan_is_bounded():
    strangers = [told("sent", root_id=f"r-{number}", external_id=None) for number in range(MOST_ATTEMPTS + 9)]

    assert len(lived(*strangers)[0].attempts) == MOST_ATTEMPTS


def test_a_typical_state_is_small():
    words = TextContent(text="Your order 4711 has been sent and will be with you on Thursday, 26 November. Thanks")
    steps = step(0, content=words, connection="viber"), step(1, content=words, connection="sms")
    plan = planned(*steps, guards=Guards(quiet_hours=LONDON_NIGHT))
    waiting, _ = lived((plan, 3600))
    under_way, _ = lived((plan, 3600), came("accepted", second=3600), told("sent"), told("sent", channel=Channel.VIBER))

    assert len(words.text) >= 80
    assert len(encode_message(waiting)) <= 400
    assert len(encode_message(under_way)) <= 400


def sentence(*events):
    return words_of([one for one in lived(*events)[1] if isinstance(one, DecisionMade)][-1])


@pytest.mark.parametrize(
    ("events", "words"),
    [
        pytest.param([planned()], "Viber sent at 10:00:00 because it is the first step; plan v3", id="first"),
        pytest.param(
            [planned(), TAKEN, (curable("expired", occurred=298, provider_code="3056"), 300)],
            "SMS sent at 10:05:00 because Viber reported expired (3056) at 10:04:58; plan v3",
            id="fallen back",
        ),
        pytest.param(
            [planned(), came("refused", error="RecipientUnreachable", code="7", may_fall_back=True)],
            "SMS sent at 10:00:00 because Viber was not taken, RecipientUnreachable (7), at 10:00:00; plan v3",
            id="refused",
        ),
        pytest.param(
            [planned(guards=Guards(quiet_hours=LONDON_NIGHT))],
            "Viber put off at 10:00:00 until 2026-11-21 10:30:00"
            " because these are quiet hours where the recipient is; plan v3",
            id="put off",
        ),
    ],
)
def test_a_decision_in_words(events, words):
    assert sentence(*events) == words


@pytest.mark.parametrize("message_id", [MESSAGE, "order-1", "ordre n° 1", "x" * 300, "a-1-0"])
def test_the_id_of_a_send_names_its_try(message_id):
    send_id = send_id_of(message_id, 1, 2)

    assert step_and_try(message_id, send_id) == (1, 2)
    assert len(send_id) <= 100
    assert send_id.replace("-", "").isalnum()
    assert step_and_try("another", send_id) is None
