"""How facts look: templates, and the words and marks that stand for numbers, times and statuses."""

from datetime import UTC, datetime
from math import floor
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.problems import Kind
from contracts.status import BAD_ENDS, DeliveryStatus
from contracts.vocabulary import Verdict

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"
NOTHING = "\u2013"

VERDICTS = {
    Verdict.APPLIED: "moved the attempt",
    Verdict.REPEATED: "had been said before",
    Verdict.OUTRANKED: "true, and changed nothing",
    Verdict.PARKED: "waits for its registration",
    Verdict.UNCLAIMED: "its registration did not come in time",
}


def number(value: float | None) -> str:
    """`12,345`."""
    return NOTHING if value is None else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """`97.4 %`; never 100 % for what is only nearly so."""
    if value is None:
        return NOTHING
    # The inner rounding undoes what binary fractions do to 0.57; the outer one always goes down.
    return f"{floor(round(value * 1000, 6)) / 10:.1f}\u00a0%"


def duration(ms: float | None) -> str:
    """`840 ms`, `2.5 s`, `4 min`, `3.2 h`."""
    if ms is None:
        return NOTHING
    for limit, unit_ms, unit, digits in ((1000, 1, "ms", 0), (60_000, 1000, "s", 1), (3_600_000, 60_000, "min", 1)):
        if abs(ms) < limit:
            return f"{ms / unit_ms:.{digits}f}\u00a0{unit}"
    return f"{ms / 3_600_000:.1f}\u00a0h"


def clock_time(moment: datetime | None) -> str:
    """`10:00:01`, in UTC."""
    return NOTHING if moment is None else f"{moment.astimezone(UTC):%H:%M:%S}"


def full_time(moment: datetime | None) -> str:
    """`2026-11-21 10:00:01.250`, in UTC."""
    return NOTHING if moment is None else moment.astimezone(UTC).isoformat(" ", "milliseconds").removesuffix("+00:00")


def look(status: DeliveryStatus) -> str:
    """The class of a status in the style sheet."""
    if status in BAD_ENDS:
        return "ended-badly"
    return status.value


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (number, percent, duration, clock_time, full_time, look)
    made.filters |= {each.__name__: each for each in filters} | {"verdict": VERDICTS.__getitem__}
    return made


ENVIRONMENT = _environment()


def render(template: str, *, status: int = 200, **facts: object) -> HTMLResponse:
    """The page that `template` makes of `facts`."""
    return HTMLResponse(ENVIRONMENT.get_template(template).render(facts), status)


def render_problem(_request: Request, problem: dict[str, Any]) -> HTMLResponse:
    """A problem, for a person."""
    return render("problem.html", status=problem["status"], problem=problem)


def render_kind(kind: Kind) -> HTMLResponse:
    """What a kind of problem means."""
    return render("kind.html", kind=kind)
