"""The local port of the stages: health, readiness, metrics, and what they really read."""

import asyncio
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from aiohttp import web

from runtime.listening import cannot_listen
from runtime.metrics import STAGE_LAG, exposition
from runtime.settings import StreamsSettings
from streams.engine.line import Line
from streams.engine.watchdog import Watchdog

LARGEST_QUESTION = 4 * 1024 * 1024
"""Bytes; a callback of the largest size, spelled in JSON, is one and a half."""


@runtime_checkable
class Member(Protocol):
    """Something beside the stages that is in a consumer group of its own."""

    name: str

    @property
    def group(self) -> str: ...
    @property
    def is_ready(self) -> bool: ...
    def subscriptions(self) -> frozenset[str]: ...


class Admin:
    """Serves on the stages' own loop, so that a loop that is blocked does not look healthy."""

    def __init__(
        self,
        settings: StreamsSettings,
        lines: Sequence[Line],
        watchdog: Watchdog,
        *,
        members: Sequence[Member] = (),
        routes: Sequence[web.RouteDef] = (),
    ) -> None:
        """`routes` are what else is answered here, beside what is told of every process."""
        self._settings = settings
        self._lines = lines
        self._members = members
        self._watchdog = watchdog
        app = web.Application(client_max_size=LARGEST_QUESTION)
        app.add_routes(
            [
                web.get("/healthz", self._health),
                web.get("/readyz", self._readiness),
                web.get("/metrics", self._metrics),
                web.get("/topology", self._topology),
                *routes,
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self) -> None:
        """Raises `ConfigurationInvalid` when the port is taken."""
        host, port = self._settings.admin_host, self._settings.admin_port
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port, shutdown_timeout=1.0).start()
        except OSError as exc:
            raise cannot_listen("streams.admin_port", host, port, exc) from exc

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _health(self, _request: web.Request) -> web.Response:
        """200 while the stages get on, or may get on by themselves; a broker that is away is none of a restart's."""
        ill = self._watchdog.ill()
        return web.json_response({"ill": ill}, status=503 if ill else 200)

    async def _readiness(self, _request: web.Request) -> web.Response:
        """200 when every stage has its partitions and its state, and a broker answers."""
        answers = await asyncio.gather(*(line.is_reachable() for line in self._lines))
        stages = {
            line.name: {
                "joined": line.is_joined,
                "broker": is_reachable,
                "batches": line.batches_count,
                "keys": line.keys_count,
            }
            for line, is_reachable in zip(self._lines, answers, strict=True)
        }
        beside = {member.name: {"joined": member.is_ready} for member in self._members}
        is_ready = all(stage["joined"] and stage["broker"] for stage in stages.values())
        is_ready = is_ready and all(member.is_ready for member in self._members)
        return web.json_response({"stages": stages, "beside": beside}, status=200 if is_ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        far = await asyncio.gather(*(line.progress() for line in self._lines))
        for line, places in zip(self._lines, far, strict=True):
            STAGE_LAG.labels(line.name).set(sum(place.end - place.position for place in places.values()))
        page, content_type = exposition()
        return web.Response(body=page, headers={"content-type": content_type})

    async def _topology(self, _request: web.Request) -> web.Response:
        """By stage, what its group member has subscribed to in this moment."""
        running = [(line.name, line.group, line.subscriptions()) for line in self._lines]
        running += [(member.name, member.group, member.subscriptions()) for member in self._members]
        return web.json_response(
            {name: {"group": group, "subscriptions": sorted(topics)} for name, group, topics in running}
        )
