"""All that a process dispatches: its shares of the commands, and its lanes to the providers. Knows no Kafka."""

import asyncio
from collections.abc import Iterable, Mapping
from itertools import count
from uuid import uuid4

from contracts.plans import CommandTold, SendClaimed, SendOutcome
from streams.dispatch.errand import Errand, Place
from streams.dispatch.lane import Lane
from streams.dispatch.runner import Spawn
from streams.dispatch.share import ReadUp, Share

POLL_S = 0.02
MOST_UNREAD = 2_000


class Board:
    """Brings what is read to the shares, and what is to be done to the lanes. `misfits` takes what has no lane."""

    def __init__(self, lanes: Mapping[Place, Lane], misfits: Lane, *, read_up: ReadUp, spawn: Spawn) -> None:
        self._lanes = lanes
        self._misfits = misfits
        self._read_up = read_up
        self._spawn = spawn
        self._shares: dict[int, Share] = {}
        self._life = uuid4().hex
        self._tenures = count()

    @property
    def partitions(self) -> frozenset[int]:
        return frozenset(self._shares)

    @property
    def positions(self) -> dict[int, int]:
        """By partition, from where somebody else would have to read commands."""
        return {number: share.position for number, share in self._shares.items() if share.position}

    @property
    def is_congested(self) -> bool:
        """Whether so much waits to be judged that no more is to be read."""
        return any(share.unread_count >= MOST_UNREAD for share in self._shares.values())

    def assign(self, partitions: Iterable[int]) -> None:
        """These are ours from now on. Whatever was claimed here before, also by us, is somebody else's claim."""
        for number in partitions:
            claimant = f"{self._life}-{next(self._tenures)}"
            share = Share(number, claimant, read_up=self._read_up, route=self._route)
            self._shares[number] = share
            self._spawn(share.run())

    async def close(self, partitions: Iterable[int], limit_s: float) -> None:
        """Begin nothing more there, and finish what is in hand within the limit."""
        closing = [self._shares[number] for number in partitions if number in self._shares]
        for share in closing:
            share.tenure.is_closing = True
        until_s = asyncio.get_running_loop().time() + limit_s
        lanes = [*self._lanes.values(), self._misfits]
        while any(lane.is_finishing for lane in lanes) and asyncio.get_running_loop().time() < until_s:  # noqa: ASYNC110  # a moment now and then is not worth an event for each send
            await asyncio.sleep(POLL_S)

    def end(self, partitions: Iterable[int]) -> None:
        """These are ours no more."""
        for number in partitions:
            if share := self._shares.pop(number, None):
                share.end()

    def read(self, partition: int, offset: int, stamp_ms: int, told: CommandTold | None) -> None:
        """A record of `commands`; null when nobody can read it."""
        if share := self._shares.get(partition):
            share.read(offset, stamp_ms, told)

    def hear(self, partition: int, offset: int, stamp_ms: int, told: SendClaimed | SendOutcome) -> None:
        """A record of `claims` or `outcomes`."""
        share = self._shares.get(partition)
        if share is None:
            return
        if isinstance(told, SendClaimed):
            share.hear_claim(offset, told, stamp_ms)
        else:
            share.hear_outcome(told, stamp_ms)

    def _route(self, errand: Errand) -> None:
        self._lanes.get(errand.place, self._misfits).put(errand)
