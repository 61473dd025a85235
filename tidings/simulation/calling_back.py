"""Posts the callbacks of a stand-in when they are due, and again as its provider would, until they are taken."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

import aiohttp
import structlog
from yarl import URL

from runtime.clock import Clock
from tidings.simulation.faults import Due
from tidings.simulation.ledger import Tally
from tidings.simulation.post import CONNECTIONS, Departures, address_of, counting_client, door_of
from tidings.simulation.schedule import Actor, Posting
from tidings.simulation.truth import Message

OK, BROKEN = 200, 500
AGAIN_S = 1.0

log = structlog.get_logger()


class CallingBack:
    """Use as an async context; what has not gone out at its end never does."""

    def __init__(self, callbacks_url: str, clock: Clock, *, speed: float, ledger: Tally | None = None) -> None:
        self._callbacks_url = callbacks_url
        self._clock = clock
        self._speed = speed
        self._ledger = ledger
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._client = counting_client()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.close()

    def begin(self, actor: Actor, message: Message, coming: Iterable[Due]) -> None:
        """From now on they go out when they are due."""
        for due in coming:
            task = asyncio.get_running_loop().create_task(self._deliver(actor, message, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def quiet(self) -> None:
        """Returns when nothing is on its way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _deliver(self, actor: Actor, message: Message, due: Due) -> None:
        await self._wait_for(due.at)
        if due.is_forged:
            message.forged_taken += await self._post(self._address(actor, message, due), due, Departures()) == OK
            return
        is_doubted = False
        for after_s in (0.0, *actor.provider.retries_s):
            await self._wait_for(due.at + timedelta(seconds=after_s / self._speed))
            status, doubts = await self._offer(actor, message, due)
            if status == OK:
                message.taken += 1
                return
            is_doubted = is_doubted or doubts > 0
        # Whoever keeps books has to know in the end, so they ask once more, and again, where a provider never would.
        if is_doubted and self._ledger is not None and await self._is_taken_at_last(actor, message, due):
            message.taken += 1
        else:
            message.given_up += 1

    async def _is_taken_at_last(self, actor: Actor, message: Message, due: Due) -> bool:
        while True:
            status, _ = await self._offer(actor, message, due)
            if 0 < status < BROKEN:
                return status == OK
            await asyncio.sleep(AGAIN_S)

    async def _offer(self, actor: Actor, message: Message, due: Due) -> tuple[int, int]:
        """The status of the answer, and how often it may have been stored although none says so."""
        posting, departures = Posting(0.0, 0, actor, due.callback), Departures()
        status = await self._post(self._address(actor, message, due), due, departures)
        doubts = departures.count - (0 < status < BROKEN)
        if self._ledger is not None:
            self._ledger.doubted(posting, doubts)
            if status == OK:
                self._ledger.taken(posting)
        return status, doubts

    async def _wait_for(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self._clock.now()).total_seconds()))

    def _address(self, actor: Actor, message: Message, due: Due) -> str:
        """The send's own address for this kind of callback, else the connection's door."""
        door = door_of(self._callbacks_url, actor.connection)
        url = message.order.urls.get(due.callback.kind) or address_of(due.callback, door)
        if due.is_forged:
            for token in actor.connection.tokens:
                url = url.replace(token.get_secret_value(), "f" * 32)
        return url

    async def _post(self, url: str, due: Due, departures: Departures) -> int:
        """The status of the answer; 0 when there was none."""
        callback = due.callback
        try:
            async with (
                self._slots,
                self._client.request(
                    callback.method,
                    URL(url, encoded=True),
                    data=callback.body,
                    headers=callback.headers,
                    allow_redirects=False,
                    trace_request_ctx=departures,
                ) as answer,
            ):
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
            log.info("callback_not_answered", reason=type(exc).__name__)
            return 0
