"""One run from the first process to the verdict."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import stamina.instrumentation

from analytics.store.snapshots import Snapshots
from api.admission.keys import KeyRing, Scope
from runtime.clock import SystemClock
from runtime.settings import Settings, load_settings
from tests.chaos.diary import Diary
from tests.chaos.line import Line, standing
from tests.chaos.sends import LATE_S, WAITS_S, Excuses, SendVerdict, differences_of_plans, judge_sends, settle_sends
from tests.chaos.truth import differences_of_rollups, differences_of_store, settle
from tidings.api_client import ApiClient
from tidings.demo.identities import read_attempt_ids
from tidings.demo.plans import Traffic
from tidings.demo.reconciliation import Findings, compare
from tidings.demo.setup import ensure_demo_settings, fresh_ports, told_of
from tidings.simulation.author import LONGEST_TAIL_S
from tidings.simulation.fates import Fates
from tidings.simulation.ledger import Ledger
from tidings.simulation.outcome import Outcome
from tidings.simulation.post import Doors, Poster
from tidings.simulation.schedule import Play, cast_of, schedule

PATIENCE_S = 900.0
"""A provider tries for hours; nothing may be given up here, because that would be our loss of a message."""
CLOCK_STEP_S = 1800.0
LONGEST_LIVES_S, FASTEST = 5 * 86400.0, 1200.0
"""The messages' lives reach so far back: over a week, the store would go by another clock."""
COMMIT_INTERVAL_S = 2.0
"""Longer than by default, so that more of what is done is not committed yet when something happens."""
SPOOL_BYTES = 1024 * 1024
"""So that it fills in the longer outages."""
MOST_ASKED = 40
"""Attempts for which the API is asked one by one; behind the run each of them is compared in the store."""


Attack = Callable[[Line, Diary], Awaitable[None]]
"""What is done to the line while the traffic goes on; it ends when everything is ready again."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for."""

    seed: int
    length_s: float
    """About how long the attack takes."""
    messages_per_s: float
    planned_per_s: float
    """Messages with plans."""
    place: Path
    session_s: float
    upkeep_s: float
    """How often the store is copied and the archive written."""

    def play(self, now: datetime) -> Play:
        """Traffic without end, with all that providers do wrong; nothing in it happens later than now."""
        most_s = 1.5 * self.length_s + 60.0
        speed = min(FASTEST, LONGEST_LIVES_S / most_s)
        start = now - timedelta(seconds=most_s * speed + LONGEST_TAIL_S + CLOCK_STEP_S)
        return Play(
            seed=self.seed,
            rate_per_s=self.messages_per_s,
            start=start.replace(microsecond=0),
            duplicates=0.05,
            is_shuffled=True,
            unregistered=0.01,
            speed=speed,
            clock_step_s=CLOCK_STEP_S,
        )


@dataclass
class Verdict:
    """What came of it."""

    findings: Findings
    sends: SendVerdict
    outcome: Outcome
    differences: list[str] = field(default_factory=list)


async def run(wish: Wish, attack: Attack, diary: Diary) -> Verdict:
    """Attack the line under load, let it come to rest, and compare."""
    stamina.instrumentation.set_on_retry_hooks([])  # an outage would be told once for every post that waits
    settings, config = _place(wish)
    diary.note(f"data and logs in {settings.data_dir}")
    async with standing(settings, config) as line:
        _, key = KeyRing(settings.data_dir).create(
            SystemClock(), name="chaos", scopes=[Scope.READ, Scope.SEND], requests_per_minute=0
        )
        ledger, began = Ledger(), datetime.now(UTC)
        doors = Doors(line.installation.callbacks_url, line.installation.api_url, key, PATIENCE_S)
        traffic = Traffic.of(line.installation, doors, ledger, Fates(wish.seed, late_s=LATE_S), WAITS_S)
        poster = Poster(doors, ledger, on_answer=diary.answered)
        async with traffic.stand_in:
            await _under_load(wish, line, attack, diary, posters=(poster, traffic))
            diary.note(f"all is posted: {ledger.callbacks} callbacks, {len(traffic.planner.numbers)} plans were taken")
            verdict = await _judge(line, diary, ledger, traffic, since=began)
    diary.note("stopped; every attempt of the store is compared")
    store = settings.data_dir / settings.store.path
    verdict.differences += differences_of_plans(store)
    verdict.differences += differences_of_store(store, verdict.outcome.attempts, _observed(settings))
    return verdict


def _observed(settings: Settings) -> set[tuple[str, str]]:
    return {(one.provider, one.name) for one in settings.connections if one.observe_only}


async def _under_load(wish: Wish, line: Line, attack: Attack, diary: Diary, *, posters: tuple[Poster, Traffic]) -> None:
    """Post until the attack is over; ends when everything posted is taken, too."""
    is_over = asyncio.Event()
    poster, traffic = posters
    acts = schedule(wish.play(datetime.now(UTC)), cast_of(told_of(line.installation.settings.connections)))
    diary.begin()
    async with asyncio.TaskGroup() as group:
        posting = group.create_task(poster.play(takewhile(lambda _act: not is_over.is_set(), acts)))
        planning = group.create_task(traffic.planner.register(wish.planned_per_s, lambda _number: is_over.is_set()))
        await attack(line, diary)
        diary.note("no more faults")
        is_over.set()
        await asyncio.gather(posting, planning)


async def _judge(line: Line, diary: Diary, ledger: Ledger, traffic: Traffic, *, since: datetime) -> Verdict:
    """Wait for quiet, and ask for everything."""
    async with ApiClient(line.installation.api_url, traffic.planner.doors.api_key) as api:
        excuses = Excuses(Snapshots(line.installation.settings, SystemClock()).directory, traffic)
        await settle_sends(api, traffic, excuses, diary)
        traffic.claim(ledger)
        outcome = ledger.outcome()
        await settle(api, outcome, diary)
        ids = await read_attempt_ids(line.installation.kafka)
        # All counts are by the hours in which we heard of attempts, so two days reach back far enough.
        findings = await compare(api, outcome, ids, since=since - timedelta(days=2), most_asked=MOST_ASKED)
        rollups = await differences_of_rollups(api, outcome, ids, since=since)
        sends = await judge_sends(api, traffic, excuses)
    return Verdict(findings, sends, outcome, [*findings.differences, *rollups, *sends.differences])


def _place(wish: Wish) -> tuple[Settings, Path]:
    """A fresh data directory with the demo's connections, and settings that make everything happen often."""
    shutil.rmtree(wish.place, ignore_errors=True)
    config = ensure_demo_settings(wish.place, topic_prefix="chaos-", ports=fresh_ports())
    os.environ.update(_environment(wish))
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "TIDINGS_KAFKA__BOOTSTRAP_SERVERS", "TIDINGS_CRASH_AT"):
        os.environ.pop(name, None)  # a broker that others use is not ours to kill
    return load_settings(config), config


def _environment(wish: Wish) -> Mapping[str, str]:
    return {
        "TIDINGS_DATA_DIR": str(wish.place),
        "TIDINGS_STREAMS__SESSION_TIMEOUT_S": str(wish.session_s),
        "TIDINGS_STREAMS__COMMIT_INTERVAL_S": str(COMMIT_INTERVAL_S),
        "TIDINGS_STORE__SNAPSHOT_EVERY_S": str(wish.upkeep_s),
        "TIDINGS_ARCHIVE__EVERY_S": str(wish.upkeep_s),
        "TIDINGS_INGEST__SPOOL_MAX_BYTES": str(SPOOL_BYTES),
    }
