"""What may be shown of a person."""

import pytest

from contracts.people import masked, recipient_hash


@pytest.mark.parametrize(
    ("recipient", "shown"),
    [
        pytest.param("+447700900123", "+44********23", id="country and last two digits"),
        pytest.param("+4412", "*****", id="a short number is hidden whole"),
        pytest.param("", "", id="nothing to hide"),
        pytest.param(None, "", id="no recipient"),
    ],
)
def test_numbers_are_masked(recipient, shown):
    assert masked(recipient) == shown


def test_a_pseudonym_is_stable_and_depends_on_the_key():
    assert recipient_hash(b"a", "+447700900123") == recipient_hash(b"a", "+447700900123")
    assert recipient_hash(b"a", "+447700900123") != recipient_hash(b"b", "+447700900123")
    assert recipient_hash(b"a", "+447700900123") != recipient_hash(b"a", "+447700900124")
