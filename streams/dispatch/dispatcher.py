"""The companion that makes the sends, through outages of Kafka and of providers.

Positions are committed up to the first command that is not settled. Whoever has the partition next reads on from there,
and finds in claims and outcomes what was begun.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from contracts.topics import load_topics
from providers import load_providers
from providers._kit.provider import Provider
from runtime.clock import Clock
from runtime.settings import Settings
from streams.dispatch.board import Board
from streams.dispatch.clients import NAME, Writer, group_of, open_clients
from streams.dispatch.lanes import Lanes
from streams.dispatch.serving import Serving
from streams.session.desk import SessionDesk
from streams.ways_out import WaysOut

READS = ("commands",)
FOLLOWS = ("claims", "outcomes", "sessions")
"""Beside the group: of claims and outcomes the partitions of its commands, of sessions all."""
WRITES = ("claims", "attempts", "outcomes", "talk", "health")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
WELL_AFTER_S = 60.0

log = structlog.get_logger()


class Dispatcher:
    """Runs beside the stages and never stops them. Make it inside the running loop."""

    name = NAME

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        providers: Mapping[str, Provider[Any]] | None = None,
        *,
        ways_out: WaysOut | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._providers = load_providers() if providers is None else providers
        self._ways_out = ways_out or WaysOut()
        self._serving: Serving | None = None

    @property
    def group(self) -> str:
        return group_of(self._settings.kafka)

    @property
    def is_ready(self) -> bool:
        """Whether it has had its partitions given."""
        return self._serving is not None and self._serving.is_joined

    def subscriptions(self) -> frozenset[str]:
        """The topics that its group shares."""
        return frozenset(load_topics()[word].full_name(self._settings.kafka.topic_prefix) for word in READS)

    async def run(self) -> None:
        """Until cancelled; what is in hand then is finished first, if that does not take long."""
        live = asyncio.create_task(self._live())
        try:
            await asyncio.shield(live)
        finally:
            with suppress(KafkaError):
                if self._serving is not None:
                    await self._serving.finish()
            live.cancel()
            await asyncio.wait({live})

    async def _live(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = self._clock.monotonic()
            try:
                await self._serve()
            except* (KafkaError, OSError) as group:
                log.warning("dispatch_rests", reasons=[repr(exc) for exc in group.exceptions])
            except* Exception:  # whatever it is, the stages beside this go on
                log.exception("dispatch_failed")
            was_well = self._clock.monotonic() - began_s > WELL_AFTER_S
            pause_s = FIRST_PAUSE_S if was_well else min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _serve(self) -> None:
        desk = SessionDesk(self._settings, self._clock)
        async with self._ways_out as ways_out, open_clients(self._settings) as clients, asyncio.TaskGroup() as group:
            group.create_task(desk.run())
            await desk.ready()
            lanes = Lanes(
                self._settings,
                Writer(clients.producer, self._settings.kafka),
                self._clock,
                objection=desk.objection,
                spawn=group.create_task,
            )
            mine, misfits = lanes.all(self._providers, ways_out.outbound), lanes.misfits()
            self._serving = Serving(
                self._settings,
                clients,
                make_board=lambda read_up: Board(mine, misfits, read_up=read_up, spawn=group.create_task),
                allot=lambda share: ways_out.allot(NAME, share),
            )
            log.info("dispatch_sends", connections=["/".join(place) for place in mine])
            for lane in (*mine.values(), misfits):
                group.create_task(lane.run())
            try:
                await self._serving.run()
            finally:
                self._serving = None
