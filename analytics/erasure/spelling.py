"""How a person can stand in bytes, and the same bytes without the person.

A telephone number is looked for in each way in which people and programs write it: with and without plus, with zeros
for the plus, national, with separators between the digits, in an address, as base64. The country stays, the digits
behind it become zeros, and nines where the country is not written: what is left is a number of nobody, as long as
before and as well formed, because JSON has no numbers that begin with zero. An id that a provider gives is looked for
as it is, and as JSON, addresses and base64 have it.
"""

import json
import math
import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

import phonenumbers

from contracts.errors import ConfigurationInvalid

SEPARATOR = r"(?:%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|&[a-z]+;|[^!-'*,0-9:-^`-~])"
"""A space, bracket, hyphen, point, stroke, plus or underline, or what is not ASCII; also as addresses, JSON and HTML
write them. No comma, colon or quotation mark: those stand between numbers, not in them."""
BETWEEN = SEPARATOR + "{0,4}"
ALONE = r"(?:(?<![0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4}))"
"""Not within a longer row of digits."""
ESCAPE_OR_DIGIT = re.compile(rb"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|[0-9]")
GLUED_DIGITS = 11
"""So many digits of a whole number are found in a longer row of digits, too: by chance they hardly stand there."""
BARE_DIGITS = 9
"""A national number needs so many to be found without its zero or country, or it would be found in ids of others."""
NOTHING = "(?!)"
SHORTEST_ID = 6
SHORTEST_BASE64 = 9
"""Characters; fewer would be found by chance."""


class Spelling:
    """One person: a number in E.164, or an id. Raises `ConfigurationInvalid` for what cannot be looked for."""

    def __init__(self, person: str) -> None:
        self.person = person
        if person.startswith("+"):
            hint, whole = _number(person)
        else:
            hint = whole = _id(person)
        self.hint = hint
        """In DuckDB's dialect of regular expressions, too: what does not match it does not hold the person."""
        self._hint = re.compile(hint.encode())
        self._whole = re.compile(whole.encode())

    def may_stand_in(self, data: bytes | memoryview) -> bool:
        """Quick: false is certain, true is not."""
        return self._hint.search(data) is not None

    def stands_in(self, data: bytes) -> bool:
        return self.may_stand_in(data) and self._whole.search(data) is not None

    def blanked(self, data: bytes) -> bytes:
        """The same bytes, as many, without the person."""
        return self._whole.sub(self._blank, data) if self.may_stand_in(data) else data

    def _blank(self, found: re.Match[bytes]) -> bytes:
        if not self.person.startswith("+"):
            return b"x" * len(found[0])
        if found["base64"] is not None:
            return b"A" * len(found[0])
        country = found["glued"] or found["abroad"] or b""
        digit = b"0" if country else b"9"
        rest = found[0].removeprefix(country)
        return country + ESCAPE_OR_DIGIT.sub(lambda one: digit if len(one[0]) == 1 else one[0], rest)


def _number(person: str) -> tuple[str, str]:
    """What is looked for, roughly and exactly."""
    try:
        number = phonenumbers.parse(person, None)
    except phonenumbers.NumberParseException as exc:
        raise ConfigurationInvalid(f"this is no number in international form: {exc}") from exc
    country, national = str(number.country_code), phonenumbers.national_significant_number(number)
    digits, base64 = BETWEEN.join(national), list(_in_base64(national.encode()))
    is_glued = len(country + national) >= GLUED_DIGITS
    abroad = f"(?P<abroad>(?:00{BETWEEN})?{country}){BETWEEN}(?:0{BETWEEN})?"
    before = f"(?:{abroad}|0{BETWEEN})" + ("?" if len(national) >= BARE_DIGITS else "")
    ways = [rf"{ALONE}{before}{digits}(?![0-9])", f"(?P<base64>{'|'.join(base64) or NOTHING})"]
    glued = f"(?P<glued>{country if is_glued else NOTHING}){national}"
    return "|".join([digits, *base64]), "|".join([glued, *ways])


def _id(person: str) -> str:
    if len(person) < SHORTEST_ID:
        raise ConfigurationInvalid(f"an id of fewer than {SHORTEST_ID} characters would be found everywhere")
    in_json = json.dumps(person)[1:-1]
    plain = {person, in_json, in_json.replace("/", r"\/"), json.dumps(person, ensure_ascii=False)[1:-1]}
    plain |= {re.sub(r"[=+/]", lambda sign: f"\\u{ord(sign[0]):04x}", person)}
    in_address = quote(person, safe="")
    plain |= {in_address, re.sub(r"%[0-9A-F]{2}", lambda sign: sign[0].lower(), in_address)}
    ways = [re.escape(way) for way in sorted(plain, key=len, reverse=True)]
    return "|".join([*ways, *_in_base64(person.encode())])


def _in_base64(data: bytes) -> Iterator[str]:
    """The characters that `data` alone decides, at each of the three places where it may begin."""
    for shift in range(3):
        first, end = math.ceil(8 * shift / 6), 8 * (shift + len(data)) // 6
        written = b64encode(b"\0" * shift + data).decode()[first:end]
        if len(written) >= SHORTEST_BASE64:
            yield re.escape(written)
