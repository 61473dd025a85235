"""Names for facts and things, the same on every machine and in every replay.

Event ids are digests of what the fact says. Attempt and message ids are UUIDs in version-7 layout whose time is that at
which the first record about them reached us, also when it is replayed, and whose other bits are a digest of their key:
deterministic on replay, and sorted by time, which is what makes look-ups in the store fast without an index.
"""

import os
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

_SEPARATOR = "\x1f"
_VARIANT = {f"{digit:x}": f"{digit & 0x3 | 0x8:x}" for digit in range(16)}
"""Each digit with the two bits of RFC 9562 before its own last two."""


def _digest(*members: object) -> str:
    """128 bits over the members in order; a missing member differs from an empty one."""
    # A list and no generator, and nothing made text that is text: this is done for every report.
    text = _SEPARATOR.join(
        ["\x00" if member is None else member if isinstance(member, str) else str(member) for member in members]
    )
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def instant(moment: datetime | None) -> str | None:
    """The moment as UTC text with microseconds, whatever zone or spelling it came in."""
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat(timespec="microseconds")


def report_event_id(
    origin: tuple[str, str],
    provider_message_id: str,
    *,
    part: str | None,
    channel: Channel | None,
    said: tuple[DeliveryStatus, str],
    occurred_at: datetime | None,
) -> str:
    """The identity of one delivery report from `origin` (provider, connection); `said` is (status, provider code).

    The same fact has the same id whoever reports it and however often. Our receive time is no part of it.
    """
    return _digest(*origin, provider_message_id, part, channel, *said, instant(occurred_at))


def inbound_event_id(
    origin: tuple[str, str], provider_message_id: str | None, *, occurred_at: datetime | None, said: tuple[object, ...]
) -> str:
    """The identity of one inbound message.

    `said` is (part, author, addressee, text, media): some providers give no id and others reuse one, so the content
    is part of the identity.
    """
    return _digest("inbound", *origin, provider_message_id, instant(occurred_at), *said)


def signal_event_id(
    origin: tuple[str, str],
    kind: str,
    provider_message_id: str | None,
    *,
    occurred_at: datetime | None,
    extras: dict[str, str],
) -> str:
    """The identity of one signal; `extras` tells clicks on different links apart."""
    return _digest("signal", *origin, kind, provider_message_id, instant(occurred_at), sorted(extras.items()))


def attempt_key(provider: str, connection: str, root_id: str) -> bytes:
    """The Kafka key of an attempt: all that is said about it meets in one state on one partition."""
    return f"{provider}:{connection}:{root_id}".encode()


def attempt_id(timestamp_ms: int, key: bytes) -> str:
    """Our id of the attempt under `key`, first heard of at `timestamp_ms`."""
    return _time_ordered(timestamp_ms, b"attempt", key)


def derived_message_id(timestamp_ms: int, key: bytes) -> str:
    """Our id of the message of an attempt that nobody registered under a message id."""
    return _time_ordered(timestamp_ms, b"message", key)


def new_message_id(timestamp_ms: int) -> str:
    """A fresh message id, random below the time."""
    return _layout(timestamp_ms, os.urandom(16))


def keyed_message_id(account: str, key: str, index: int) -> str:
    """The id of the message at `index` in the request that an account repeats under `key`.

    It is a digest in version-8 layout: a repeat comes at another time, so no time may be in it.
    """
    bits = int(_digest("message", account, key, index), 16)
    bits = bits & ~(0xF << 76) | 0x8 << 76
    return str(UUID(int=bits & ~(0x3 << 62) | 0x2 << 62))


@lru_cache(maxsize=1024)
def _time_ordered(timestamp_ms: int, kind: bytes, key: bytes) -> str:
    """Remembered for as long as the items of one callback need, which are mostly about one attempt."""
    return _layout(timestamp_ms, blake2b(key, digest_size=16, person=kind).digest())


def _layout(timestamp_ms: int, filler: bytes) -> str:
    """RFC 9562 version 7: 48 bits of milliseconds, then the last 80 of `filler` around version and variant.

    Spelled from digits, because the library's UUID costs three times that and every update has two.
    """
    time, rest = f"{timestamp_ms & 0xFFFF_FFFF_FFFF:012x}", filler[-10:].hex()
    return f"{time[:8]}-{time[8:]}-7{rest[1:4]}-{_VARIANT[rest[4]]}{rest[5:8]}-{rest[8:]}"
