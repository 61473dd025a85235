"""`tidings simulate`: plays against a running installation and says what must be true afterwards."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import randbelow

import stamina.instrumentation
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from contracts.errors import ConfigurationInvalid
from runtime.clock import Clock, SystemClock
from runtime.exits import Exit
from runtime.settings import load_settings
from tidings.installation import Installation
from tidings.simulation.author import LONGEST_TAIL_S
from tidings.simulation.ledger import Ledger, Tally
from tidings.simulation.outcome import Outcome
from tidings.simulation.post import Doors, Poster
from tidings.simulation.schedule import Act, Actor, Play, cast_of, schedule

FAST, LIVE = 1200.0, 1.0
"""Seconds of the messages' lives in one of ours: for a run that ends, and for one that does not."""
SEEDS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a user asks for; what is None is chosen."""

    rate_per_s: float
    message_count: int | None
    duplicates: float = 0.0
    unregistered: float = 0.0
    is_shuffled: bool = False
    seed: int | None = None
    speed: float | None = None
    start: datetime | None = None
    providers: tuple[str, ...] = ()
    clock_step_s: float = 0.0

    def play(self, clock: Clock) -> Play:
        """What is to be played, with all choices made. Nothing in it happens later than now."""
        speed = self.speed or (LIVE if self.message_count is None else FAST)
        return Play(
            seed=randbelow(SEEDS) if self.seed is None else self.seed,
            rate_per_s=self.rate_per_s,
            start=self.start.replace(tzinfo=UTC) if self.start else self._latest_start(clock, speed),
            message_count=self.message_count,
            duplicates=self.duplicates,
            is_shuffled=self.is_shuffled,
            unregistered=self.unregistered,
            speed=speed,
            clock_step_s=self.clock_step_s,
        )

    def _latest_start(self, clock: Clock, speed: float) -> datetime:
        if self.message_count is None:
            return clock.now()
        span_s = self.message_count / self.rate_per_s * speed
        start = clock.now() - timedelta(seconds=span_s + LONGEST_TAIL_S)
        return start.replace(microsecond=0)


def run(config: Path | None, wishes: Wishes, *, api_key: str, out: Path | None, as_json: bool) -> Exit:
    """Play, and print what must be true. Fails when something was never taken."""
    settings = load_settings(config)
    installation = Installation(settings, config)
    play, cast = wishes.play(SystemClock()), cast_of(settings.connections, wishes.providers)
    if not api_key and wishes.unregistered < 1 and any(actor.is_registering for actor in cast):
        raise ConfigurationInvalid(
            "sends have to be registered and that takes a key: `tidings keys create simulator --scope send`, then "
            "--api-key or TIDINGS_API_KEY; or leave all of them unregistered with --unregistered 100%"
        )
    doors = Doors(installation.callbacks_url, installation.api_url, api_key)
    ledger = Tally() if play.message_count is None else Ledger()
    try:
        asyncio.run(perform(play, cast, doors, ledger=ledger, console=Console(stderr=True)))
    except KeyboardInterrupt:
        typer.echo(f"stopped after {ledger.callbacks} callbacks", err=True)
    if isinstance(ledger, Ledger):
        _tell(play, ledger.outcome(), out=out, as_json=as_json)
    return Exit.FAILED if ledger.given_up else Exit.DONE


async def perform(play: Play, cast: Sequence[Actor], doors: Doors, *, ledger: Tally, console: Console) -> None:
    """Play to the end, with a progress bar."""
    stamina.instrumentation.set_on_retry_hooks([])  # an outage would be told once for every post that waits
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("messages", total=play.message_count)

        def advance(act: Act) -> None:
            progress.update(task, completed=max(act.number + 1, int(progress.tasks[task].completed)))

        await Poster(doors, ledger, on_done=advance).play(schedule(play, cast))


def _tell(play: Play, outcome: Outcome, *, out: Path | None, as_json: bool) -> None:
    told = {"seed": play.seed, "start": play.start.isoformat(), **outcome.as_json()}
    if out:
        out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(told))
    else:
        Console().print(_table(play, outcome))


def _table(play: Play, outcome: Outcome) -> Table:
    title = f"must be true after seed {play.seed}, start {play.start:%Y-%m-%dT%H:%M:%S}"
    table = Table("provider", "callbacks", "items", "repeated", "parked", "quarantined", "in doubt", title=title)
    for slug, told in outcome.providers.items():
        numbers = (told.callbacks, told.items, told.repeated, told.parked, told.quarantined, told.doubtful_items)
        table.add_row(slug, *map(str, numbers))
    if outcome.given_up:
        table.caption = f"[red]{outcome.given_up} posts were never taken[/red]"
    return table
