"""A person is found however the person is written, and nobody else is."""

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.erasure.spelling import Spelling
from contracts.errors import ConfigurationInvalid

NUMBER = "+447700900105"
BLANK = "+440000000000"
VIBER = "01234/567+89A=="


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        pytest.param("+447700900105", "+440000000000", id="E.164"),
        pytest.param("447700900105", "440000000000", id="without the plus"),
        pytest.param("00447700900105", "00440000000000", id="with zeros for the plus"),
        pytest.param("07700900105", "99999999999", id="national"),
        pytest.param("7700900105", "9999999999", id="national without its zero"),
        pytest.param("%2B447700900105", "%2B440000000000", id="in an address"),
        pytest.param("%20447700900105", "%20440000000000", id="behind a space in an address"),
        pytest.param("%2B44%207700%20900105", "%2B44%200000%20000000", id="with spaces in an address"),
        pytest.param("07700 900 105", "99999 999 999", id="with spaces"),
        pytest.param("(07700) 900-105", "(99999) 999-999", id="with brackets and hyphens"),
        pytest.param("+44 (0) 7700.900.105", "+44 (0) 0000.000.000", id="with a zero in brackets"),
        pytest.param("07700\u00a0900\u2011105", "99999\u00a0999\u2011999", id="with what is not ASCII between"),
        pytest.param("\\u002b447700900105", "\\u002b440000000000", id="escaped in JSON"),
        pytest.param("20261121447700900105", "20261121440000000000", id="glued to other digits"),
    ],
)
def test_every_spelling_is_found_and_blanked(text, blanked):
    spelling, data = Spelling(NUMBER), f'{{"to": "{text}", "n": 1}}'.encode()

    assert spelling.stands_in(data)
    assert spelling.blanked(data) == f'{{"to": "{blanked}", "n": 1}}'.encode()
    assert not spelling.stands_in(spelling.blanked(data))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("+447700900106", id="another number"),
        pytest.param("107700900105", id="an id that ends so"),
        pytest.param("77009001055", id="an id that begins so"),
        pytest.param('7700", "900105', id="two members that meet"),
        pytest.param("7700,900105", id="two numbers that meet"),
        pytest.param("1763719200105", id="a time in milliseconds"),
    ],
)
def test_what_is_somebody_elses_stays(text):
    spelling, data = Spelling(NUMBER), f'{{"id": "{text}"}}'.encode()

    assert not spelling.stands_in(data)
    assert spelling.blanked(data) == data


def test_a_number_in_json_stays_a_number():
    data = Spelling(NUMBER).blanked(b'{"to": 447700900105, "national": 7700900105}')

    assert json.loads(data) == {"to": 440000000000, "national": 9999999999}


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_base64_is_found_wherever_the_number_begins(before):
    spelling, data = Spelling(NUMBER), b64encode(f"{before}{NUMBER} and more".encode())

    assert spelling.stands_in(data)
    assert len(spelling.blanked(data)) == len(data)
    assert not spelling.stands_in(spelling.blanked(data))


def test_a_short_national_number_needs_its_zero_or_country():
    """Eight digits stand in the ids of others by chance."""
    spelling = Spelling("+4520123456")

    assert spelling.stands_in(b"+4520123456")
    assert not spelling.stands_in(b'{"message_id": 20123456}')


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(VIBER, id="as it is"),
        pytest.param(VIBER.replace("/", "\\/"), id="with a stroke escaped in JSON"),
        pytest.param(VIBER.replace("=", "\\u003d").replace("/", "\\u002f").replace("+", "\\u002b"), id="as JSON may"),
        pytest.param("01234%2F567%2B89A%3D%3D", id="in an address"),
        pytest.param("01234%2f567%2b89A%3d%3d", id="in an address, in small letters"),
        pytest.param(b64encode(VIBER.encode()).decode(), id="as base64"),
    ],
)
def test_an_id_is_found_and_blanked(text):
    spelling, data = Spelling(VIBER), f'{{"user": "{text}"}}'.encode()

    assert spelling.stands_in(data)
    assert not spelling.stands_in(spelling.blanked(data))
    assert len(spelling.blanked(data)) == len(data)


@pytest.mark.parametrize("person", ["+", "+44", "abc", "+999999999999999999"])
def test_what_cannot_be_looked_for_is_refused(person):
    with pytest.raises(ConfigurationInvalid):
        Spelling(person)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_what_stands_around_a_person_stays(before, after):
    spelling = Spelling(NUMBER)
    data = before + b' "' + NUMBER.encode() + b'" ' + after
    blanked = spelling.blanked(data)

    assert not spelling.stands_in(blanked)
    assert blanked == spelling.blanked(before) + b' "' + BLANK.encode() + b'" ' + spelling.blanked(after)
