"""What the API says of sends, held against the books: every way in which it may depart is named."""

from collections import Counter

import pytest

from contracts.vocabulary import Channel
from providers._kit.desk import Order
from tidings.demo.send_findings import differences_of_sends, differences_of_steps, taken_by_place
from tidings.simulation.fates import Fate, Fates, Mark
from tidings.simulation.sends import Books
from tidings.simulation.truth import Message

BALANCED = {"accepted": 2, "in_doubt": 0, "waiting": 0, "double_sends": 0}
NUMBERS = {"a-message": 1}


def books(*marks):
    order = Order(root_id="r", channels=(Channel.VIBER,), recipient="+447700900123", sender="ExampleShop")
    return Books.of([Message("telesign", "plans", order, (), mark=mark) for mark in marks])


ONCE_EACH = books(Mark(1, 0), Mark(1, 1))
TAKEN = Counter({(0, "telesign"): 1, (1, "telesign"): 1})


def test_what_is_as_in_the_books_has_no_differences():
    assert differences_of_sends(BALANCED, TAKEN, ONCE_EACH) == []


@pytest.mark.parametrize(
    ("balance", "taken", "kept", "says"),
    [
        pytest.param({}, TAKEN - Counter({(1, "telesign"): 1}), ONCE_EACH, "step 1 over telesign: 0", id="unknown"),
        pytest.param({}, TAKEN + Counter({(1, "infobip"): 1}), ONCE_EACH, "step 1 over infobip: 1", id="made up"),
        pytest.param({"in_doubt": 1}, TAKEN, ONCE_EACH, "in_doubt is 1", id="a doubt that nobody resolved"),
        pytest.param({"waiting": 1}, TAKEN, ONCE_EACH, "waiting is 1", id="a send of which nothing is told"),
        pytest.param({"double_sends": 1}, TAKEN, ONCE_EACH, "double_sends is 1", id="told to have left twice"),
        pytest.param(
            {},
            Counter({(0, "telesign"): 2}),
            books(Mark(1, 0), Mark(1, 0)),
            "step 0 of message 1 left 2 times",
            id="it left twice, whatever is told",
        ),
    ],
)
def test_a_difference_is_named(balance, taken, kept, says):
    found = differences_of_sends({**BALANCED, **balance}, taken, kept)

    assert len(found) == 1
    assert says in found[0]


@pytest.mark.parametrize(
    ("fate", "left", "differences"),
    [
        pytest.param(Fate.SILENT, {0, 1}, 0, id="both had to leave and did"),
        pytest.param(Fate.SILENT, {0}, 1, id="the fallback did not leave"),
        pytest.param(Fate.ARRIVES, {0}, 0, id="the first was enough"),
        pytest.param(Fate.ARRIVES, {0, 1}, 0, id="a second that left before the news is counted and no difference"),
        pytest.param(Fate.ARRIVES, set(), 1, id="nothing left"),
    ],
)
def test_the_steps_that_had_to_leave_did(fate, left, differences):
    kept = books(*(Mark(1, step) for step in left))

    assert len(differences_of_steps(NUMBERS, kept, Fates(7, first={fate: 1}))) == differences


def test_only_sends_that_were_taken_are_counted():
    rows = [
        {"step": 0, "provider": "telesign", "outcome": "accepted", "send_count": 3},
        {"step": 0, "provider": "telesign", "outcome": "refused", "send_count": 2},
        {"step": 0, "provider": "telesign", "outcome": "accepted", "send_count": 1},
    ]

    assert taken_by_place(rows) == {(0, "telesign"): 4}
