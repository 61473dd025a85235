"""What the log tells of the sends of one partition: who may make them, and which are settled. Pure.

Claims are a log. Whoever wants to make a send writes a claim, and reads on until it sees a claim of that send; the
first one counts, and so everybody sees the same. A send whose first claim is somebody else's, and which has no outcome,
is in doubt: nobody but the claimant knows whether it was made, and the claimant may be dead.

A ledger knows everything about the sends that were commanded at `since_ms` or later, by Kafka's time of their commands.
Claims carry that time too, and outcomes a later one, so who reads both topics from there has seen all that counts.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum, auto

from contracts.plans import Outcome, SendClaimed, SendOutcome

MOST_REMEMBERED = 50_000
"""Settled sends of a partition, so that a command that is written twice need not be read up on."""
NOTHING_KNOWN = 2**63 - 1


class Standing(Enum):
    """What is to be done about a send."""

    TO_DO = auto()
    """Nobody has claimed it."""
    OURS = auto()
    THEIRS = auto()
    """Somebody else has claimed it, and what came of it is not told: a doubt."""
    DONE = auto()


@dataclass(slots=True)
class Known:
    """What was read of one send."""

    stamp_ms: int
    """Kafka's time of its command."""
    first_at: int | None = None
    """The offset of the first claim."""
    claim: SendClaimed | None = None
    outcome: Outcome | None = None
    is_given_up: bool = False
    """It stays in doubt as far as we are concerned."""
    open_at: list[int] = field(default_factory=list)
    """Where it was commanded, as long as it is not settled."""

    @property
    def is_done(self) -> bool:
        return self.is_given_up or self.outcome not in {None, Outcome.IN_DOUBT}


class Ledger:
    """One partition in the eyes of `claimant`, a name that nobody else has and that is used for no second ledger."""

    def __init__(self, claimant: str, *, most_remembered: int = MOST_REMEMBERED) -> None:
        self.claimant = claimant
        self.since_ms = NOTHING_KNOWN
        self._most_remembered = most_remembered
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._open: OrderedDict[int, None] = OrderedDict()
        self._read_to = 0

    @property
    def position(self) -> int:
        """From where somebody would have to read commands to miss none that is not settled."""
        return next(iter(self._open), self._read_to)

    @property
    def open_count(self) -> int:
        return len(self._open)

    def covers(self, stamp_ms: int) -> bool:
        """Whether what is known suffices to judge a send that was commanded then."""
        return stamp_ms >= self.since_ms

    def cover(self, since_ms: int) -> None:
        """All claims and outcomes since then have been read."""
        self.since_ms = min(self.since_ms, since_ms)

    def pass_by(self, offset: int) -> None:
        """A record of `commands` that is no send was read."""
        self._read_to = max(self._read_to, offset + 1)

    def command(self, offset: int, send_id: str, stamp_ms: int) -> Standing:
        """A send was commanded, perhaps once more; its time must be covered."""
        self.pass_by(offset)
        known = self._of(send_id, stamp_ms)
        if not known.is_done:
            known.open_at.append(offset)
            self._open[offset] = None
        return self.standing(send_id)

    def hear_claim(self, offset: int, claim: SendClaimed, stamp_ms: int) -> None:
        """In any order and any number of times: the first on the log counts, not the first that is heard."""
        known = self._of(claim.send_id, stamp_ms)
        if known.first_at is None or offset < known.first_at:
            known.first_at, known.claim = offset, claim

    def hear_outcome(self, told: SendOutcome, stamp_ms: int) -> None:
        """The better of two outcomes counts."""
        known = self._of(told.send_id, stamp_ms)
        known.outcome = max(known.outcome or told.outcome, told.outcome, key=tuple(Outcome).index)
        self._settle(known)

    def give_up(self, send_id: str) -> None:
        """It stays in doubt; others are told and see to it."""
        known = self._known[send_id]
        known.is_given_up = True
        self._settle(known)

    def standing(self, send_id: str) -> Standing:
        """Of a send that was commanded."""
        known = self._known.get(send_id)
        if known is None:
            return Standing.TO_DO
        if known.is_done:
            return Standing.DONE
        if known.claim is None:
            return Standing.TO_DO if known.outcome is None else Standing.THEIRS
        return Standing.OURS if known.claim.claimant == self.claimant else Standing.THEIRS

    def claim_of(self, send_id: str) -> SendClaimed | None:
        """The one that counts."""
        known = self._known.get(send_id)
        return known.claim if known else None

    def is_told(self, send_id: str) -> bool:
        """Whether some outcome is known."""
        known = self._known.get(send_id)
        return known is not None and known.outcome is not None

    def _of(self, send_id: str, stamp_ms: int) -> Known:
        return self._known.setdefault(send_id, Known(stamp_ms))

    def _settle(self, known: Known) -> None:
        if known.is_done:
            for offset in known.open_at:
                del self._open[offset]
            known.open_at.clear()
            self._forget()

    def _forget(self) -> None:
        """The oldest that are not open; from then on sends of their time would have to be read up on."""
        while len(self._known) > self._most_remembered + len(self._open):
            send_id, known = self._known.popitem(last=False)
            if known.open_at:
                self._known[send_id] = known
            else:
                self.since_ms = max(self.since_ms, known.stamp_ms + 1)
