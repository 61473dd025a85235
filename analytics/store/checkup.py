"""A look at the store from outside, beside the process that has it open or without one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from analytics.store.database import beside, explained
from analytics.store.migrations import load_steps
from analytics.store.recovery import DAMAGED
from analytics.store.snapshots import Snapshots
from contracts.errors import StoreUnavailable
from runtime.clock import Clock
from runtime.settings import Settings


@dataclass(frozen=True)
class Checkup:
    """What can be told without reading the rows."""

    path: Path
    is_there: bool
    is_held: bool
    """Another process has it open, which nobody else can then."""
    trouble: str
    """Why it cannot be opened; empty when it can, or is."""
    suspicion: str
    """Why the next start will read all of it before it is trusted; empty when it will not."""
    step: int | None
    """The newest change of shape it has had; null when nobody could look."""
    known_step: int
    """The newest that this Tidings knows."""
    aside: tuple[Path, ...]
    """Files that were damaged and are kept for people."""
    snapshot_at: datetime | None
    """When its newest copy was made."""


def check_up(settings: Settings, clock: Clock) -> Checkup:
    """How the store is; changes nothing and raises nothing of what may be wrong with it."""
    path = settings.data_dir / settings.store.path
    mark = beside(path, ".suspect")
    step, trouble, is_held = _look_inside(path) if path.exists() else (None, "", False)
    newest = next(iter(Snapshots(settings, clock).newest_first()), None)
    return Checkup(
        path=path,
        is_there=path.exists(),
        is_held=is_held,
        trouble=trouble,
        suspicion=mark.read_text(encoding="utf-8") if mark.exists() else "",
        step=step,
        known_step=max(load_steps()),
        aside=tuple(sorted(path.parent.glob(f"{path.name}{DAMAGED}*"))),
        snapshot_at=newest.made_at if newest else None,
    )


def _look_inside(path: Path) -> tuple[int | None, str, bool]:
    """The newest change of shape, else why it is not known, and whether that is only because somebody has it open."""
    try:
        with explained(path), duckdb.connect(path, read_only=True) as connection:
            [(step,)] = connection.execute("SELECT max(step) FROM schema_version").fetchall()
    except StoreUnavailable as exc:
        is_held = "another process has it open" in str(exc)
        return None, "" if is_held else str(exc), is_held
    return step, "", False
