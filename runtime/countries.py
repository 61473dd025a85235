"""The country of a number. A look into the numbering plans costs more than all the rest of a report, so each beginning
of a number is looked up once.
"""

from contextlib import suppress
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, region_code_for_country_code, region_code_for_number

DECIDING_DIGITS = {1: 4, 7: 1, 39: 5, 44: 5, 47: 2}
"""By calling code: how many digits behind it tell the countries that share it apart."""
DECIDING_DIGITS_ELSEWHERE = 6
NO_COUNTRY = "001"
"""What the library calls satellite and other worldwide codes."""


def country_of(number: str | None) -> str | None:
    """ISO 3166 alpha-2 for a number in E.164 with its plus; null when it belongs to no country.

    A number that fits no plan has the main country of its calling code, which is where somebody would look for it.
    """
    if number is None:
        return None
    code = _calling_code(number[1:4])
    if code is None:
        return None
    shared = len(COUNTRY_CODE_TO_REGION_CODE[code]) > 1
    digits = DECIDING_DIGITS.get(code, DECIDING_DIGITS_ELSEWHERE) if shared else 0
    return _country(code, number[: 1 + len(str(code)) + digits], len(number))


@lru_cache(maxsize=4096)
def _calling_code(digits: str) -> int | None:
    """The calling code that `digits` begin with: no code is the beginning of another."""
    for length in (1, 2, 3):
        if digits[:length].isascii() and digits[:length].isdecimal():
            code = int(digits[:length])
            if code in COUNTRY_CODE_TO_REGION_CODE:
                return code
    return None


@lru_cache(maxsize=65_536)
def _country(code: int, beginning: str, length: int) -> str | None:
    """The country of the numbers with this beginning: of the first made-up one that fits a numbering plan."""
    main = region_code_for_country_code(code)
    if len(COUNTRY_CODE_TO_REGION_CODE[code]) > 1:
        for filler in "2345678901":
            with suppress(phonenumbers.NumberParseException):  # too short or too long for any plan
                if region := region_code_for_number(phonenumbers.parse(beginning.ljust(length, filler))):
                    return region
    return None if main == NO_COUNTRY else main
