"""Instants as providers write them, read as aware UTC. What cannot be read is null, and the fact stands."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

# The shape only; the parser judges the digits. Ranges and not one class per digit, which costs twice the time.
_ISO = re.compile(
    r"[0-9-]{10}[Tt ](?:[0-9:]{5}|[0-9:]{8}(?:[.,][0-9]{1,20})?)( ?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_EPOCH = re.compile(r"[0-9]{10}|[0-9]{13}")
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)


def as_instant(value: object, *, zone: tzinfo = UTC) -> datetime | None:
    """The instant in `value`: ISO 8601 in its common spellings, or epoch seconds (10 digits) or milliseconds (13).

    Any number of fraction digits, cut at microseconds; offsets with and without a colon. A time without an offset is
    read in `zone`.
    """
    if value is None or isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    shape = _ISO.fullmatch(text)
    if shape is None:
        return _from_epoch(text) if _EPOCH.fullmatch(text) else None
    if shape[1] is None and zone is UTC:
        text += "Z"
    try:
        moment = _from_iso(text)
        if moment.tzinfo is UTC:
            return moment
        return (moment if shape[1] else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # a 30th of February, or the year 0 in another zone
        return None


def _from_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # lower-case letters, or a space before the offset
        return datetime.fromisoformat(text.upper().replace(" ", "T", 1).replace(" ", ""))


def _from_epoch(digits: str) -> datetime:
    milliseconds = int(digits) if len(digits) == 13 else int(digits) * 1000
    return _EPOCH_START + timedelta(milliseconds=milliseconds)
