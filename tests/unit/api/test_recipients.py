"""Numbers come in as people write them and are kept in one form, with their country."""

import pytest

from api.recipients import recipient_of


@pytest.mark.parametrize(
    ("text", "number", "country"),
    [
        pytest.param("+447700900105", "+447700900105", "GB", id="as we keep it"),
        pytest.param("+44 7700 900-105", "+447700900105", "GB", id="with separators"),
        pytest.param("+44 (0) 7700 900105", "+447700900105", "GB", id="with the trunk prefix"),
        pytest.param("+1 415 555 0100", "+14155550100", "US", id="one code, many countries"),
        pytest.param("+1 416 555 0100", "+14165550100", "CA", id="the same code, another country"),
        pytest.param("+881 612 345678", "+881612345678", None, id="of no country"),
    ],
)
def test_a_number_is_kept_in_one_form(text, number, country):
    assert recipient_of(text) == (number, country)


@pytest.mark.parametrize(
    "text", ["", "+", "07700 900105", "447700900105", "+4477009", "+44770090010555", "ExampleShop"]
)
def test_what_is_no_whole_international_number_is_refused(text):
    with pytest.raises(ValueError, match=r"international form|too short or too long"):
        recipient_of(text)
