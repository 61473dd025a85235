"""One stage at work in this process: its app in the group, its carrier, its state, and how it is doing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import faust
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from faust.types import TP

from contracts.errors import ConfigurationInvalid
from contracts.topics import load_topics
from runtime.clock import SystemClock
from runtime.kafka import make_producer, unanswered
from runtime.settings import Settings
from streams.engine.app import make_app
from streams.engine.changelog import ChangelogReader
from streams.engine.consumer import BatchConsumer
from streams.engine.faust_names import coordinator_failure, is_member, subscribed_topics
from streams.engine.guard import SleepGuard
from streams.engine.lease import Lease
from streams.engine.stage import SourceRecord, Stage
from streams.engine.store import StateStore
from streams.engine.timers import Timers
from streams.engine.tracing import carrier_of
from streams.engine.writer import Writer

if TYPE_CHECKING:
    from runtime.traces.spans import Traces

ANSWER_LIMIT_S = 2.0


@dataclass(frozen=True)
class Progress:
    """How far one partition is read, and how far it could be."""

    position: int
    end: int


class Line:
    """`start` returns when the stage has its partitions and its state. Make it inside the running loop."""

    def __init__(self, stage: Stage, settings: Settings, guard: SleepGuard, *, traces: "Traces | None" = None) -> None:
        decide, kafka = stage.prepare(settings), settings.kafka
        names = {word: load_topics()[word].full_name(kafka.topic_prefix) for word in stage.topics}
        self.stage = stage
        self._kafka = kafka
        self.group = f"{kafka.topic_prefix}{stage.name}"
        self.batches_count = 0
        self.producer: AIOKafkaProducer = make_producer(kafka, client_id=self.group)
        self._names = names
        self._words = {name: word for word, name in names.items()}
        self._store = (
            StateStore(stage, names, partial(ChangelogReader, kafka, names[stage.state])) if stage.state else None
        )
        lease = Lease(settings.streams.session_timeout_s, lambda: is_member(self.consumer))
        writer = Writer(self.producer, guard, lease=lease, names=names, partitions=kafka.partitions)
        self._carrier = carrier_of(stage, decide, writer, self._store, traces=traces)
        self._lookout = stage.lookout(settings, decide) if stage.lookout else None
        self._timers = Timers(stage, self._store, writer, SystemClock()) if self._store else None
        self._beside: list[asyncio.Task[None]] = []
        """What ends the stage when it ends."""
        self._heard: dict[TP, int] = {}
        self._generation = -1
        self.app: faust.App = make_app(self.group, [names[word] for word in stage.reads], settings, taker=self)
        self.app.on_rebalance_complete.connect(self._take_over, weak=False)

    async def start(self) -> None:
        """Raises `BrokerUnavailable` when nobody answers, `ConfigurationInvalid` when a topic is not as it must be."""
        try:
            await self.producer.start()
        except KafkaConnectionError as exc:
            raise unanswered(self._kafka, exc) from exc
        await self._check_topics()
        if self._lookout is not None:
            self._beside.append(asyncio.create_task(self._lookout.run()))
        await self.app.start()
        if self._timers is not None:
            self._beside.append(asyncio.create_task(self._timers.run(self)))

    async def stop(self) -> None:
        """Finish the batch in hand, commit, leave the group."""
        for task in self._beside:
            task.cancel()
        await self.app.stop()
        await self.producer.stop()

    @property
    def consumer(self) -> BatchConsumer:
        return cast("BatchConsumer", self.app.consumer)

    @property
    def name(self) -> str:
        return self.stage.name

    @property
    def gather_ms(self) -> int:
        return self.stage.gather_ms

    @property
    def is_joined(self) -> bool:
        """Whether the group has given us our partitions and their state is loaded."""
        return self.app.started and self.consumer.is_live()

    @property
    def is_idle(self) -> bool:
        return self.consumer.is_idle.is_set()

    @property
    def refused_commits(self) -> int:
        return self.consumer.refused_commits

    async def is_reachable(self) -> bool:
        """Whether a broker answers, asked anew."""
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                await self.producer.client.fetch_all_metadata()
        except (TimeoutError, KafkaError):
            return False
        return True

    @property
    def keys_count(self) -> int:
        """How many keys are remembered."""
        return 0 if self._store is None else self._store.keys_count

    def subscriptions(self) -> frozenset[str]:
        """What the group member really reads."""
        return subscribed_topics(self.consumer)

    def failure(self) -> BaseException | None:
        """What ended this stage, if anything did."""
        return self.app.crash_reason or coordinator_failure(self.consumer) or self._failure_beside()

    async def progress(self) -> dict[TP, Progress]:
        """Of each partition that may be read and whose end is known."""
        consumer, found = self.consumer, {}
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                for place in consumer.assignment():
                    end: int | None = consumer.highwater(place)
                    if end is not None and not self.is_held(place):
                        found[place] = Progress(await consumer.position(place) or 0, end)
        except (AssertionError, AttributeError, KafkaError, TimeoutError):
            return {}  # the client's thread has begun to give partitions back; ask again another time
        return found

    async def heard_until(self, now_ms: int) -> dict[int, int]:
        """By owned partition, the time of the oldest of what is still to be read, at least about; else now."""
        progress, moments = await self.progress(), {}
        for number in self._store.partitions if self._store else ():
            places = [TP(self._names[word], number) for word in self.stage.reads if word != self.stage.due]
            if all(place in progress for place in places):
                behind = [place for place in places if progress[place].position < progress[place].end]
                moments[number] = min([now_ms, *(self._heard.get(place, 0) for place in behind)])
        return moments

    def is_ready(self, generation: int) -> bool:
        return self._generation == generation

    def is_held(self, place: TP) -> bool:
        return self._store is not None and self._store.is_held(self._words[place.topic], place.partition)

    async def carry(self, fetched: Mapping[TP, Sequence[SourceRecord]]) -> None:
        if self._lookout is not None:
            await self._lookout.caught_up()
        await self._carrier.carry({(self._words[place.topic], place.partition): r for place, r in fetched.items()})
        self._heard.update({place: records[-1].timestamp for place, records in fetched.items()})
        self.batches_count += 1

    def _failure_beside(self) -> BaseException | None:
        ended = [task for task in self._beside if task.done() and not task.cancelled()]
        return next(filter(None, (task.exception() for task in ended)), None)

    async def _check_topics(self) -> None:
        """Without this a missing topic would be an idle stage."""
        known = await self.producer.client.fetch_all_metadata()
        for name in self._words:
            count = len(known.partitions_for_topic(name) or ())
            if count != self._kafka.partitions:
                raise ConfigurationInvalid(
                    f"topic {name} has {count} partitions, the settings say {self._kafka.partitions}; create what is "
                    "missing with `tidings topics --create`, or set kafka.partitions to what is there"
                )

    async def _take_over(self, *_sender: object, **_signal: object) -> None:
        """Follow the group; faust calls it after each change and fetches nothing before it returns."""
        generation = self.app.consumer_generation_id
        owned = {place.partition for place in self.consumer.assignment()}
        if self._store is not None:
            await self._store.take_over(owned, generation)
            for topic, number in self._store.unfinished:
                self._store.settle(number, await self.consumer.position(TP(self._names[topic], number)))
        self._generation = generation
