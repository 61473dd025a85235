"""The api process from its settings to its end: the store with its sink, the query port and the live page."""

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from analytics.service import Analytics
from api.admission.audit_log import AuditLog
from api.admission.key_uses import KeyUses
from api.admission.keys import KeyRing
from api.admission.rates import RateBook
from api.admission.sign_ins import SignIns
from api.application import create_app
from api.evidence import EvidenceReader
from api.exports.desk import ExportDesk
from api.feed.feed import Feed
from api.feed.kafka_log import KafkaLog
from api.health.kafka_progress import KafkaProgress
from api.health.watch import Watch
from api.parts import Parts
from api.past import CallbackPast
from api.rehearsal import StreamsRehearsal
from api.replays.desk import ReplayDesk
from api.replays.worker import Means
from api.store import AnalyticsStore
from api.submissions.registrar import Registrar
from contracts.errors import TidingsError
from runtime.clock import Clock, SystemClock
from runtime.collector import spare_the_collector
from runtime.exchange import load_exchange
from runtime.exits import Exit, exit_of
from runtime.listening import listen
from runtime.logging import configure_logging
from runtime.loops import new_loop
from runtime.policy_file import PolicyFile
from runtime.settings import Settings, load_settings

GRACE_S = 3
"""How long requests may take to finish when the process stops."""
WATCH_EVERY_S = 1.0

log = structlog.get_logger()


class Server(uvicorn.Server):
    """uvicorn as a part of a process: it neither takes the signals nor sends them to itself again.

    When it stops it ends the streams of `feed`, which would not end by themselves.
    """

    def __init__(self, config: uvicorn.Config, feed: Feed) -> None:
        super().__init__(config)
        self._feed = feed

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._feed.end_streams()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def main() -> Exit:
    """Run until SIGTERM or SIGINT, and say how that ended: they alone make it `DONE`."""
    try:
        settings = load_settings()
        configure_logging("api", level=settings.log_level)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(serve(settings, SystemClock()))
    except TidingsError as exc:
        log.error("api_cannot_run", error=str(exc))  # noqa: TRY400  # the text says what to do; a traceback does not
        return exit_of(exc)
    finally:
        # What is frozen when the interpreter ends is never freed, and DuckDB's module lists it all as leaked.
        gc.unfreeze()


async def serve(settings: Settings, clock: Clock) -> Exit:
    """Open the store, answer until told to stop, close the store."""
    analytics = Analytics(settings, clock)
    registrar, progress = Registrar(settings.kafka), KafkaProgress(settings.kafka, clock)
    parts = _parts(settings, clock, analytics=analytics, registrar=registrar, progress=progress)
    await analytics.start()
    registrar.start()
    try:
        parts.exports.start()
        parts.replays.start()
        server = _server(settings, parts)
        port = listen("api", settings.api.host, settings.api.port)
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(_end_with_the_store(server, analytics)),
                tasks.create_task(parts.feed.run()),
                tasks.create_task(Watch(parts.store, registrar, clock, settings.trust).run()),
            ]
            log.info("api_listens", host=settings.api.host, port=settings.api.port)
            spare_the_collector()
            await server.serve([port])
            for task in beside:
                task.cancel()
        return Exit.DONE if analytics.health().is_alive else Exit.FAILED
    finally:
        await asyncio.gather(parts.exports.stop(), parts.replays.stop())
        await asyncio.gather(registrar.stop(), progress.stop())
        await analytics.stop()
        log.info("api_stopped")


def _parts(
    settings: Settings, clock: Clock, *, analytics: Analytics, registrar: Registrar, progress: KafkaProgress
) -> Parts:
    store, rehearsal = AnalyticsStore(analytics), StreamsRehearsal(settings)
    past = CallbackPast(settings.kafka, settings.data_dir / settings.archive.path / "callbacks")
    if settings.api.exchange is not None:
        load_exchange(settings.api.exchange)  # better no start than amounts that cannot be told
    ring = KeyRing(settings.data_dir)
    if not ring.all():
        log.warning("no_api_key", advice="nobody can ask anything; make a key with `tidings keys create`")
    return Parts(
        settings=settings,
        clock=clock,
        store=store,
        registrar=registrar,
        evidence=EvidenceReader(past),
        rehearsal=rehearsal,
        progress=progress,
        past=past,
        ring=ring,
        sign_ins=SignIns(settings.data_dir, ring, clock),
        exports=ExportDesk(analytics.exporter, settings.exports, settings.data_dir, clock),
        replays=ReplayDesk(settings, clock, Means(stages=rehearsal, store=store)),
        feed=Feed(settings.feed, KafkaLog(settings.kafka), clock),
        uses=KeyUses(settings.data_dir, ring),
        rates=RateBook(settings.api.requests_per_minute, clock),
        audit=AuditLog(settings.data_dir, clock),
        started_at=clock.now(),
        policies=PolicyFile(settings, clock.monotonic).current,
    )


def _server(settings: Settings, parts: Parts) -> Server:
    server = Server(
        uvicorn.Config(
            create_app(parts),
            host=settings.api.host,
            port=settings.api.port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GRACE_S,
        ),
        parts.feed,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.handle_exit, number, None)
    return server


async def _end_with_the_store(server: Server, analytics: Analytics) -> None:
    """A store that has failed does not come back in this process; whoever supervises it starts another."""
    while analytics.health().is_alive:  # noqa: ASYNC110  # the store lives in threads and has no event to wait for
        await asyncio.sleep(WATCH_EVERY_S)
    log.error("store_failed", reason=analytics.health().reason)
    server.should_exit = True
