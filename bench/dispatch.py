"""How long after the report of a failure the next step of a message is sent, while a thousand callbacks a second come.

`python -m bench.dispatch [seconds] [callbacks a second]`. A whole installation, the providers and those who post: all
share one machine.
"""

import asyncio
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.client import HTTPConnection
from multiprocessing import get_context
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from api.admission.keys import KeyRing, Scope
from bench.figures import Figure, figure, print_table
from bench.ingest import CUSTOMER_ID, KEY, signed_callbacks
from contracts.codec import decode
from contracts.plans import CommandTold, SendClaimed, SendCommanded, read_command, step_and_try
from contracts.status import DeliveryStatus
from contracts.topics import load_topics
from contracts.vocabulary import Channel
from providers._kit.script import SimulatedCallback, Step
from runtime.clock import SystemClock
from runtime.settings import KafkaSettings, load_settings
from tidings.demo.plans import Traffic
from tidings.demo.setup import ensure_demo_settings, fresh_ports
from tidings.installation import Installation, running
from tidings.simulation.fates import Fate, Fates, Mark
from tidings.simulation.ledger import Ledger
from tidings.simulation.post import Doors
from tidings.up import prepare_broker

GROUP = "dispatch"
SECONDS, WARM_UP_S = 40.0, 25.0
"""In the warm-up Java compiles what it is measured with behind it."""
CALLBACKS_PER_S, MESSAGES_PER_S = 1000, 20
CALLBACKS_OF_A_MESSAGE = 5
"""Or so; the others are about messages beside them."""
POSTERS = 32
LEAST = 100
"""Of fewer messages nobody can tell the slowest hundredth."""
WAITS_S = (300, 300)
"""Longer than all of it takes: a step is left because of a report, never because its time is up."""
END_S = 6.0
"""For the last messages to fail and be sent on, while as much comes beside them."""
SECOND = 1
WHOLE = "report received to next step at its provider"
GOAL = "<= 300"
BESIDE = f"""
[[connections]]
provider = "telesign"
name = "beside"
observe_only = true
rate_per_s = 5000
customer_id = "{CUSTOMER_ID}"
api_keys = ["{KEY}"]
"""
BESIDE_PATH = "/callbacks/telesign/beside"

Answered = tuple[float, float]
"""When a callback was answered, and the milliseconds that took."""


@dataclass(frozen=True)
class Watched(Fates):
    """Every first step fails and every second arrives."""

    taken_s: dict[Mark, float] = field(default_factory=dict)
    """When the provider had the send."""
    ended_s: dict[Mark, float] = field(default_factory=dict)
    """When it is to tell of the end."""

    def of(self, mark: Mark) -> Fate:
        return Fate.ARRIVES if mark.step == SECOND else Fate.FAILS

    def life(
        self, mark: Mark, taken_at: datetime, channel: Channel, sayable: frozenset[DeliveryStatus]
    ) -> tuple[Step, ...]:
        steps = super().life(mark, taken_at, channel, sayable)
        self.taken_s[mark], self.ended_s[mark] = taken_at.timestamp(), steps[-1].at.timestamp()
        return steps


@dataclass
class Log:
    """What is told of second steps in Kafka, by the id of the message, in seconds of the machine's clock."""

    received_s: dict[str, float] = field(default_factory=dict)
    """Ingest had the report: what follows from a callback bears its time."""
    commanded_s: dict[str, float] = field(default_factory=dict)
    """The command could be read."""
    claimed_s: dict[str, float] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)

    def follow(self, kafka: KafkaSettings) -> None:
        """Read commands and claims as they come, until it is over."""
        consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": GROUP})
        commands, claims = (load_topics()[word].full_name(kafka.topic_prefix) for word in ("commands", "claims"))
        consumer.assign(
            [TopicPartition(name, one, 0) for name in (commands, claims) for one in range(kafka.partitions)]
        )
        while not self.is_over.is_set():
            record = consumer.poll(0.5)
            if record is not None and record.topic() == commands:
                self._hear_command(read_command(record.value() or b""))
            elif record is not None:
                self._hear_claim(decode(SendClaimed, record.value() or b""), record.timestamp()[1])
        consumer.close()

    def _hear_command(self, told: CommandTold) -> None:
        if isinstance(told, SendCommanded) and told.step == SECOND:
            self.commanded_s.setdefault(told.message_id, time.time())

    def _hear_claim(self, claim: SendClaimed, stamp_ms: int) -> None:
        step, _ = step_and_try(claim.message_id, claim.send_id) or (None, None)
        if step == SECOND:
            self.received_s.setdefault(claim.message_id, stamp_ms / 1000)
            self.claimed_s.setdefault(claim.message_id, claim.claimed_at.timestamp())


_written = cache(signed_callbacks)


@dataclass(frozen=True)
class Beside:
    """What is posted about other messages, at a steady rate, no two alike; by a process of its own."""

    port: int
    per_s: float
    limit_s: float

    @property
    def callbacks(self) -> list[SimulatedCallback]:
        return _written(int(self.limit_s * self.per_s))

    def prepare(self) -> None:
        """Write what is posted beforehand, because that takes longer than to post it."""
        _ = self.callbacks

    def post(self) -> list[Answered]:
        """Raises when one is not taken."""
        with ThreadPoolExecutor(POSTERS) as posters:
            shares = [posters.submit(self._post, self.callbacks[number::POSTERS]) for number in range(POSTERS)]
            return [answered for share in shares for answered in share.result()]

    def _post(self, callbacks: Sequence[SimulatedCallback]) -> list[Answered]:
        connection, answered = HTTPConnection("127.0.0.1", self.port, timeout=30), list[Answered]()
        began = time.monotonic()
        for number, callback in enumerate(callbacks):
            time.sleep(max(0.0, began + number * POSTERS / self.per_s - time.monotonic()))
            left = time.monotonic()
            if left - began > self.limit_s:
                break
            connection.request("POST", BESIDE_PATH, callback.body, dict(callback.headers))
            with connection.getresponse() as answer:
                answer.read()
            if answer.status != 200:
                raise RuntimeError(f"a callback was answered with {answer.status}")
            answered.append((time.time(), (time.monotonic() - left) * 1000))
        return answered


@dataclass(frozen=True)
class Run:
    """What was seen while it was measured."""

    parts: dict[str, list[float]]
    """Milliseconds of each message that was sent on."""
    missing: int
    callbacks_per_s: float
    answers_ms: list[float]


def measure(seconds: float = SECONDS, callbacks_per_s: float = CALLBACKS_PER_S) -> list[Figure]:
    """One run behind a warm-up; the parts show where the time goes."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as name:
        file = ensure_demo_settings(Path(name), topic_prefix="bench-", ports=fresh_ports())
        file.write_text(file.read_text("utf-8") + BESIDE, "utf-8")
        prepare_broker(load_settings(file))
        return _figures(asyncio.run(_run(file, seconds, callbacks_per_s)))


def _figures(run: Run) -> list[Figure]:
    sent_on = len(run.parts[WHOLE])
    if sent_on < LEAST:
        came = f"{run.callbacks_per_s:.0f} callbacks a second came"
        raise RuntimeError(f"{sent_on} messages were sent on, {run.missing} were not; {came}. Look for what else runs")
    figures = [
        figure(GROUP, "callbacks a second", [run.callbacks_per_s], unit="/s"),
        figure(GROUP, "messages whose first step failed", [sent_on + run.missing]),
        figure(GROUP, "of these, not sent on", [run.missing], goal="<= 0"),
        figure(GROUP, f"{WHOLE}, max", [max(run.parts[WHOLE])], unit="ms"),
    ]
    for name, took_ms in {**run.parts, "answer to a callback beside them": run.answers_ms}.items():
        percentiles = statistics.quantiles(took_ms, n=100)
        for share in (50, 95, 99):
            goal = GOAL if (name, share) == (WHOLE, 99) else ""
            figures.append(figure(GROUP, f"{name}, p{share}", [percentiles[share - 1]], unit="ms", goal=goal))
    return figures


async def _run(file: Path, seconds: float, callbacks_per_s: float) -> Run:
    async with running(load_settings(file), file) as (installation, supervisor):
        return await supervisor.accompany(_fail_and_watch(installation, seconds, callbacks_per_s))


async def _fail_and_watch(installation: Installation, seconds: float, callbacks_per_s: float) -> Run:
    _, key = KeyRing(installation.data_dir).create(
        SystemClock(), name=GROUP, scopes=[Scope.SEND], requests_per_minute=0
    )
    doors, fates = Doors(installation.callbacks_url, installation.api_url, key), Watched(seed=7)
    traffic = Traffic.of(installation, doors, Ledger(), fates, WAITS_S)
    last = int((WARM_UP_S + seconds) * MESSAGES_PER_S)
    beside = Beside(
        installation.settings.ingest.port,
        per_s=callbacks_per_s - MESSAGES_PER_S * CALLBACKS_OF_A_MESSAGE,
        limit_s=last / MESSAGES_PER_S + END_S,
    )
    with _following(installation.kafka) as log:
        async with traffic.stand_in:
            began_s, answers = await _play(traffic, last, beside)
    numbers = range(int(WARM_UP_S * MESSAGES_PER_S), last)
    parts = _parts(traffic, numbers, log=log, fates=fates)
    wanted = sum(SECOND in traffic.books.wanted(number, fates) for number in numbers)
    return Run(
        parts=parts,
        missing=wanted - len(parts[WHOLE]),
        callbacks_per_s=_stored(installation.kafka, began_s, began_s + seconds) / seconds,
        answers_ms=[took_ms for at_s, took_ms in answers if began_s <= at_s < began_s + seconds],
    )


@contextmanager
def _following(kafka: KafkaSettings) -> Iterator[Log]:
    log = Log()
    reader = threading.Thread(target=log.follow, args=(kafka,))
    reader.start()
    try:
        yield log
    finally:
        log.is_over.set()
        reader.join()


async def _play(traffic: Traffic, last: int, beside: Beside) -> tuple[float, list[Answered]]:
    """Messages that fail, and callbacks about others beside them; when the warm-up was over, and the answers."""

    def is_over(number: int) -> bool:
        if not number % MESSAGES_PER_S:
            print(f"\r{number} of {last} messages", end="", file=sys.stderr, flush=True)
        return number >= last

    loop = asyncio.get_running_loop()
    # Who posts has a process of its own, so that nothing here waits for it.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        await loop.run_in_executor(pool, beside.prepare)
        began_s = time.time() + WARM_UP_S
        posted = loop.run_in_executor(pool, beside.post)
        await traffic.planner.register(MESSAGES_PER_S, is_over)
        print(file=sys.stderr)
        return began_s, await posted


def _parts(traffic: Traffic, numbers: range, *, log: Log, fates: Watched) -> dict[str, list[float]]:
    """Where the time went, of the messages among `numbers` that were sent on."""
    parts: dict[str, list[float]] = {WHOLE: []}
    for message_id, number in traffic.planner.numbers.items():
        first, second = Mark(number, 0), Mark(number, SECOND)
        if number not in numbers or second not in fates.taken_s:
            continue
        received_s, claimed_s = log.received_s[message_id], log.claimed_s[message_id]
        commanded_s, taken_s = log.commanded_s[message_id], fates.taken_s[second]
        spans = {
            WHOLE: (received_s, taken_s),
            "report due to received": (fates.ended_s[first], received_s),
            "report received to command readable": (received_s, commanded_s),
            "command readable to claimed": (commanded_s, claimed_s),
            "claimed to next step at its provider": (claimed_s, taken_s),
        }
        for name, (since_s, until_s) in spans.items():
            parts.setdefault(name, []).append((until_s - since_s) * 1000)
    return parts


def _stored(kafka: KafkaSettings, since_s: float, until_s: float) -> int:
    """How many callbacks came in between."""
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": GROUP})
    name = load_topics()["callbacks"].full_name(kafka.topic_prefix)
    try:
        first, last = (
            consumer.offsets_for_times([TopicPartition(name, one, int(at_s * 1000)) for one in range(kafka.partitions)])
            for at_s in (since_s, until_s)
        )
        return sum(end.offset - begin.offset for begin, end in zip(first, last, strict=True))
    finally:
        consumer.close()


if __name__ == "__main__":
    print_table(measure(*map(float, sys.argv[1:])))
