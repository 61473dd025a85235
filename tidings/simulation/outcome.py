"""What must be true when a play is over."""

from dataclasses import asdict, dataclass
from typing import Any

from contracts.status import DeliveryStatus


@dataclass(frozen=True, slots=True)
class ProviderOutcome:
    """The account of one provider. More may have been received, and all of that as repeats."""

    callbacks: int = 0
    """Answered with 200."""
    items: int = 0
    distinct: int = 0
    """Different facts among the items; the rest are repeats."""
    parked: int = 0
    """Distinct facts about attempts that nobody registered."""
    quarantined: int = 0
    doubtful_items: int = 0
    """Items of posts whose answer was lost: each may have been stored once more."""

    @property
    def repeated(self) -> int:
        return self.items - self.distinct - self.quarantined


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """Where one attempt must have ended."""

    provider: str
    connection: str
    root_id: str
    message_id: str | None
    """Ours, when it was registered."""
    status: DeliveryStatus
    is_conflict: bool
    reports: int
    """Distinct ones."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What must be true."""

    providers: dict[str, ProviderOutcome]
    attempts: list[AttemptOutcome]
    given_up: int = 0
    """Posts and registrations that were never taken, whatever the patience; their facts are in no other number."""

    def as_json(self) -> dict[str, Any]:
        described = asdict(self)
        for slug, outcome in self.providers.items():
            described["providers"][slug]["repeated"] = outcome.repeated
        return described
