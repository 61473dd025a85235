"""`tidings demo --once`: a fixed number of messages through everything, and every one of them accounted for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.keys import KeyRing, Scope
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import Settings
from tidings.api_client import ApiClient
from tidings.demo.identities import Attempt, delete_topics, read_attempt_ids
from tidings.demo.reconciliation import MEMBERS, Findings, asked_of, compare, differences_of
from tidings.demo.setup import fresh_place, told_of
from tidings.exits import Exit
from tidings.installation import Installation, running
from tidings.simulation.command import Wishes, perform
from tidings.simulation.ledger import Ledger
from tidings.simulation.outcome import Outcome
from tidings.simulation.post import Doors
from tidings.simulation.schedule import cast_of
from tidings.up import CONSOLE, announce, prepare_broker, run_until_stopped

RATE_PER_S = 400.0
SETTLE_LIMIT_S, STILL_S = 120.0, 30.0
"""How long all may take to come through, and how long it may stand still meanwhile, as while a process comes back."""
POLL_S = 0.3
SHOWN_DIFFERENCES = 20


@dataclass
class StopWatch:
    """How long each phase took."""

    took_s: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=monotonic)

    def lap(self, name: str) -> None:
        """The phase called `name` is over."""
        now = monotonic()
        self.took_s[name] = self.took_s.get(name, 0.0) + now - self._began
        self._began = now

    def __str__(self) -> str:
        laps = " · ".join(f"{name} {took:.1f} s" for name, took in self.took_s.items())
        return f"{laps} · together {sum(self.took_s.values()):.1f} s"


def prove(messages: int, rate_per_s: float, seed: int | None) -> Exit:
    """Run it, print the table and the line that scripts read. Fails when anything is not as the simulator knows."""
    configure_logging("tidings", level="WARNING")
    watch = StopWatch()
    with fresh_place() as (settings, config):
        prepare_broker(settings)
        wishes = Wishes(
            rate_per_s=rate_per_s,
            message_count=messages,
            duplicates=0.03,
            unregistered=0.01,
            is_shuffled=True,
            seed=seed,
        )
        findings = run_until_stopped(_prove(settings, config, wishes, watch))
    if findings is None:
        return Exit.FAILED
    _tell(findings, watch)
    return Exit.FAILED if findings.differences else Exit.DONE


async def _prove(settings: Settings, config: Path, wishes: Wishes, watch: StopWatch) -> Findings:
    watch.lap("prepare")

    def tell(name: str) -> None:
        announce(name)
        watch.lap(name)

    async with running(settings, config, tell) as (installation, supervisor):
        findings = await supervisor.accompany(_send_and_compare(installation, wishes, watch))
        if not (installation.has_own_broker or findings.differences):
            await delete_topics(installation.kafka)
    watch.lap("stop")
    return findings


async def _send_and_compare(installation: Installation, wishes: Wishes, watch: StopWatch) -> Findings:
    ring = KeyRing(installation.data_dir)
    _, key = ring.create(SystemClock(), name="proof", scopes=[Scope.READ, Scope.SEND])
    doors, ledger = Doors(installation.callbacks_url, installation.api_url, key), Ledger()
    cast = cast_of(told_of(installation.settings.connections))
    play = wishes.play(SystemClock())
    await perform(play, cast, doors, ledger=ledger, console=CONSOLE)
    watch.lap("post")
    outcome = ledger.outcome()
    async with ApiClient(installation.api_url, key) as api:
        await _settle(api, outcome)
        watch.lap("settle")
        ids = await read_attempt_ids(installation.kafka)
        findings = await _compare(api, outcome, ids, since=play.start)
    watch.lap("compare")
    return findings


async def _settle(api: ApiClient, outcome: Outcome) -> None:
    """Wait until the account is as it must be, or nothing moves any more; the comparison says what is wrong then."""
    deadline, moved_at, before = monotonic() + SETTLE_LIMIT_S, monotonic(), None
    with CONSOLE.status("waiting until all is through") as status:
        while monotonic() < min(deadline, moved_at + STILL_S):
            told = await api.get("/v1/conservation")
            differences, lag = differences_of(told, outcome), told["freshness"]["lag_records"]
            if not (differences or lag):
                return
            if before != (now := (told["total"], lag)):
                before, moved_at = now, monotonic()
            status.update(f"waiting until all is through; {lag} records on their way; {'; '.join(differences[:2])}")
            await asyncio.sleep(POLL_S)
    CONSOLE.print(f"[yellow]waited long enough[/yellow]: {lag} records on their way, {len(differences)} differences")


async def _compare(api: ApiClient, outcome: Outcome, ids: Mapping[Attempt, set[str]], *, since: datetime) -> Findings:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=CONSOLE, transient=True) as progress:
        task = progress.add_task("asking for attempts", total=len(asked_of(outcome.attempts)))
        return await compare(api, outcome, ids, since=since, on_asked=lambda: progress.advance(task))


def _tell(findings: Findings, watch: StopWatch) -> None:
    """The table, what is wrong, and the last line."""
    console = Console()
    console.print(_table(findings))
    for difference in findings.differences[:SHOWN_DIFFERENCES]:
        console.print(f"[red]✗[/red] {escape(difference)}", soft_wrap=True, highlight=False)
    if (more := len(findings.differences) - SHOWN_DIFFERENCES) > 0:
        console.print(f"[red]✗[/red] and {more} more")
    console.print(f"[dim]{watch}[/dim]", highlight=False)
    typer.echo(findings.last_line)


def _table(findings: Findings) -> Table:
    """A column for each provider, a row for each place where an item may be."""
    providers = {**findings.balances, "together": findings.total}
    title = "what the API says, held against the simulator"
    table = Table("items", title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for provider in providers:
        table.add_column(provider, justify="right")
    for member in MEMBERS:
        table.add_row(member, *(str(balance[member]) for balance in providers.values()))
    table.add_section()
    ends = [f"{findings.agreeing[provider]} of {findings.asked[provider]}" for provider in findings.balances]
    together = f"{findings.agreeing.total()} of {findings.asked.total()}"
    table.add_row("end as known", *ends, together)
    return table
