"""The local ports of the processes, and any other port, as a test says they answer."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from runtime.broker.ports import free_port
from runtime.settings import ApiSettings, IngestSettings, StreamsSettings
from runtime.version import installed_version

NOTHING_COUNTED = f'tidings_version_info{{version="{installed_version()}"}} 1\n'


@dataclass
class FakeDoor:
    """How one process answers; its metrics may be changed while it is asked."""

    status: int = 200
    told: dict[str, Any] = field(default_factory=lambda: {"reason": ""})
    page: str = NOTHING_COUNTED
    date: datetime | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    """What an API would say, by its path."""

    async def readyz(self, _request: web.Request) -> web.Response:
        headers = {"Date": format_datetime(self.date, usegmt=True)} if self.date else {}
        return web.json_response(self.told, status=self.status, headers=headers)

    async def metrics(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.page)

    async def v1(self, request: web.Request) -> web.Response:
        if request.headers.get("authorization") != "Bearer a-key":
            return web.json_response({"title": "The key is not known"}, status=401)
        return web.json_response(self.answers[request.path])


@asynccontextmanager
async def served(door: FakeDoor, port: int | None = None) -> AsyncIterator[int]:
    """The port at which it answers, for the time of the block."""
    port = port or free_port()
    app = web.Application()
    routes = (("/readyz", door.readyz), ("/metrics", door.metrics), ("/v1/{tail:.*}", door.v1))
    app.add_routes([web.get(path, answer) for path, answer in routes])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield port
    finally:
        await runner.cleanup()


@asynccontextmanager
async def doors(**told: FakeDoor) -> AsyncIterator[dict[str, Any]]:
    """The sections of the settings under which these processes are found; nobody listens for those not given."""
    async with AsyncExitStack() as stack:
        ports = {name: await stack.enter_async_context(served(door)) for name, door in told.items()}
        yield {
            "ingest": IngestSettings(admin_port=ports.get("ingest") or free_port()),
            "streams": StreamsSettings(admin_port=ports.get("streams") or free_port()),
            "api": ApiSettings(port=ports.get("api") or free_port()),
        }
