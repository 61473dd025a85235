"""The life of one message, and what people answer: the simulator writes it, a provider's own simulator plays it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
    root_id: str | None = None
    """The id that the provider's API gave; null: the simulator draws one."""
    external_id: str | None = None
    """What the send called itself, where the provider's reports carry that."""
    extras: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The order's: what the simulated API remembered of the send."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person writes back, as a provider's own simulator plays it."""

    number: int
    seed: int
    author: str
    addressee: str
    text: str
    at: datetime
    channel: Channel
    root_id: str | None = None
    """The message that is answered; null: the person writes unasked."""
    extras: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The extras of the order that is answered."""


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
    kind: str = "delivery"
    """`delivery`, `seen` or `inbound`: a send may name another address for each."""
    query: str = ""
    """What follows the path, without the question mark, where the provider speaks in the URL."""
