"""How facts look: templates, and the words and marks that stand for numbers, times and statuses."""

from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from math import floor
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.page.notices import Notice
from api.problems import Kind
from contracts.status import BAD_ENDS, DeliveryStatus
from contracts.vocabulary import Verdict

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"
NOTHING = "\u2013"
THEME_COOKIE = "tidings_theme"
THEMES = {"light": "Light", "dark": "Dark"}
ZONE: ContextVar[tzinfo] = ContextVar("zone", default=UTC)
"""In which times are shown while a template is rendered; imported macros do not see what templates are given."""

NOT_DONE = Notice("You were not signed in any more, so nothing was done. Sign in, and do it again.", is_good=False)
VERDICTS = {
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
    """`10:00:01`."""
    return NOTHING if moment is None else f"{moment.astimezone(ZONE.get()):%H:%M:%S}"


def full_time(moment: datetime | None) -> str:
    """`2026-11-21 10:00:01.250`."""
    if moment is None:
        return NOTHING
    return moment.astimezone(ZONE.get()).replace(tzinfo=None).isoformat(" ", "milliseconds")


def day_clock(moment: datetime | None) -> str:
    """`21 Nov 10:00:01`."""
    return NOTHING if moment is None else f"{moment.astimezone(ZONE.get()):%-d %b %H:%M:%S}"


def day_time(moment: datetime | None) -> str:
    """`21 Nov 10:00`."""
    return NOTHING if moment is None else f"{moment.astimezone(ZONE.get()):%-d %b %H:%M}"


def day(moment: datetime | None) -> str:
    """`21 Nov`."""
    return NOTHING if moment is None else f"{moment.astimezone(ZONE.get()):%-d %b}"


def size(count: int | None) -> str:
    """`840 B`, `2.5 MB`."""
    if count is None:
        return NOTHING
    for power, unit in enumerate(("B", "kB", "MB", "GB")):
        if count < 1000 ** (power + 1):
            return f"{count / 1000**power:.{min(power, 1)}f}\u00a0{unit}"
    return f"{count / 1000**4:.1f}\u00a0TB"


def plain(word: object) -> str:
    """A word of the vocabulary as people write it: `ended badly`."""
    return NOTHING if word is None else str(word).replace("_", " ")


def look(status: DeliveryStatus) -> str:
    """The class of a status in the style sheet."""
    if status in BAD_ENDS:
        return "ended-badly"
    return status.value


def amount(value: Decimal | None) -> str:
    """`0.0124`; never in powers of ten, and without needless zeros behind the cents."""
    if value is None:
        return NOTHING
    text = f"{value:.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{int(whole):,}.{cents:0<2}"


def told_in(value: float | None, unit: str) -> str:
    """A value of a signal: a share, or seconds."""
    return percent(value) if unit == "share" else duration(None if value is None else value * 1000)


def count_of(count: int, noun: str) -> str:
    """`1 item`, `3 items`."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def _in_path(text: str) -> str:
    """As one piece of a path."""
    return quote(text, safe="")


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        number,
        percent,
        duration,
        clock_time,
        full_time,
        day_clock,
        day_time,
        size,
        plain,
        look,
        amount,
        told_in,
        count_of,
    )
    made.filters |= {each.__name__: each for each in filters} | {"verdict": VERDICTS.__getitem__, "in_path": _in_path}
    return made


ENVIRONMENT = _environment()


def rendered(template: str, zone: tzinfo = UTC, **facts: object) -> str:
    """What `template` makes of `facts`, with times in `zone`."""
    before = ZONE.set(zone)
    try:
        return ENVIRONMENT.get_template(template).render(facts)
    finally:
        ZONE.reset(before)


def render(template: str, *, status: int = 200, zone: tzinfo = UTC, **facts: object) -> HTMLResponse:
    """The same as an answer."""
    return HTMLResponse(rendered(template, zone, **facts), status)


def render_problem(request: Request, problem: dict[str, Any]) -> HTMLResponse:
    """A problem, for a person; whoever has not signed in may do so at once, and goes on where they wanted to."""
    if problem["status"] == 401:
        return render("sign_in.html", status=401, notice=_not_done(request), then=_address(request))
    return render("problem.html", status=problem["status"], problem=problem)


def _not_done(request: Request) -> Notice | None:
    """What is to be said to whoever wanted to do something, and was not signed in any more."""
    return None if request.method == "GET" else NOT_DONE


def render_kind(kind: Kind) -> HTMLResponse:
    """What a kind of problem means."""
    return render("kind.html", kind=kind)


def _address(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
