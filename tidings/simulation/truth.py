"""What is true of the messages that a simulated provider has taken, and what it has told of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from contracts.status import NO_EVIDENCE, DeliveryStatus, Evidence, evidence, join, status_of_cascade
from contracts.vocabulary import Channel
from providers._kit.desk import Order
from providers._kit.script import Step
from tidings.simulation.fates import Mark


@dataclass
class Message:
    """One message: its true life, what is told of it, and what became of its callbacks."""

    provider: str
    connection: str
    order: Order
    steps: tuple[Step, ...]
    told_status: DeliveryStatus = DeliveryStatus.UNKNOWN
    """Where it stands for who is told all that its provider knows."""
    faults: list[str] = field(default_factory=list)
    mark: Mark | None = None
    """Which step of which message with a plan it is."""
    forbids_fallback: bool = False
    """It is told to have ended for a reason that no other way cures."""
    is_answered: bool = False
    """The person writes back."""
    callbacks: int = 0
    """That are to come, with copies and replies and without forged ones."""
    taken: int = 0
    """Of those, answered with 200."""
    given_up: int = 0
    forged: int = 0
    forged_taken: int = 0
    """Forged ones that were let in. None ever may be."""

    @property
    def status(self) -> DeliveryStatus:
        """Where it truly stands at its end."""
        legs: dict[Channel, Evidence] = {}
        for step in self.steps:
            legs[step.channel] = join(legs.get(step.channel, NO_EVIDENCE), evidence(step.status))
        return status_of_cascade(NO_EVIDENCE, legs.values())

    def as_json(self) -> dict[str, Any]:
        """Without anybody's number."""
        return {
            "provider": self.provider,
            "connection": self.connection,
            "root_id": self.order.root_id,
            "external_id": self.order.external_id,
            "channels": self.order.channels,
            "status": self.status,
            "told_status": self.told_status,
            "faults": self.faults,
            "mark": str(self.mark) if self.mark else None,
            "steps": [{"status": step.status, "channel": step.channel, "at": step.at} for step in self.steps],
            "is_answered": self.is_answered,
            "callbacks": self.callbacks,
            "taken": self.taken,
            "given_up": self.given_up,
            "forged": self.forged,
            "forged_taken": self.forged_taken,
        }


@dataclass
class Account:
    """What one connection was asked, and how its API answered."""

    calls: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    """By status; 0 for connections that were cut."""
    messages: list[Message] = field(default_factory=list)

    def total(self, member: str) -> int:
        return sum(int(getattr(message, member)) for message in self.messages)

    def erred(self, fault: str) -> int:
        return sum(fault in message.faults for message in self.messages)

    def ended(self) -> Counter[str]:
        """How many messages truly stand where."""
        return Counter(str(message.status) for message in self.messages)


def as_lines(messages: Iterable[Message]) -> bytes:
    """One message a line, as JSON."""
    return b"".join(msgspec.json.encode(message.as_json()) + b"\n" for message in messages)
