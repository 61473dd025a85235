"""What is done with one send when its turn has come: claimed, checked once more, called, answered.

Only who has the first claim says what came of a send, also when nothing has: a send that one process withdraws cannot
be made by another at the same time.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from contracts.errors import ConfigurationInvalid, SendError, SendInDoubt, SessionRequired, TidingsError
from contracts.sends import SendRequest
from runtime.clock import Clock
from runtime.metrics import CLAIMS_LOST, DOUBTS
from streams.dispatch.caller import Caller, ClaimStale
from streams.dispatch.doubts import LEFT_BEHIND, Doubts
from streams.dispatch.errand import Errand
from streams.dispatch.journal import Journal
from streams.dispatch.ledger import Standing
from streams.dispatch.verdicts import CANNOT_SEND, CLAIM_STALE, TOO_LATE, UNWANTED, refused, unmade, withdrawn

Objection = Callable[[str, SendRequest, datetime], str | None]
"""Why the rules of a conversation forbid a request over a connection of that account at that moment; null: nothing."""
Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Lets something go on beside."""


class Runner:
    """Runs the sends of one connection; `caller` is null where nothing can be sent."""

    def __init__(
        self,
        caller: Caller | None,
        journal: Journal,
        doubts: Doubts,
        clock: Clock,
        *,
        objection: Objection,
        spawn: Spawn,
    ) -> None:
        self._caller = caller
        self._journal = journal
        self._doubts = doubts
        self._clock = clock
        self._objection = objection
        self._spawn = spawn

    async def run(self, errand: Errand) -> None:
        """Returns when its outcome is written, or somebody else's affair."""
        claimed_s = self._clock.monotonic()
        if not await self._claim(errand):
            return
        if why := self.reason_to_withdraw(errand):
            await self._withdraw(errand, why)
        elif self._caller is None:
            await self._refuse(errand, ConfigurationInvalid, CANNOT_SEND)
        elif why := self._forbidden_because(errand):
            await self._refuse(errand, SessionRequired, why)
        else:
            await self._call(errand, self._caller, claimed_s)

    async def _refuse(self, errand: Errand, error: type[TidingsError], why: str) -> None:
        await self._journal.tell(errand, unmade(errand.command, error, why, self._clock.now()))

    async def withdraw(self, errand: Errand, why: str) -> None:
        """Say that it never left, when nobody else has it in hand."""
        if await self._claim(errand):
            await self._withdraw(errand, why)

    def clear_up(self, errand: Errand, doubt: SendInDoubt = LEFT_BEHIND) -> None:
        """See to a send that may have been made; that goes on beside."""
        self._spawn(self._clear_up(errand, doubt))

    def reason_to_withdraw(self, errand: Errand) -> str | None:
        if errand.is_unwanted:
            return UNWANTED
        return TOO_LATE if self._clock.now() >= errand.command.give_up_at else None

    async def _claim(self, errand: Errand) -> bool:
        """Whether the send is ours to make, as the log has it."""
        if errand.standing is Standing.TO_DO:
            await self._journal.claim(errand, errand.ledger.claimant)
        standing = await errand.until_claimed()
        if standing is Standing.THEIRS:
            CLAIMS_LOST.labels(*self._journal.labels).inc()
            self.clear_up(errand)
        return standing is Standing.OURS

    async def _call(self, errand: Errand, caller: Caller, claimed_s: float) -> None:
        try:
            answer, sent_at = await caller.call(errand, claimed_s=claimed_s)
        except ClaimStale:
            await self._withdraw(errand, CLAIM_STALE)
        except SendInDoubt as exc:
            self.clear_up(errand, exc)
        except SendError as exc:
            await self._journal.tell(errand, refused(errand.command, exc, self._clock.now()))
        else:
            await self._journal.accept(errand, answer, sent_at)

    async def _withdraw(self, errand: Errand, why: str) -> None:
        await self._journal.tell(errand, withdrawn(errand.command, why, self._clock.now()))

    async def _clear_up(self, errand: Errand, doubt: SendInDoubt) -> None:
        with DOUBTS.labels(*self._journal.labels).track_inprogress():
            await self._doubts.clear_up(errand, doubt)

    def _forbidden_because(self, errand: Errand) -> str | None:
        return self._objection(errand.command.account, errand.command.request, self._clock.now())
