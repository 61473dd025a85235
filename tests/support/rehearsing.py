"""Real senders, a stand-in for their providers, and a door that checks callbacks as ingest does, in one process."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from contracts.errors import CallbackRefused
from contracts.records import RawCallback
from ingest.routes import Routes, make_routes
from providers import load_providers
from providers._kit.facts import Item
from providers._kit.outbound import Client
from providers._kit.provider import CallbackRequest, Provider
from providers._kit.sending import Sender
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import Connection
from tidings.simulation.ledger import Tally
from tidings.simulation.played import Staging
from tidings.simulation.post import door_of
from tidings.simulation.schedule import Actor, cast_of
from tidings.simulation.server import StandIn

CLOCK = SystemClock()


def connections_of(slugs: Iterable[str], api_port: int) -> list[Connection]:
    """The made-up connections of these providers, with their APIs at a port of ours."""
    return [
        Connection(
            provider=slug,
            name="main",
            base_url=f"http://127.0.0.1:{api_port}/{slug}/main",
            may_call_private_addresses=True,
            calls_per_s=1000,
            **(load_providers()[slug].example or {}),
        )
        for slug in slugs
    ]


@dataclass
class Door:
    """Lets in what is authentic, and keeps what it amounts to."""

    routes: Routes
    url: str = ""
    sick_for: int = 0
    """So many callbacks more are answered with 503."""
    taken: list[tuple[Provider[Any], list[Item]]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        return [item for _, items in self.taken for item in items]

    async def answer(self, request: web.Request) -> web.Response:
        try:
            route, hint = self.routes.find(request.path)
            route.check_method(request.method)
            body = await request.read()
            headers = {name.lower(): value for name, value in request.headers.items()}
            route.verify(CallbackRequest(request.method, str(request.url), headers, body))
        except CallbackRefused as refusal:
            self.refused.append(refusal.http_status)
            return web.Response(status=refusal.http_status)
        if self.sick_for:
            self.sick_for -= 1
            return web.Response(status=503)
        provider = load_providers()[route.provider]
        raw = RawCallback(
            provider=route.provider,
            connection=route.connection,
            method=request.method,
            received_at=CLOCK.now(),
            body=body,
            query=request.rel_url.raw_query_string,
            hint=hint,
            content_type=headers.get("content-type", ""),
        )
        self.taken.append((provider, list(provider.normalise(raw))))
        return web.Response(status=200)


@dataclass
class Stage:
    """All of it."""

    door: Door
    stand_in: StandIn
    actors: dict[str, Actor]
    client: Client

    def sender(self, slug: str) -> Sender:
        actor = self.actors[slug]
        assert actor.provider.make_sender is not None
        return actor.provider.make_sender(actor.settings, self.client.outbound(slug, "main", actor.settings))

    def door_of(self, slug: str) -> str:
        return door_of(self.door.url, self.actors[slug].connection)


@asynccontextmanager
async def rehearsing(staging: Staging, *slugs: str, ledger: Tally | None = None) -> AsyncIterator[Stage]:
    port = free_port()
    connections = connections_of(slugs, port)
    door = Door(make_routes(connections, load_providers(), CLOCK))
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", door.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    door.url = "http://{}:{}".format(*runner.addresses[0])
    cast = cast_of(connections)
    try:
        async with (
            StandIn(cast, staging, callbacks_url=door.url, port=port, ledger=ledger) as stand_in,
            Client() as client,
        ):
            yield Stage(door, stand_in, {actor.provider.slug: actor for actor in cast}, client)
    finally:
        await runner.cleanup()
