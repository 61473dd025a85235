"""`tidings snapshot`: the copies of the store to fall back on, and whether they can be read."""

import json
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from analytics.store.inventory import inspect
from analytics.store.snapshots import Snapshot, Snapshots
from contracts.errors import StoreDamaged
from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.settings import load_settings
from tidings.at_work import at_work

NONE_YET = "no snapshot yet; the api process makes one every store.snapshot_every_s"


def show_snapshots(config: Path | None, *, as_json: bool) -> None:
    """Every snapshot, the newest first."""
    rows = [_described(snapshot) for snapshot in _snapshots(config)]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("made", "batch", "bytes", "file")
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("made_at", "batch_id", "bytes", "file")))
    Console().print(table if rows else NONE_YET)


def verify_snapshots(config: Path | None, *, as_json: bool) -> Exit:
    """Read every snapshot through; each goes to standard output with what it holds, or what is wrong with it."""
    with at_work("reading every copy of the store"):
        rows = [_described(snapshot) | _verdict(snapshot) for snapshot in _snapshots(config)]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            typer.echo(f"{row['file']}: {row['wrong'] or str(row['rows']) + ' rows, every one can be read'}")
    if not rows:
        typer.echo(NONE_YET, err=True)
    return Exit.FAILED if any(row["wrong"] for row in rows) or not rows else Exit.DONE


def _snapshots(config: Path | None) -> list[Snapshot]:
    return Snapshots(load_settings(config), SystemClock()).newest_first()


def _described(snapshot: Snapshot) -> dict[str, str | int]:
    return {
        "made_at": snapshot.made_at.isoformat(timespec="seconds"),
        "batch_id": snapshot.batch_id,
        "bytes": snapshot.size,
        "file": str(snapshot.path),
    }


def _verdict(snapshot: Snapshot) -> dict[str, str | int]:
    try:
        return {"rows": sum(inspect(snapshot.path).rows.values()), "wrong": ""}
    except StoreDamaged as exc:
        return {"rows": 0, "wrong": str(exc)}
