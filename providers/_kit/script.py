"""The life of one message, as the simulator writes it and a provider's own simulator plays it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` the message is in `status`, on `channel`."""

    status: DeliveryStatus
    at: datetime
    channel: Channel


@dataclass(frozen=True, slots=True)
class Script:
    """One message from the send to its end; steps are in the order they happen."""

    number: int
    """Its place in the run; with `seed` all else about it is decided."""
    seed: int
    recipient: str
    sender: str
    sent_at: datetime
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SimulatedCallback:
    """One HTTP request a provider would send, ready to go out, and what it will amount to."""

    method: str
    hint: str
    """What follows the connection in the path."""
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    root_id: str
    expected_items: int
    """How many items the callback holds."""
