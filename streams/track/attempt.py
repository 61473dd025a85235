"""The state of one attempt, as small as it can be kept: there are millions."""

from datetime import datetime

import msgspec

from contracts.status import Evidence
from contracts.vocabulary import Channel, Scope


class Registered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of the registration, what reports may lack."""

    message_id: str | None = None
    channel: Channel | None = None
    recipient: str | None = None
    country: str | None = None
    sender: str | None = None
    campaign: str | None = None
    external_id: str | None = None


class KeptEnd(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of a bad end that was reported before the registration, what a fallback asks for."""

    forbids: bool
    """No other way cures it."""
    rank: int
    provider_code: str
    scope: Scope
    channel: Channel | None
    occurred_at: datetime | None


class AttemptState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Members are stored by place: append, never reorder."""

    first_ms: int
    """When the first record about the attempt reached us, not its replay; our ids are made from it."""
    heard_ms: int = 0
    """Kafka's time of the last record that said something new; from here its silence is counted."""
    units: dict[str, Evidence] = {}
    """See `evidence`. Empty until the first report."""
    parts_counts: dict[str, int] = {}
    """By leg: how many parts it is said to have, where that is more than one."""
    seen: bytes = b""
    """See `seen`."""
    told_sent_at: datetime | None = None
    """The earliest time of sending that somebody told."""
    moved_at: datetime | None = None
    """The earliest time of a report that it was accepted, queued or sent; stands in for a time of sending."""
    delivered_at: datetime | None = None
    is_latency_told: bool = False
    parked_ms: int = 0
    """Kafka's time of the first report that is parked; 0 when none is."""
    parked_applied_count: int = 0
    parked_outranked_count: int = 0
    is_unclaimed: bool = False
    """Its registration did not come in time; what is said of it is no longer parked."""
    registered: Registered | None = None
    early_end: KeptEnd | None = None
    """The bad end that counts of those that were heard of while nobody had registered the attempt."""

    @property
    def sent_at(self) -> datetime | None:
        return self.told_sent_at or self.moved_at


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(AttemptState)


def encode_attempt(state: AttemptState) -> bytes:
    return _ENCODER.encode(state)


def decode_attempt(data: bytes) -> AttemptState:
    return _DECODER.decode(data)
