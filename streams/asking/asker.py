"""From the questions of `reconcile` to the answers on `callbacks`, where the line takes them as any callback.

Offsets are committed when the answers are on Kafka. Whoever dies before asks again, which costs a call and changes
nothing: the same fact has the same id however often it is told, and whether it was pushed or polled.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from contracts.codec import decode
from contracts.errors import PayloadInvalid
from contracts.raw import origin_headers, request_headers
from contracts.records import LookUpDue
from contracts.topics import load_topics
from providers import load_providers
from providers._kit.asking import PolledAnswer
from providers._kit.provider import Provider
from runtime.clock import Clock
from runtime.crash_points import crash_point
from runtime.kafka import Outgoing, send_records
from runtime.metrics import LOOK_UP_ANSWERS, LOOK_UPS
from runtime.settings import Settings
from streams.asking.clients import LINGER_S, NAME, OpenClients, fetch, open_clients
from streams.asking.inquirer import Inquirer
from streams.engine.unreadable import tell_unreadable
from streams.reconcile.rules import Place, look_ups_of
from streams.ways_out import WaysOut

WRITE_LIMIT_S = 60.0
NEVER_TAKEN = (MessageSizeTooLargeError, RecordListTooLargeError)
LONGEST_PAUSE_S = 30.0

log = structlog.get_logger()


class Pauses(NamedTuple):
    """How long it waits after a failure, and for more questions when there are some."""

    first_s: float = 1.0
    linger_s: float = LINGER_S


USUAL = Pauses()


class Asker:
    """Runs beside the stages and never stops them. Make it inside the running loop."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        providers: Mapping[str, Provider[Any]] | None = None,
        *,
        ways_out: WaysOut | None = None,
        open_clients: OpenClients = open_clients,
        pauses: Pauses = USUAL,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._providers = load_providers() if providers is None else providers
        self._prefix = settings.kafka.topic_prefix
        self._turns = count()
        self._ways_out = ways_out or WaysOut()
        self._inquirers: dict[Place, Inquirer] = {}
        self._first_pause_s, self._linger_s = pauses
        self._open_clients = open_clients
        self._has_carried = False

    async def run(self) -> None:
        """Until cancelled, through outages of Kafka and of providers; returns at once when nobody can be asked."""
        async with self._ways_out as ways_out:
            look_ups = look_ups_of(self._settings, self._providers, ways_out.outbound)
            monotonic = self._clock.monotonic
            self._inquirers = {place: Inquirer(place, one, monotonic=monotonic) for place, one in look_ups.items()}
            if not self._inquirers:
                log.info("nobody_to_ask")
                return
            log.info("asker_asks", connections=["/".join(place) for place in self._inquirers])
            await self._live()

    async def _live(self) -> None:
        pause_s = self._first_pause_s
        while True:
            self._has_carried = False
            try:
                await self._serve()
            except (KafkaError, OSError) as exc:
                log.warning("asker_rests", reason=repr(exc))
            except Exception:  # whatever it is, the stages beside this go on
                log.exception("asker_failed")
            pause_s = self._first_pause_s if self._has_carried else min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _serve(self) -> None:
        async with self._open_clients(self._settings) as (consumer, producer):
            while True:
                fetched = await fetch(consumer, linger_s=self._linger_s)
                if not fetched:
                    continue
                share = len(consumer.assignment()) / self._settings.kafka.partitions
                self._ways_out.allot(NAME, share)
                await self._ask((record for records in fetched.values() for record in records), producer)
                crash_point("asker.answers_written")
                await consumer.commit({place: records[-1].offset + 1 for place, records in fetched.items()})
                self._has_carried = True

    async def _ask(self, records: Iterable[ConsumerRecord], producer: AIOKafkaProducer) -> None:
        """Each provider at its own pace; returns when all that they say is on Kafka."""
        by_place: dict[Place, list[LookUpDue]] = defaultdict(list)
        now = self._clock.now()
        for record in records:
            try:
                question = decode(LookUpDue, record.value or b"")
            except PayloadInvalid as exc:
                tell_unreadable(record, exc)
                continue
            place = question.provider, question.connection
            if place not in self._inquirers:
                LOOK_UPS.labels(*place, "impossible").inc()
            elif question.again_at <= now:
                LOOK_UPS.labels(*place, "late").inc()
            else:
                by_place[place].append(question)
        async with asyncio.TaskGroup() as group:
            for place, asked in by_place.items():
                group.create_task(self._inquirers[place].ask(asked, partial(self._keep, producer, place)))

    async def _keep(self, producer: AIOKafkaProducer, place: Place, answers: Sequence[PolledAnswer]) -> None:
        """Write them, however long it takes: some providers say everything only once."""
        crash_point("asker.answered")
        for answer in answers:
            record, partition = self._record(*place, answer), next(self._turns) % self._settings.kafka.partitions
            is_settled = False
            while not is_settled:
                is_settled = await self._write(producer, partition, record)
            LOOK_UP_ANSWERS.labels(*place).inc()

    async def _write(self, producer: AIOKafkaProducer, partition: int, record: Outgoing) -> bool:
        """Whether that is settled; after a pause if not. Twice does no harm, the same facts count once."""
        topic = load_topics()["callbacks"].full_name(self._prefix)
        try:
            async with asyncio.timeout(WRITE_LIMIT_S):
                await asyncio.gather(*await send_records(producer, topic, partition, [record]))
        except NEVER_TAKEN as exc:
            log.warning("answer_too_large", reason=repr(exc))
        except (KafkaError, TimeoutError) as exc:
            log.warning("answer_waits", reason=repr(exc))
            await asyncio.sleep(self._first_pause_s)
            return False
        return True

    def _record(self, provider: str, connection: str, answer: PolledAnswer) -> Outgoing:
        """The answer as ingest would write it, had it been pushed."""
        callback = answer.as_callback(provider, connection, received_at=self._clock.now())
        headers = [*origin_headers(provider, connection), *request_headers(callback), ("ce_id", uuid4().hex.encode())]
        return None, answer.body, self._clock.now_ms(), headers
