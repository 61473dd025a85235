"""Messages with plans, registered as a product does: Viber first, and an SMS of another provider behind it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Any

import aiohttp
import stamina

from contracts.identity import new_message_id
from contracts.vocabulary import Channel
from runtime.clock import Clock
from runtime.settings import Connection
from tidings.simulation.author import SENDERS, drawn_recipient
from tidings.simulation.fates import Fates, Mark
from tidings.simulation.post import ANSWER_LIMIT_S, FIRST_PAUSE_S, LONGEST_PAUSE_S, Doors, NotTaken

AT_ONCE = 10
"""Messages of one request."""
CAMPAIGN = "parcels"
CHANNELS = (Channel.VIBER, Channel.SMS)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Which messages there are: each goes over two of `connections` that follow one another, in turns."""

    connections: Sequence[Connection]
    fates: Fates
    waits_s: tuple[int, int]
    """How long Viber has, and the SMS."""
    in_doubt: str = "hold"

    def connection(self, mark: Mark) -> Connection:
        """Over which the step goes."""
        return self.connections[(mark.number + mark.step) % len(self.connections)]

    def body(self, number: int, message_id: str) -> dict[str, Any]:
        """The message as `POST /v1/messages` takes it."""
        chance = Random(f"{self.fates.seed}:{number}:planned")  # noqa: S311  # a play, not a secret
        sender, recipient = chance.choice(SENDERS), drawn_recipient(chance)
        return {
            "message_id": message_id,
            "recipient": recipient,
            "campaign": CAMPAIGN,
            "in_doubt": self.in_doubt,
            "steps": [self._step(Mark(number, step), sender) for step in range(len(CHANNELS))],
        }

    def _step(self, mark: Mark, sender: str) -> dict[str, Any]:
        connection = self.connection(mark)
        return {
            "channel": CHANNELS[mark.step],
            "provider": connection.provider,
            "connection": connection.name,
            "sender": sender,
            "wait_s": self.waits_s[mark.step],
            "content": {"kind": "text", "text": f"Your parcel {mark} is on its way"},
        }


@dataclass
class Planner:
    """Registers the messages of a campaign, and remembers which id each has."""

    campaign: Campaign
    doors: Doors
    clock: Clock
    numbers: dict[str, int] = field(default_factory=dict)
    """Of the messages that were taken, by their ids."""
    doubtful: dict[str, int] = field(default_factory=dict)
    """Of those that were posted and never answered well."""

    async def register(self, rate_per_s: float, is_over: Callable[[int], bool]) -> None:
        """One list after the other, at that many messages a second, until `is_over` says so of a number."""
        began = monotonic()
        timeout = aiohttp.ClientTimeout(total=ANSWER_LIMIT_S)
        headers = {"authorization": f"Bearer {self.doors.api_key}"}
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as client:
            for numbers in _portions(is_over):
                await asyncio.sleep(max(0.0, began + numbers[0] / rate_per_s - monotonic()))
                await self._register(client, {new_message_id(self.clock.now_ms()): number for number in numbers})

    async def _register(self, client: aiohttp.ClientSession, messages: dict[str, int]) -> None:
        """The same ids again and again until they are taken: a message that is there already is not planned twice."""
        body = [self.campaign.body(number, message_id) for message_id, number in messages.items()]
        self.doubtful |= messages
        async for attempt in stamina.retry_context(
            on=(NotTaken, aiohttp.ClientError, TimeoutError),
            attempts=None,
            timeout=self.doors.patience_s,
            wait_initial=FIRST_PAUSE_S,
            wait_max=LONGEST_PAUSE_S,
            wait_jitter=FIRST_PAUSE_S,
        ):
            with attempt:
                await self._post(client, body)
        self.numbers |= messages
        for message_id in messages:
            del self.doubtful[message_id]

    async def _post(self, client: aiohttp.ClientSession, body: list[dict[str, Any]]) -> None:
        async with client.post(f"{self.doors.api_url}/v1/messages", json=body) as answer:
            if answer.status != 202:
                raise NotTaken(f"the plans were answered with {answer.status}: {await answer.text()}")


def _portions(is_over: Callable[[int], bool]) -> Iterator[list[int]]:
    numbers = list[int]()
    number = 0
    while not is_over(number):
        numbers.append(number)
        if len(numbers) == AT_ONCE:
            yield numbers
            numbers = []
        number += 1
    if numbers:
        yield numbers
