"""Whom one may write to, by the wishes that stand."""

import pytest

from contracts.codec import encode
from contracts.suppressions import SuppressionList, key_of, suppression_key
from tests.support.wishes import PERSON, SHOP, wish


def list_of(*wishes) -> SuppressionList:
    made = SuppressionList()
    for one in wishes:
        made.take(key_of(one), encode(one))
    return made


@pytest.mark.parametrize(
    ("wishes", "is_forbidden"),
    [
        pytest.param([], False, id="who said nothing may be written to"),
        pytest.param([wish("stop")], True, id="who left is not written to"),
        pytest.param([wish("start")], False, id="who came back may be"),
        pytest.param([wish("stop", sender=None)], True, id="who left all senders has left this one"),
        pytest.param([wish("stop", sender="OtherShop")], False, id="who left another sender has not left this one"),
        pytest.param([wish("stop", recipient="+447700900106")], False, id="somebody else"),
        pytest.param([wish("stop", account="other")], False, id="another account"),
        pytest.param(
            [wish("stop", sender=None, at_s=1), wish("start", at_s=2)],
            False,
            id="back to one after leaving all",
        ),
        pytest.param(
            [wish("start", at_s=1), wish("stop", sender=None, at_s=2)], True, id="leaving all leaves this one again"
        ),
        pytest.param([wish("stop"), wish("start", sender=None)], True, id="at the same time a stop stands"),
        pytest.param([wish("stop", sender="EXAMPLESHOP")], True, id="the sender in another case"),
    ],
)
def test_the_newest_wish_decides(wishes, is_forbidden):
    found = list_of(*wishes).find("default", SHOP, recipient=PERSON)

    assert (found is not None) == is_forbidden


def test_it_tells_which_wish_forbids():
    assert list_of(wish("stop", at_s=3)).find("default", SHOP, recipient=PERSON) == wish("stop", at_s=3)


def test_a_tombstone_forgets():
    kept = list_of(wish("stop"))
    kept.take(key_of(wish()), None)

    assert len(kept) == 0


@pytest.mark.parametrize(
    ("sender", "key"),
    [
        pytest.param("ExampleShop", b"default:exampleshop:+447700900105", id="a name"),
        pytest.param("+447700900900", b"default:447700900900:+447700900105", id="a number, with its plus or without"),
        pytest.param(None, b"default:*:+447700900105", id="all senders"),
        pytest.param(" ", b"default:*:+447700900105", id="an empty name is none"),
    ],
)
def test_the_key_names_account_sender_and_person(sender, key):
    assert suppression_key("default", sender, PERSON) == key
