"""The spellings of time that Telesign uses beside ISO 8601."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from providers._kit.times import as_instant

_FRACTION = len("2020-05-04 22:07:01")
_HTTP_DATE = re.compile(
    r"(?:[A-Za-z]{3,9}, *)?([0-9]{1,2})[ -]([A-Za-z]{3})[ -]([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) *"
    r"(GMT|UTC|UT|Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
LONGEST_REMEMBERED = 50
"""What is longer is hardly a time, and must not fill our memory."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def telesign_instant(value: object) -> datetime | None:
    """The instant in any of the provider's spellings; null when it cannot be read.

    `2020-05-04 22:07:01:226` · `2020-05-04 22:06:03.837` · `2016-10-21T14:05:36.181346Z` ·
    `Thu, 23 Jun 2022 19:03:44 GMT`

    The documentation calls all of them RFC 3339. The first two give no zone; that they are UTC is inferred.
    """
    if not isinstance(value, str):
        return as_instant(value)
    return _read(value) if len(value) > LONGEST_REMEMBERED else _remembered(value)


def _read(value: str) -> datetime | None:
    text = value.strip()
    if text[_FRACTION : _FRACTION + 1] == ":" and text[4] == "-":
        text = f"{text[:_FRACTION]}.{text[_FRACTION + 1 :]}"
    moment = as_instant(text)
    if moment is None and (date := _HTTP_DATE.fullmatch(text)):
        return _from_http_date(date)
    return moment


_remembered = lru_cache(maxsize=512)(_read)
"""The entries of a callback and its whole mostly have one time."""


def _from_http_date(date: re.Match[str]) -> datetime | None:
    day, month, year, clock, zone = date.groups()
    if month.lower() not in _MONTHS:
        return None
    number = _MONTHS.index(month.lower()) + 1
    offset = zone if zone and zone[0] in "+-" else "Z"
    return as_instant(f"{year}-{number:02}-{day:0>2}T{clock}{offset}", zone=UTC)
