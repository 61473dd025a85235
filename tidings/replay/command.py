"""The command: which callbacks, rehearsed or in earnest, with a bar for people and JSON for scripts."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from analytics.archive.known import known_items
from analytics.archive.reading import Shelves, Span, is_original
from analytics.replays.difference import ReplayEffect, Tally
from analytics.replays.performance import perform
from analytics.replays.rehearsal import Rehearsal
from api.admission.audit_log import Deed
from contracts.archived import Archived
from contracts.errors import ConfigurationInvalid
from providers import load_providers
from runtime.exits import Exit
from runtime.settings import Settings, load_settings
from streams.normalise.normaliser import Normaliser
from streams.rehearsing import items_of
from tidings.audit import written_down
from tidings.installation import at_its_kafka

AT_ONCE = 2000
"""Callbacks that are looked up in the store together."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a user asks for."""

    begin: datetime
    end: datetime
    provider: str = ""
    connection: str = ""
    rate_per_s: float = 500.0
    example_count: int = 20

    @property
    def span(self) -> Span:
        begin, end = _in_utc(self.begin), _in_utc(self.end)
        if begin >= end:
            raise ConfigurationInvalid(f"--from {begin} is not before --to {end}")
        return Span(begin=begin, end=end, provider=self.provider, connection=self.connection)


def run(config: Path | None, wishes: Wishes, *, is_dry_run: bool, as_json: bool) -> Exit:
    """Replay, or say what a replay would change."""
    settings, span = at_its_kafka(load_settings(config)), wishes.span
    shelves = Shelves(settings.data_dir / settings.archive.path / "callbacks")
    typer.echo(_reach(shelves), err=True)
    if is_dry_run:
        told = rehearse(settings, shelves, span, example_count=wishes.example_count)
        typer.echo(json.dumps(told, indent=2)) if as_json else _print(told)
        return Exit.DONE
    asked = {"provider": span.provider or None, "connection": span.connection or None}
    asked |= {"begin": span.begin.isoformat(), "end": span.end.isoformat()}
    written_down(settings.data_dir, Deed.REPLAY_ASKED, **asked)
    count = _replay(settings, shelves, span, rate_per_s=wishes.rate_per_s)
    typer.echo(json.dumps({"replayed": count}) if as_json else f"{count} callbacks were written once more")
    return Exit.DONE


def rehearse(
    settings: Settings, shelves: Shelves, span: Span, *, example_count: int, normaliser: Normaliser | None = None
) -> dict[str, object]:
    """What a replay would change, as JSON has it."""
    tally = Tally(limit=example_count)
    normaliser = normaliser or Normaliser(load_providers(), settings.connections)
    with known_items(settings) as known, _bar(shelves.count(span)) as (bar, task):
        rehearsal = Rehearsal(tally)
        callbacks = filter(is_original, shelves.records(span))
        while portion := list(islice(callbacks, AT_ONCE)):
            rehearsal.take(known, portion, [items_of(normaliser, one) for one in portion])
            bar.advance(task, len(portion))
        compared = known.told
    counts = {
        provider: {effect.value: found[effect] for effect in ReplayEffect} for provider, found in tally.counts.items()
    }
    return {"compared_with": compared, "providers": dict(sorted(counts.items())), "examples": tally.examples}


def _replay(settings: Settings, shelves: Shelves, span: Span, *, rate_per_s: float) -> int:
    with _bar(shelves.count(span)) as (bar, task):
        callbacks: Iterable[Archived] = filter(is_original, shelves.records(span))
        writing = perform(
            settings.kafka, callbacks, rate_per_s=rate_per_s, on_written=lambda count: bar.advance(task, count)
        )
        return asyncio.run(writing)


@contextmanager
def _bar(total: int) -> Iterator[tuple[Progress, TaskID]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield bar, bar.add_task("callbacks", total=total)


def _reach(shelves: Shelves) -> str:
    at = shelves.manifest.recorded_at
    if at is None:
        raise ConfigurationInvalid("nothing is archived here yet; the api process archives while it runs")
    return f"the archive was last written at {at:%Y-%m-%d %H:%M:%S} UTC; what came later is not in it yet"


def _print(told: dict[str, object]) -> None:
    effects = [effect.value for effect in ReplayEffect]
    table = Table("provider", *effects, title=f"compared with {told['compared_with']}")
    for provider, counts in dict(told["providers"]).items():  # type: ignore[call-overload]  # made above
        table.add_row(provider, *(str(counts[effect]) for effect in effects))
    Console().print(table)
    for example in list(told["examples"]):  # type: ignore[call-overload]  # made above
        place = "{provider}/{connection} {partition}/{offset} item {item}".format(**example)
        typer.echo(f"{place}: {example['before'] or 'nothing'} -> {example['after'] or 'nothing'}")


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
