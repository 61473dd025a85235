"""From a signed callback to counts that can be asked: everything of ours beside the edge in Go, Kafka and ClickHouse.

The load grows until it does not hold. A rate holds when 99 of 100 callbacks are answered within a second of the moment
at which they were due, and all are stored three seconds behind the last answer. One callback in twenty is a repeat, and
at the end each chain is asked how many messages were delivered. What ours costs is told by process, and in a second
run, in which each stage has a process of its own, by stage.
"""

import asyncio
import math
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from bench.ingest import PATH
from bench.peers.chains import Bring, Chain, go_chain, ours
from bench.peers.outside import cpu_s, tell
from bench.peers.parts import PartMissing, built_go_edge, peers_python
from bench.peers.results import BY_STAGE, OURS, Runs, Wish
from bench.posting import Answered, Load, poster, prepare
from contracts.topics import load_topics
from runtime.broker import LocalBroker
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings
from streams.topology import STAGES

RATES = (500.0, 1000.0, 1500.0, 2250.0, 3500.0, 5000.0, 7500.0, 11_000.0, 16_000.0)
WARM_UP_PER_S, WARM_UP_SHARE = 250.0, 2.0
"""Of the seconds of the wish."""
REPEAT_EVERY = 20
ANSWER_LIMIT_MS, STORED_LIMIT_S, KEEPS_UP = 1000.0, 3.0, 0.95
DRAIN_LIMIT_S = 120.0
LOOK_EVERY_S = 0.25
"""A look at what is stored reads all metrics of the api: ten a second were a tenth of its work."""
GO_CHAIN = "Go edge, Kafka, ClickHouse"
CODE = re.compile(rb'"status":\s*{\s*"code":\s*"?(\d+)')


@dataclass(frozen=True)
class Said:
    """What posted callbacks amount to."""

    callbacks: int
    items: int

    def rows(self, chain: Chain) -> int:
        return self.items if chain.counts_items else self.callbacks


@dataclass(frozen=True)
class Step:
    """What was seen at one rate; by default, that it was refused."""

    per_s: float
    p99_ms: float = math.inf
    posted_per_s: float = 0.0
    drained_s: float = math.inf
    cpu_us: Mapping[str, float] = field(default_factory=dict)

    @property
    def told(self) -> str:
        seen = f"p99 {self.p99_ms:.0f} ms, {self.posted_per_s:.0f} a second posted, stored {self.drained_s:.1f} s later"
        return f"{self.per_s:g} a second {'holds' if self.holds else 'does not hold'}: {seen}"

    @property
    def holds(self) -> bool:
        kept_up = self.posted_per_s >= KEEPS_UP * self.per_s
        return kept_up and self.p99_ms <= ANSWER_LIMIT_MS and self.drained_s <= STORED_LIMIT_S


def said_of(load: Load) -> Said:
    """In the process that has the callbacks."""
    callbacks = load.callbacks()
    return Said(len(callbacks), sum(one.expected_items for one in callbacks))


def truth(load: Load, codes: frozenset[bytes]) -> int:
    """Messages of which a callback has one of these codes, in the process that has the callbacks."""
    told = ((one.root_id, CODE.search(one.body)) for one in load.callbacks())
    return len({root_id for root_id, code in told if code and code[1] in codes})


Started = Callable[[KafkaSettings, Path], AbstractContextManager[Chain]]


def measure(wish: Wish) -> Runs:
    runs = Runs()
    chains: dict[str, Started] = {OURS: partial(ours, stages=((),))}
    try:
        built_go_edge(), peers_python()
        chains[GO_CHAIN] = go_chain
    except PartMissing as exc:
        runs.skipped[GO_CHAIN] = str(exc)
    with tempfile.TemporaryDirectory() as name, LocalBroker(Path(name) / "broker") as broker, poster() as post:
        climber = Climber(broker, post, wish, Path(name))
        for number in range(wish.rounds):
            for peer, chain in runs.without_skipped(chains):
                tell(f"chain, round {number + 1}: {peer}")
                with runs.sparing(peer):
                    held = climber.climb(peer, chain, runs)
                if peer == OURS and held and number == wish.rounds - 1:
                    by_stage = partial(ours, stages=tuple((stage.name,) for stage in STAGES))
                    climber.look(by_stage, held.per_s, runs)
    return runs


class Poster:
    """Posts one load after the other."""

    def __init__(self, chain: Chain, post: ProcessPoolExecutor, seconds: float, *, broker_pid: int) -> None:
        self._chain, self._post, self._seconds, self._broker_pid = chain, post, seconds, broker_pid
        self._first, self._rows = 0, 0
        self.are_all_answered = True
        """Else nobody knows what was taken, and what is counted cannot be held against anything."""

    def take(self, per_s: float, seconds: float | None = None) -> Step:
        load = Load(self._chain.port, PATH, self._first, per_s, seconds or self._seconds, repeat_every=REPEAT_EVERY)
        self._post.submit(prepare, load.beyond).result()
        said = self._post.submit(said_of, load).result()
        self._first, self._rows = load.beyond, self._rows + said.rows(self._chain)
        before = self._cpu_s()
        try:
            answered = self._post.submit(load.post).result()
        except RuntimeError as exc:
            tell(f"  {per_s:g} a second: {exc}")
            self.are_all_answered = False
            return Step(per_s)
        step = self._seen(load, said, answered, before)
        tell(f"  {step.told}")
        return step

    def _seen(self, load: Load, said: Said, answered: list[Answered], before: Mapping[str, float]) -> Step:
        drained_s = self._drained_s()
        took = sorted(took_ms for _, took_ms in answered)
        at = [moment for moment, _ in answered]
        return Step(
            load.per_s,
            p99_ms=took[len(took) * 99 // 100],
            posted_per_s=len(took) / max(max(at) - min(at), 0.001),
            drained_s=drained_s,
            cpu_us={name: (now - before[name]) / said.callbacks * 1e6 for name, now in self._cpu_s().items()},
        )

    def truth(self) -> int:
        """Messages that were delivered, of all that was posted."""
        return self._post.submit(truth, Load(0, PATH, 0, self._first, 1.0), self._chain.arrived).result()

    def _drained_s(self) -> float:
        began = time.monotonic()
        while self._chain.stored() < self._rows and time.monotonic() < began + DRAIN_LIMIT_S:
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began

    def _cpu_s(self) -> dict[str, float]:
        """Raises `PeerFailed` when one of them has ended."""
        used = {name: process.cpu_s for name, process in self._chain.processes.items()}
        return used | {"broker": cpu_s(self._broker_pid)}


class Climber:
    """Takes a chain to the rate that it does not hold any more."""

    def __init__(self, broker: LocalBroker, post: ProcessPoolExecutor, wish: Wish, directory: Path) -> None:
        self._broker, self._post, self._wish, self._directory = broker, post, wish, directory

    def climb(self, peer: str, chain: Bring, runs: Runs) -> Step | None:
        """The highest step that held."""
        with self._up(chain) as (up, posting):
            held = highest(posting)
        runs.add(peer, "", held_per_s=held.per_s if held else 0.0)
        if posting.are_all_answered:
            runs.add(peer, "", delivered=up.delivered(), truly_delivered=posting.truth())
        if held:
            runs.add(peer, "", p99_ms=held.p99_ms, cpu_us=sum(held.cpu_us.values()))
            for process, cpu_us in held.cpu_us.items():
                runs.add(peer, process, cpu_us=cpu_us)
        return held

    def look(self, chain: Bring, per_s: float, runs: Runs) -> None:
        """What each process takes at that rate."""
        with self._up(chain) as (_, posting):
            step = posting.take(per_s)
        for process, cpu_us in step.cpu_us.items():
            runs.add(BY_STAGE, process, cpu_us=cpu_us)
        runs.add(BY_STAGE, "", held_per_s=per_s)

    @contextmanager
    def _up(self, chain: Bring) -> Iterator[tuple[Chain, Poster]]:
        directory = self._directory / uuid4().hex[:8]
        directory.mkdir()
        kafka = KafkaSettings(bootstrap_servers=self._broker.bootstrap, topic_prefix=f"peers-{uuid4().hex[:8]}-")
        asyncio.run(ensure_topics(kafka, list(load_topics().values())))
        with chain(kafka, directory) as up:
            posting = Poster(up, self._post, self._wish.seconds, broker_pid=self._broker.pid)
            posting.take(WARM_UP_PER_S, self._wish.seconds * WARM_UP_SHARE)
            yield up, posting


def highest(posting: Poster) -> Step | None:
    """The last rate that holds, and one between it and the first that does not."""
    held = None
    for per_s in RATES:
        step = posting.take(per_s)
        if not step.holds:
            break
        held = step
    if held is None or step.holds or not posting.are_all_answered:
        return held
    between = posting.take((held.per_s + step.per_s) / 2)
    return between if between.holds else held
