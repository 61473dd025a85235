"""Instants as providers write them, read as aware UTC. What cannot be read is null, and the fact stands."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,20})?)?"
    r"( ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_EPOCH = re.compile(r"[0-9]{10}|[0-9]{13}")
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def as_instant(value: object, *, zone: tzinfo = UTC) -> datetime | None:
    """The instant in `value`: ISO 8601 in its common spellings, or epoch seconds (10 digits) or milliseconds (13).

    Any number of fraction digits, cut at microseconds; offsets with and without a colon. A time without an offset is
    read in `zone`.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    shape = _ISO.fullmatch(text)
    if shape is None:
        return _from_epoch(text) if _EPOCH.fullmatch(text) else None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))
        return (moment if shape[1] else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # a 30th of February, or the year 0 in another zone
        return None


def _from_epoch(digits: str) -> datetime:
    milliseconds = int(digits) if len(digits) == 13 else int(digits) * 1000
    return _EPOCH_START + timedelta(milliseconds=milliseconds)
