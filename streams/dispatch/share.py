"""One partition for as long as this process has it: its ledger, and the sends that are not settled.

A command is judged only when the ledger covers its time; until the log has been read from there, it waits.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from contracts.plans import CommandTold, SendClaimed, SendCommanded, SendOutcome, SendWithdrawn
from streams.dispatch.errand import Errand, Tenure
from streams.dispatch.ledger import Ledger, Standing

Route = Callable[[Errand], None]
"""Takes an errand that has to be run, or is in doubt."""


class ReadUp(Protocol):
    """Reads claims and outcomes of a partition, and goes on reading them."""

    async def __call__(self, partition: int, since_ms: int) -> None:
        """Returns when all that was written by now, about commands since then, was heard."""


class Share:
    """What commands, claims and outcomes of one partition come to."""

    def __init__(self, partition: int, claimant: str, *, read_up: ReadUp, route: Route) -> None:
        self.partition = partition
        self.ledger = Ledger(claimant)
        self.tenure = Tenure()
        self._read_up = read_up
        self._route = route
        self._errands: dict[str, Errand] = {}
        self._unread: deque[tuple[int, int, CommandTold | None]] = deque()
        self._has_unread = asyncio.Event()

    @property
    def position(self) -> int:
        """What may be committed; 0 while nothing was read."""
        return self._unread[0][0] if self._unread and not self.ledger.open_count else self.ledger.position

    @property
    def unread_count(self) -> int:
        """Commands that wait to be judged."""
        return len(self._unread)

    def read(self, offset: int, stamp_ms: int, told: CommandTold | None) -> None:
        """A record of `commands`, in its order; null when nobody can read it."""
        self._unread.append((offset, stamp_ms, told))
        self._has_unread.set()

    async def run(self) -> None:
        """Judge what was read, until the partition is somebody else's."""
        while not self.tenure.is_over:
            if not self._unread:
                self._has_unread.clear()
                await self._has_unread.wait()
                continue
            earliest_ms = min(stamp_ms for _, stamp_ms, _ in self._unread)
            if not self.ledger.covers(earliest_ms):
                await self._read_up(self.partition, earliest_ms)
                self.ledger.cover(earliest_ms)
            self._judge_all()

    def _judge_all(self) -> None:
        """What is covered. Settling forgets, and may leave the rest to be read up on."""
        while self._unread and self.ledger.covers(self._unread[0][1]):
            self._judge(*self._unread.popleft())

    def _judge(self, offset: int, stamp_ms: int, told: CommandTold | None) -> None:
        match told:
            case None:
                self.ledger.pass_by(offset)
            case SendWithdrawn():
                self.ledger.pass_by(offset)
                if errand := self._errands.get(told.send_id):
                    errand.is_unwanted = True
            case SendCommanded():
                standing = self.ledger.command(offset, told.send_id, stamp_ms)
                if standing is not Standing.DONE and told.send_id not in self._errands:
                    errand = Errand(told, stamp_ms, self.ledger, self.tenure, self.let_go)
                    self._errands[told.send_id] = errand
                    self._route(errand)

    def hear_claim(self, offset: int, claim: SendClaimed, stamp_ms: int) -> None:
        self.ledger.hear_claim(offset, claim, stamp_ms)
        self._tell(claim.send_id)

    def hear_outcome(self, told: SendOutcome, stamp_ms: int) -> None:
        self.ledger.hear_outcome(told, stamp_ms)
        self._tell(told.send_id)

    def let_go(self, send_id: str) -> None:
        """It stays in doubt; nobody waits for it here any more."""
        self.ledger.give_up(send_id)
        self._tell(send_id)

    def end(self) -> None:
        """The partition is somebody else's from now on."""
        self.tenure.is_closing = self.tenure.is_over = True
        self._has_unread.set()
        for errand in self._errands.values():
            errand.news.set()

    def _tell(self, send_id: str) -> None:
        errand = self._errands.get(send_id)
        if errand is not None:
            errand.news.set()
            if errand.standing is Standing.DONE:
                del self._errands[send_id]
