"""`tidings demo --once`: a fixed number of messages through everything, and every one of them accounted for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.admission.keys import KeyRing, Scope
from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.logging import configure_logging
from runtime.settings import Settings
from tidings.api_client import ApiClient
from tidings.demo.identities import Attempt, delete_topics, read_attempt_ids
from tidings.demo.plans import LATE_S, PLANNED_SHARE, WAITS_S, Traffic
from tidings.demo.reconciliation import Findings, asked_of, compare, differences_of
from tidings.demo.send_findings import SendFindings, compare_sends
from tidings.demo.setup import fresh_place, told_of
from tidings.demo.tables import items_table, sends_in_words, sends_table
from tidings.installation import Installation, running
from tidings.simulation.command import Wishes, perform
from tidings.simulation.fates import Fates
from tidings.simulation.ledger import Ledger
from tidings.simulation.outcome import Outcome
from tidings.simulation.post import Doors
from tidings.simulation.schedule import Play, cast_of
from tidings.up import CONSOLE, announce, prepare_broker, run_until_stopped

RATE_PER_S = 400.0
SETTLE_LIMIT_S, STILL_S = 120.0, 30.0
"""How long all may take to come through, and how long it may stand still meanwhile, as while a process comes back."""
POLL_S = 0.3
SHOWN_DIFFERENCES = 20
LEAST_PLANNED = 40
FALL_BACK_LIMIT_S = 90.0


@dataclass(frozen=True)
class Proof:
    """What was found."""

    items: Findings
    sends: SendFindings

    @property
    def differences(self) -> list[str]:
        return [*self.items.differences, *self.sends.differences]

    @property
    def last_line(self) -> str:
        return f"{self.items.last_line} {self.sends.last_line}"


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
        proof = run_until_stopped(_prove(settings, config, wishes, watch))
    if proof is None:
        return Exit.FAILED
    _tell(proof, watch)
    return Exit.FAILED if proof.differences else Exit.DONE


async def _prove(settings: Settings, config: Path, wishes: Wishes, watch: StopWatch) -> Proof:
    watch.lap("prepare")

    def tell(name: str) -> None:
        announce(name)
        watch.lap(name)

    async with running(settings, config, tell) as (installation, supervisor):
        proof = await supervisor.accompany(_send_and_compare(installation, wishes, watch))
        if not (installation.has_own_broker or proof.differences):
            await delete_topics(installation.kafka)
    watch.lap("stop")
    return proof


async def _send_and_compare(installation: Installation, wishes: Wishes, watch: StopWatch) -> Proof:
    ring = KeyRing(installation.data_dir)
    _, key = ring.create(SystemClock(), name="proof", scopes=[Scope.READ, Scope.SEND], requests_per_minute=0)
    doors, ledger = Doors(installation.callbacks_url, installation.api_url, key), Ledger()
    play = wishes.play(SystemClock())
    traffic = Traffic.of(installation, doors, ledger, Fates(play.seed, late_s=LATE_S), WAITS_S)
    async with traffic.stand_in, ApiClient(installation.api_url, key) as api:
        await _play(installation, play, traffic, ledger=ledger)
        watch.lap("post")
        await _fall_back(api, traffic)
        watch.lap("fall back")
        traffic.claim(ledger)
        outcome = ledger.outcome()
        await _settle(api, outcome)
        watch.lap("settle")
        ids = await read_attempt_ids(installation.kafka)
        items = await _compare(api, outcome, ids, since=play.start)
        sends = await compare_sends(api, traffic)
    watch.lap("compare")
    return Proof(items, sends)


async def _play(installation: Installation, play: Play, traffic: Traffic, *, ledger: Ledger) -> None:
    """Callbacks of messages that others have sent, and beside them messages with plans."""
    planned_count = max(LEAST_PLANNED, int((play.message_count or 0) * PLANNED_SHARE))
    rate_per_s = planned_count * play.rate_per_s / (play.message_count or 1)
    cast = cast_of(told_of(installation.settings.connections))
    async with asyncio.TaskGroup() as playing:
        playing.create_task(perform(play, cast, traffic.planner.doors, ledger=ledger, console=CONSOLE))
        playing.create_task(traffic.planner.register(rate_per_s, is_over=lambda number: number >= planned_count))


async def _fall_back(api: ApiClient, traffic: Traffic) -> None:
    with CONSOLE.status("waiting until all sends have left that have to") as status:
        if not await traffic.settle(api, FALL_BACK_LIMIT_S, tell=lambda text: status.update(f"waiting; {text}")):
            CONSOLE.print(f"[yellow]waited long enough[/yellow]: {len(traffic.due())} sends have not left")


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


def _tell(proof: Proof, watch: StopWatch) -> None:
    """The tables, what is wrong, and the last line."""
    console = Console()
    console.print(items_table(proof.items), sends_table(proof.sends, proof.items.balances))
    console.print(sends_in_words(proof.sends), highlight=False)
    for difference in proof.differences[:SHOWN_DIFFERENCES]:
        console.print(f"[red]✗[/red] {escape(difference)}", soft_wrap=True, highlight=False)
    if (more := len(proof.differences) - SHOWN_DIFFERENCES) > 0:
        console.print(f"[red]✗[/red] and {more} more")
    console.print(f"[dim]{watch}[/dim]", highlight=False)
    typer.echo(proof.last_line)
