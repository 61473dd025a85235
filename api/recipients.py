"""Phone numbers as callers write them, in the one form we keep."""

from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from runtime.countries import country_of


class Recipient(NamedTuple):
    """A number in E.164 and its country, which is null for numbers of none, such as satellite phones."""

    number: str
    country: str | None


@lru_cache(maxsize=4096)
def recipient_of(text: str) -> Recipient:
    """The recipient in `text`, which must be a whole international number; raises `ValueError`."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as exc:
        raise ValueError("write the number in international form with a plus, such as +447700900123") from exc
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise ValueError("the number is too short or too long for its country")
    text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Recipient(text, country_of(text))
