"""The ledger, with a look-up over real HTTP: what it says of a message is what the test has written down for it."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from aiohttp import web

from contracts.errors import ConfigurationInvalid, ProviderUnavailable
from providers._kit.asking import LookUp, Patience, PolledAnswer, SilentAttempt
from providers._kit.sending import Outbound
from tests.support.ledger_provider import LEDGER, LedgerSettings

PATIENCE = Patience(first_after_s=1, again_after_s=5, remembers_s=60)


class AskedSettings(LedgerSettings):
    base_url: str = ""


@dataclass
class AskedLookUp:
    """One question a message, as most providers have it."""

    base_url: str
    outbound: Outbound
    most_at_once: int = 1
    tells_once: bool = False

    async def ask(self, silent: Sequence[SilentAttempt]) -> Sequence[PolledAnswer]:
        answer = await self.outbound.call("GET", f"{self.base_url}/messages/{silent[0].root_id}", headers={})
        if answer.status >= 500:
            raise ProviderUnavailable("it says that it failed", http_status=answer.status)
        return [PolledAnswer(body=answer.body, hint="polled")] if answer.status == 200 else []


def _make_look_up(settings: LedgerSettings, outbound: Outbound) -> LookUp:
    base_url = getattr(settings, "base_url", "")
    if not base_url:
        raise ConfigurationInvalid("base_url is missing; nobody can be asked")
    return AskedLookUp(base_url, outbound)


ASKED = replace(LEDGER, settings=AskedSettings, make_look_up=_make_look_up, patience=PATIENCE)


@dataclass
class AskedServer:
    """The provider. `known` is what it knows, by root id; `asked` how often it was asked about each."""

    known: dict[str, bytes] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    is_ill: bool = False
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        root_id = request.match_info["root_id"]
        self.asked[root_id] += 1
        if self.is_ill:
            return web.Response(status=503)
        found = self.known.get(root_id)
        return web.Response(status=404) if found is None else web.Response(body=found)


@asynccontextmanager
async def asked_server() -> AsyncIterator[AskedServer]:
    """One that listens, at a port of its own."""
    server, app = AskedServer(), web.Application()
    app.add_routes([web.get("/messages/{root_id}", server.answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
