"""Amounts, exact: never through a binary float."""

import re
from decimal import Decimal

_AMOUNT = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?(?:[eE][+-]?[0-9])?")


def as_decimal(value: object) -> Decimal | None:
    """An amount of at most 12 digits before and after the point, from text or number; null for anything else.

    Java writes small doubles as `5.0E-4`, so one digit of exponent is read; not more, because `1E+999999999` is twelve
    bytes here and a gigabyte in whoever writes it out.
    """
    if isinstance(value, bool):
        return None
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text := text.strip()):
        return None
    return Decimal(text)
