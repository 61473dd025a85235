"""Sends of which nobody knows whether they were made: told as such at once, and looked up for a while.

What ends a doubt: an outcome that somebody else tells, what the provider says when it is asked, or nothing. Then it
stays with `fallback` and with people, who see it, and the first report that carries the send's id still ends it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.errors import ProviderUnavailable, SendError, SendInDoubt
from runtime.clock import Clock
from streams.dispatch.caller import Caller
from streams.dispatch.errand import Errand
from streams.dispatch.journal import Journal
from streams.dispatch.ledger import Standing
from streams.dispatch.verdicts import refused

LEFT_BEHIND = SendInDoubt("who claimed it did not say what came of it; the provider is asked, where it can be asked")


@dataclass(frozen=True, kw_only=True)
class Searching:
    """How long a doubt is looked into."""

    answer_within_s: float = 25.0
    """So long after the claim of somebody else its outcome may still come: a call, and what is done around it."""
    not_taken_after_s: float = 30.0
    """From then on a provider that does not know the send has not taken it; before that it may be slow to know."""
    give_up_after_s: float = 300.0
    first_pause_s: float = 1.0
    longest_pause_s: float = 30.0


class Doubts:
    """Of one connection; `caller` is null where nothing can be sent and nobody asked."""

    def __init__(self, caller: Caller | None, journal: Journal, clock: Clock, searching: Searching) -> None:
        self._caller = caller
        self._journal = journal
        self._clock = clock
        self._searching = searching

    async def clear_up(self, errand: Errand, doubt: SendInDoubt = LEFT_BEHIND) -> None:
        """Returns when it is settled, one way or another, or the partition is gone."""
        if errand.standing is Standing.THEIRS and await errand.until_done(self._patience_s(errand)):
            return
        is_seen_to = errand.tenure.is_closing and errand.standing is Standing.THEIRS
        if not is_seen_to and not errand.ledger.is_told(errand.send_id):
            await self._journal.tell(errand, refused(errand.command, doubt, self._clock.now()))
        await self._search(errand)
        if not errand.tenure.is_closing and errand.standing is not Standing.DONE:
            errand.let_go(errand.send_id)

    async def _search(self, errand: Errand) -> None:
        until_s = self._clock.monotonic() + self._searching.give_up_after_s
        pause_s = self._searching.first_pause_s
        while not errand.tenure.is_closing and not await self._find(errand):
            left_s = until_s - self._clock.monotonic()
            if left_s <= 0 or await errand.until_done(min(pause_s, left_s)):
                return
            pause_s = min(2 * pause_s, self._searching.longest_pause_s)

    async def _find(self, errand: Errand) -> bool:
        """Whether the doubt is ended, by the provider or by somebody else."""
        if self._caller is None or errand.standing is Standing.DONE:
            return errand.standing is Standing.DONE
        try:
            found = await self._caller.find(errand)
        except SendError:
            return False
        if found is not None:
            await self._journal.accept(errand, found, self._claimed_at(errand))
        elif self._clock.now() >= self._claimed_at(errand) + timedelta(seconds=self._searching.not_taken_after_s):
            not_taken = ProviderUnavailable("the provider does not know it, and would by now")
            await self._journal.tell(errand, refused(errand.command, not_taken, self._clock.now()))
        else:
            return False
        return True

    def _patience_s(self, errand: Errand) -> float:
        """How long the outcome of somebody else's claim may still come by itself."""
        passed_s = (self._clock.now() - self._claimed_at(errand)).total_seconds()
        return min(max(self._searching.answer_within_s - passed_s, 0.0), self._searching.answer_within_s)

    def _claimed_at(self, errand: Errand) -> datetime:
        claim = errand.ledger.claim_of(errand.send_id)
        return claim.claimed_at if claim else errand.command.give_up_at
