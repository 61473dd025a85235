"""Long lists a page at a time: a cursor says behind which row the next page begins, and callers need not read it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec

from analytics.questions import Place
from api.problems import INVALID, FieldError, Refused

LONGEST_CURSOR = 200
ATTEMPTS_VERSION = 7
"""Of the UUIDs that name attempts."""

Row = Mapping[str, Any]


def cursor_after(rows: Sequence[Row], time: str, *, limit: int) -> str | None:
    """The cursor of the page behind `rows`, by their member `time`; null when they are the last."""
    if len(rows) < limit:
        return None
    last = rows[-1]
    place = Place(last[time], last["kafka_partition"], last["kafka_offset"])
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_in(cursor: str | None) -> Place | None:
    """Where the page begins that `cursor` asks for; raises the problem that says what to do with one that is none."""
    if cursor is None:
        return None
    try:
        place = msgspec.json.decode(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)), type=Place)
        return place._replace(at=place.at.astimezone(UTC))
    except (msgspec.MsgspecError, ValueError, OverflowError) as exc:  # the calendar ends, and a zone may lead beyond
        raise _invalid() from exc


def cursor_of(attempt_id: str | None) -> str | None:
    """The cursor of the page behind an attempt; null when there is none."""
    return None if attempt_id is None else urlsafe_b64encode(UUID(attempt_id).bytes).decode().rstrip("=")


def attempt_in(cursor: str | None) -> str | None:
    """The attempt behind which the page begins; raises the problem that says what to do with what is no cursor."""
    if cursor is None:
        return None
    try:
        attempt = UUID(bytes=urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except ValueError as exc:
        raise _invalid() from exc
    if attempt.version != ATTEMPTS_VERSION:
        raise _invalid()
    return str(attempt)


def _invalid() -> Refused:
    detail = "Send `next_cursor` of the answer before, as it came; without one the list begins at its newest"
    return Refused(INVALID, errors=[FieldError(place="query", member="cursor", rule="cursor_invalid", detail=detail)])
