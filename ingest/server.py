"""One process: both ports and the publisher on one event loop, started together and stopped in order."""

import asyncio
import os
import signal
import threading
from asyncio import Event, Task
from collections.abc import Mapping
from typing import Any

import structlog

from contracts.errors import ConfigurationInvalid, TidingsError
from contracts.topics import load_topics
from ingest.admin import make_admin
from ingest.app import Edge
from ingest.bodies import BodyReader
from ingest.chatter import thin_out_chatter
from ingest.health import START_GRACE_S, Health, Signs, health_of
from ingest.ports import LARGEST_HEAD_BYTES, admin_port, callback_port
from ingest.publisher import Publisher
from ingest.routes import make_routes
from ingest.spool.spool import Spool
from ingest.spool.writer import SpoolLimits
from ingest.topic import CallbackTopic
from ingest.tracing import traced
from providers._kit.provider import Provider
from runtime.clock import SystemClock
from runtime.collector import spare_the_collector
from runtime.listening import listen
from runtime.metrics import CALLBACKS_WAITING, SPOOL_BYTES, SPOOL_OLDEST_SECONDS, SPOOL_RECORDS
from runtime.settings import Settings
from runtime.traces import open_traces

DRAIN_LIMIT_S = 6.0
STOP_LIMIT_S = 9.0

log = structlog.get_logger()


class PartEnded(TidingsError):
    """A part of the process ended by itself; the process ends too, to be started again."""


class Ingest:
    """The parts of the process, wired. Make it on the loop that will run it."""

    def __init__(self, settings: Settings, providers: Mapping[str, Provider[Any]]) -> None:
        ingest, clock = settings.ingest, SystemClock()
        _check_sizes(ingest.max_body_bytes)
        thin_out_chatter(clock)
        routes = make_routes(settings.connections, providers, clock)
        self._stopping = Event()
        self._ingest, self._clock, self._began_s = ingest, clock, clock.monotonic()
        limits = SpoolLimits(ingest.spool_max_bytes)
        self._spool = Spool(settings.data_dir / ingest.spool_dir, limits)
        self._publisher = Publisher(
            CallbackTopic(settings.kafka), self._spool, waiting_limit=ingest.waiting_limit, clock=clock
        )
        self._bodies = BodyReader(ingest.max_body_bytes)
        publishing = traced(self._publisher, open_traces(settings.traces, "ingest"))
        edge = Edge(routes, publishing, self._bodies, ingest=ingest, clock=clock)
        self._callback_port = callback_port(edge.answer, ingest)
        self._admin_port = admin_port(make_admin(self._health, routes.count_taken))
        self._admin_socket = listen("ingest", ingest.admin_host, ingest.admin_port, member="admin_port")
        self._show_numbers()

    async def run(self) -> None:
        """Take callbacks until SIGTERM or SIGINT, then answer what waits and end. Raises when it cannot go on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        port = asyncio.create_task(self._callback_port.serve(), name="callback port")
        parts = [
            port,
            asyncio.create_task(self._publisher.run(), name="publisher"),
            asyncio.create_task(self._spool.run(), name="spool"),
            asyncio.create_task(self._bodies.watch(), name="sweep of bodies"),
            asyncio.create_task(self._admin_port.serve([self._admin_socket]), name="admin port"),
        ]
        spare_the_collector()
        asked = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([asked, *parts], return_when=asyncio.FIRST_COMPLETED)
        ended = [part for part in parts if part.done()]
        await self._stop(port, parts)
        _raise_why(ended)

    async def _stop(self, port: Task[None], parts: list[Task[None]]) -> None:
        """Accept nothing more, let what waits have its answer, and only then let go of Kafka."""
        self._stopping.set()
        _exit_hard_after(STOP_LIMIT_S)
        log.info("ingest_stopping", waiting_count=self._publisher.waiting_count)
        self._callback_port.stop()  # type: ignore[no-untyped-call]  # granian has types, but not here
        await asyncio.wait([port], timeout=DRAIN_LIMIT_S)
        self._admin_port.should_exit = True
        for part in parts[1:4]:
            part.cancel()
        await asyncio.wait(parts[1:])
        await self._spool.close()
        log.info("ingest_stopped")

    def _health(self) -> Health:
        if self._stopping.is_set():
            return Health(is_ready=False, reason="stopping")
        signs = Signs(
            kafka_trouble=self._publisher.trouble,
            spool_trouble=self._spool.trouble,
            spool_share=self._spool.occupied_bytes() / self._ingest.spool_max_bytes,
            is_starting=not self._publisher.was_connected and self._clock.monotonic() < self._began_s + START_GRACE_S,
        )
        return health_of(signs, alarm_share=self._ingest.spool_alarm_share)

    def _show_numbers(self) -> None:
        CALLBACKS_WAITING.set_function(lambda: self._publisher.waiting_count)
        SPOOL_BYTES.set_function(self._spool.occupied_bytes)
        SPOOL_RECORDS.set_function(lambda: self._spool.left_count)
        SPOOL_OLDEST_SECONDS.set_function(self._oldest_s)

    def _oldest_s(self) -> float:
        oldest_at_ms = self._spool.oldest_at_ms()
        return 0.0 if oldest_at_ms is None else self._clock.now().timestamp() - oldest_at_ms / 1000


def _raise_why(ended: list[Task[None]]) -> None:
    for part in ended:
        part.result()
        raise PartEnded(f"the {part.get_name()} ended by itself; see the lines above")


def _check_sizes(max_body_bytes: int) -> None:
    largest = load_topics()["callbacks"].max_message_bytes - LARGEST_HEAD_BYTES
    if max_body_bytes > largest:
        raise ConfigurationInvalid(f"ingest.max_body_bytes: the topic of the callbacks takes bodies up to {largest}")


def _exit_hard_after(limit_s: float) -> None:
    """Whatever hangs on the way out, such as a client that waits for its broker, must not keep the process."""
    timer = threading.Timer(limit_s, os._exit, (1,))
    timer.daemon = True
    timer.start()
