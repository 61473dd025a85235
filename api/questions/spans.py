"""Spans of time as they are asked about: which make sense, and which problem names those that do not."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from api.problems import INVALID, FieldError, Refused

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)
RULE = "span_not_sensible"

Place = Literal["body", "query"]


def span_of(
    asked: tuple[datetime | None, datetime | None],
    now: datetime,
    *,
    usual: timedelta,
    longest: timedelta,
    advice: str,
    place: Place = "query",
) -> tuple[datetime, datetime]:
    """From when to when: up to now unless it is said, and as long as is `usual`.

    Raises the problem that names what makes no sense, and for a span over `longest` says what to do about it.
    """
    from_, to = asked
    require_sensible(from_, to, now, place=place)
    to = to or now
    from_ = from_ or to - usual
    require_sensible(from_, to, now, place=place)
    if to - from_ > longest:
        raise _refusal(
            {"from": f"The span may have {longest // A_DAY} {'day' if longest == A_DAY else 'days'}; {advice}"}, place
        )
    return from_, to


def require_sensible(from_: datetime | None, to: datetime | None, now: datetime, *, place: Place = "query") -> None:
    """Raises the problem that names the moments that make no sense; null leaves a side open."""
    given = {"from": from_, "to": to}
    wrong = {
        member: "The time must lie between the year 2000 and tomorrow"
        for member, moment in given.items()
        if moment is not None and not EARLIEST <= moment <= now + A_DAY
    }
    if from_ and to and from_ >= to:
        wrong.setdefault("from", "The span must begin before it ends")
    if wrong:
        raise _refusal(wrong, place)


def _refusal(wrong: dict[str, str], place: Place) -> Refused:
    errors = [FieldError(place=place, member=member, rule=RULE, detail=detail) for member, detail in wrong.items()]
    return Refused(INVALID, errors=errors)
