"""Posts a schedule over HTTP as the providers would: paced, over few connections, again and again until it is taken."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from types import SimpleNamespace
from typing import Any, assert_never

import aiohttp
import stamina

from contracts.errors import TidingsError
from providers._kit.script import SimulatedCallback
from runtime.settings import Connection
from tidings.simulation.ledger import Tally
from tidings.simulation.schedule import Act, Posting, Registration

CONNECTIONS = 32
ANSWER_LIMIT_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
PATIENCE_S = 90.0
"""How long one post is tried. Providers try for hours; a run has to end."""


Answered = Callable[[int, float], object]
"""Takes the status with which a callback was answered, 0 when it was not, and how many seconds that took."""


class NotTaken(TidingsError):
    """A post was not answered as hoped; a provider would try again."""


@dataclass(frozen=True)
class Doors:
    """Where to knock, and for how long."""

    callbacks_url: str
    """Scheme, host and port of ingest."""
    api_url: str
    api_key: str = field(default="", repr=False)
    patience_s: float = PATIENCE_S


@dataclass
class Departures:
    """How often a request left for the server; a client may send one again by itself."""

    count: int = 0


class Poster:
    """Plays a schedule against the doors, and takes down in the ledger what came of it."""

    def __init__(
        self,
        doors: Doors,
        ledger: Tally,
        *,
        on_done: Callable[[Act], object] = lambda _act: None,
        on_answer: Answered = lambda _status, _took_s: None,
    ) -> None:
        self._doors = doors
        self._ledger = ledger
        self._on_done = on_done
        self._on_answer = on_answer
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def play(self, acts: Iterable[Act]) -> None:
        """Post every act when it is due, or as soon after as the doors allow; ends when all are taken or given up."""
        began = monotonic()
        async with counting_client() as client, asyncio.TaskGroup() as deliveries:
            for act in acts:
                await asyncio.sleep(max(0.0, began + act.due_s - monotonic()))
                await self._slots.acquire()
                deliveries.create_task(self._deliver(client, act))

    async def _deliver(self, client: aiohttp.ClientSession, act: Act) -> None:
        try:
            async for attempt in stamina.retry_context(
                on=(NotTaken, aiohttp.ClientError, TimeoutError),
                attempts=None,
                timeout=self._doors.patience_s,
                wait_initial=FIRST_PAUSE_S,
                wait_max=LONGEST_PAUSE_S,
                wait_jitter=FIRST_PAUSE_S,
            ):
                with attempt:
                    await self._post(client, act)
        except (NotTaken, aiohttp.ClientError, TimeoutError):
            self._ledger.gave_up()
        finally:
            self._slots.release()
            self._on_done(act)

    async def _post(self, client: aiohttp.ClientSession, act: Act) -> None:
        match act:
            case Posting():
                await self._post_callback(client, act)
            case Registration():
                await self._register(client, act)
            case _:
                assert_never(act)

    async def _post_callback(self, client: aiohttp.ClientSession, posting: Posting) -> None:
        callback, departures = posting.callback, Departures()
        # Until an answer tells, each departure may have been stored.
        certain = 0
        status, began = 0, monotonic()
        try:
            async with client.request(
                callback.method,
                address_of(callback, door_of(self._doors.callbacks_url, posting.actor.connection)),
                data=callback.body,
                headers=callback.headers,
                trace_request_ctx=departures,
            ) as answer:
                status, certain = answer.status, 1 if answer.status < 500 else 0
                if answer.status != 200:
                    raise NotTaken(f"the callback was answered with {answer.status}: {await answer.text()}")
                self._ledger.taken(posting)
        finally:
            self._on_answer(status, monotonic() - began)
            self._ledger.doubted(posting, departures.count - certain)

    async def _register(self, client: aiohttp.ClientSession, registration: Registration) -> None:
        headers = {"authorization": f"Bearer {self._doors.api_key}"}
        url = f"{self._doors.api_url}/v1/attempts"
        async with client.post(url, json=registration_body(registration), headers=headers) as answer:
            if answer.status >= 300:
                raise NotTaken(f"the registration was answered with {answer.status}: {await answer.text()}")
            self._ledger.registered(registration)


def door_of(callbacks_url: str, connection: Connection) -> str:
    """Where the provider of `connection` knocks, with its token; hints go behind it."""
    token = [connection.tokens[0].get_secret_value()] if connection.tokens else []
    return "/".join([callbacks_url.rstrip("/"), "callbacks", connection.provider, connection.name, *token])


def address_of(callback: SimulatedCallback, door: str) -> str:
    """Where the callback goes when its send named no other place."""
    return (f"{door}/{callback.hint}" if callback.hint else door) + (f"?{callback.query}" if callback.query else "")


def registration_body(registration: Registration) -> dict[str, Any]:
    """What our user's own code would tell the API about an attempt."""
    script = registration.script
    return {
        "provider": registration.actor.connection.provider,
        "connection": registration.actor.connection.name,
        "root_id": registration.root_id,
        "message_id": registration.message_id,
        "channel": script.steps[0].channel,
        "recipient": script.recipient,
        "sender": script.sender,
        "sent_at": script.sent_at.isoformat(),
    }


def counting_client() -> aiohttp.ClientSession:
    """A client that counts in a request's `Departures`, given as its trace context, how often it left."""
    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(_count_departure)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=ANSWER_LIMIT_S),
        trace_configs=[trace],
    )


async def _count_departure(
    _client: aiohttp.ClientSession, context: SimpleNamespace, _sent: aiohttp.TraceRequestHeadersSentParams
) -> None:
    if isinstance(departures := context.trace_request_ctx, Departures):
        departures.count += 1
