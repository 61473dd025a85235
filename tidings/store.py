"""`tidings store`: what the store keeps of the past, and up to when it has dropped facts."""

import json
from dataclasses import asdict
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from analytics.holdings import Holdings, holdings
from runtime.settings import Settings, load_settings


def show_store(config: Path | None, *, as_json: bool) -> None:
    """Rows by table, since when, and what was let go. Raises `StoreUnavailable` when there is no store to be read."""
    settings = load_settings(config)
    held = holdings(settings)
    if as_json:
        typer.echo(json.dumps(asdict(held) | {"keep_days": settings.store.keep_days}, indent=2, default=_written))
        return
    table = Table("table", "rows")
    for name, count in sorted(held.rows.items()):
        table.add_row(name, str(count))
    Console().print(table)
    typer.echo(f"{held.told}: {_kept(held, settings)}")


def _kept(held: Holdings, settings: Settings) -> str:
    since = held.oldest_at.isoformat(timespec="seconds") if held.oldest_at else "nothing is kept"
    days = settings.store.keep_days
    rule = f"facts are dropped after {days} days" if days else "nothing is dropped (store.keep_days is 0)"
    if held.forgotten_before is None:
        return f"facts since {since}; {rule}, and none were so far"
    before = held.forgotten_before.isoformat(timespec="seconds")
    return f"facts since {since}; {rule}, and {held.forgotten_rows} of before {before} were"


def _written(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
