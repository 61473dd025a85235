"""The APIs of the providers over real HTTP: what their senders and look-ups call in a rehearsal of the whole house."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Self

import structlog
from aiohttp import web

from contracts.errors import ConfigurationInvalid
from providers._kit.desk import ApiCall, ApiReply
from providers._kit.rehearsal import refusal
from runtime.clock import Clock, SystemClock
from tidings.simulation.calling_back import CallingBack
from tidings.simulation.fates import Calls, mark_in
from tidings.simulation.faults import hindrances
from tidings.simulation.ledger import Tally
from tidings.simulation.played import PlayedDesk, Staging
from tidings.simulation.schedule import Actor
from tidings.simulation.truth import Account, Message

HOST = "127.0.0.1"
LARGEST_REQUEST = 1024 * 1024
LATE_S = 3.0
"""How late a slow answer is: lives may be played fast, but who calls has no other clock than ours."""
LIVE_LONG_S = 1.0
"""How long requests under way have at the end."""

log = structlog.get_logger()


@dataclass
class _Counter:
    """Where one connection's calls are answered."""

    actor: Actor
    desk: PlayedDesk
    name: str = field(default="")

    def hindrances(self, call: ApiCall, staging: Staging, calls: Calls | None) -> Sequence[str]:
        """What befalls the call; a send that carries a mark has its fate, whatever befalls others."""
        if calls and (mark := mark_in(call.body)):
            return calls.befalls(mark)
        fate = Random(f"{staging.seed}:{self.name}:call:{self.desk.account.calls}")  # noqa: S311  # a play, not a secret
        return hindrances(staging.faults, fate)

    def serve(self, call: ApiCall) -> ApiReply:
        if self.actor.provider.serve is None:
            return ApiReply(status=404, body=b'{"error": "this provider has no simulated API"}')
        self.desk.mark = mark_in(call.body)
        return self.actor.provider.serve(call, self.desk, self.actor.settings)


class StandIn:
    """Stands in for the providers of some connections, each under `/{provider}/{connection}`; use as an async context.

    What it takes gets a life, and the callbacks of it go out to the send's own addresses, else to the doors below
    `callbacks_url`.
    """

    def __init__(
        self,
        cast: Sequence[Actor],
        staging: Staging,
        *,
        callbacks_url: str,
        port: int = 0,
        clock: Clock | None = None,
        ledger: Tally | None = None,
    ) -> None:
        """`ledger` is told of the callbacks, as it is of those that are played without sends."""
        self._staging = staging
        self._calls = Calls(staging.fates) if staging.fates else None
        self._clock = clock or SystemClock()
        self._counters = {
            (actor.connection.provider, actor.connection.name): _Counter(
                actor, PlayedDesk(actor, staging, self._clock), f"{actor.connection.provider}/{actor.connection.name}"
            )
            for actor in cast
        }
        self._place = (HOST, port)
        self._calling_back = CallingBack(callbacks_url, self._clock, speed=staging.speed, ledger=ledger)
        self.url = ""

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=LARGEST_REQUEST)
        application.router.add_route("*", "/{provider}/{connection}/{rest:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=LIVE_LONG_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, *self._place).start()
        except OSError as exc:
            await self._runner.cleanup()
            raise ConfigurationInvalid(f"nobody can listen at {self._place[0]}:{self._place[1]}: {exc}") from exc
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        await self._calling_back.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()
        await self._calling_back.__aexit__(*exc)

    def base_url(self, provider: str, connection: str) -> str:
        """What the connection's `base_url` is to be."""
        return f"{self.url}/{provider}/{connection}"

    async def quiet(self) -> None:
        """Returns when no callback is on its way any more."""
        await self._calling_back.quiet()

    @property
    def accounts(self) -> dict[str, Account]:
        """By provider and connection."""
        return {counter.name: counter.desk.account for counter in self._counters.values()}

    @property
    def messages(self) -> list[Message]:
        """All that were taken."""
        return [message for account in self.accounts.values() for message in account.messages]

    async def _answer(self, request: web.Request) -> web.Response:
        named = (request.match_info["provider"], request.match_info["connection"])
        counter = self._counters.get(named)
        if counter is None:
            return web.json_response({"error": f"no connection {'/'.join(named)} is simulated here"}, status=404)
        account = counter.desk.account
        account.calls += 1
        call = _call(request, await request.read())
        befallen = counter.hindrances(call, self._staging, self._calls)
        if "slow" in befallen:
            await asyncio.sleep(LATE_S)
        reply = self._reply(counter, call, befallen)
        self._set_out(counter)
        if {"cut", "lose"} & set(befallen) and request.transport is not None:
            request.transport.abort()
            reply = ApiReply(status=0, body=b"")
        account.answers[reply.status] += 1
        return web.Response(status=reply.status or 500, body=reply.body, headers=reply.headers)

    def _reply(self, counter: _Counter, call: ApiCall, befallen: Sequence[str]) -> ApiReply:
        if "throttle" in befallen:
            return refusal(counter.actor.provider.refuse, 429)
        if "fail" in befallen:
            return refusal(counter.actor.provider.refuse, 503)
        if "lose" in befallen:
            return ApiReply(status=0, body=b"")
        try:
            return counter.serve(call)
        except Exception:  # a fault of a simulated API is an answer of 500, as a provider's would be
            log.exception("simulated_api_failed", connection=counter.name, path=call.path)
            return ApiReply(status=500, body=b"")

    def _set_out(self, counter: _Counter) -> None:
        begun, counter.desk.begun = counter.desk.begun, []
        for message, coming in begun:
            self._calling_back.begin(counter.actor, message, coming)


def _call(request: web.Request, body: bytes) -> ApiCall:
    """As the provider would see it: without our prefix."""
    _, _, _, rest = request.rel_url.raw_path.split("/", 3)
    return ApiCall(
        method=request.method,
        path=f"/{rest}",
        query=request.rel_url.raw_query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
