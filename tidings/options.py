"""Options that many commands have."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None, typer.Option(help="The settings file; else TIDINGS_CONFIG, else tidings.toml when there is one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Picture = Annotated[Path | None, typer.Option(metavar="FILE", help="Write what is shown into this file too, as SVG.")]
Seed = Annotated[int | None, typer.Option(help="The same seed plays the same lives; random when not given.")]

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(text: str | timedelta) -> timedelta:
    """A time written as `30m`, `24h`, `90d` or `4w`."""
    if isinstance(text, timedelta):
        return text
    found = re.fullmatch(r"(\d{1,4})([mhdw])", text)
    if not found:
        raise typer.BadParameter(f"{text} is not a time such as 30m, 24h, 90d or 4w")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def fraction(text: str | float) -> float:
    """A share written as `3%` or `0.03`."""
    written = str(text)
    try:
        number = float(written.removesuffix("%")) / (100 if written.endswith("%") else 1)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise typer.BadParameter(f"{text} is not a share such as 3% or 0.03")
    return number
