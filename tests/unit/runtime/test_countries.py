"""The country of a number, as the numbering plans have it."""

import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from runtime.countries import country_of


@pytest.mark.parametrize(
    ("number", "country"),
    [
        pytest.param("+447700900105", "GB", id="a fictional number has the main country of its code"),
        pytest.param("+447700300123", "JE", id="an island in the same plan"),
        pytest.param("+12025550123", "US", id="the United States"),
        pytest.param("+14165550123", "CA", id="Canada shares their code"),
        pytest.param("+77011234567", "KZ", id="Kazakhstan shares Russia's code"),
        pytest.param("+390669812345", "VA", id="the leading zero is part of an Italian number"),
        pytest.param("+380501234567", "UA", id="a code of one country"),
        pytest.param("+8821612345678", None, id="a satellite is in no country"),
        pytest.param("+999123456", None, id="a code that is none"),
        pytest.param("+1", "US", id="too short to tell"),
        pytest.param("+", None, id="nothing behind the plus"),
        pytest.param("", None, id="nothing"),
        pytest.param("+٤٤٧٧٠٠", None, id="digits of another script"),
        pytest.param("+44" + "7" * 500, "GB", id="far too long"),
        pytest.param(None, None, id="no number"),
    ],
)
def test_country_of(number, country):
    assert country_of(number) == country


def test_the_beginning_decides_as_the_whole_number_would():
    """For a valid number of each country and kind, and others that begin the same."""
    chance = random.Random(7)
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    examples = [
        phonenumbers.example_number_for_type(region, kind)
        for region in phonenumbers.SUPPORTED_REGIONS
        for kind in kinds
    ]
    numbers = [phonenumbers.format_number(one, PhoneNumberFormat.E164) for one in examples if one]
    numbers += [number[:-3] + f"{chance.randrange(1000):03d}" for number in numbers]

    wrong = {
        (number, country, country_of(number))
        for number in numbers
        if (country := phonenumbers.region_code_for_number(phonenumbers.parse(number)))
        not in (None, country_of(number))
    }

    assert wrong == set()
