"""Which reports an attempt has had: 12 bytes each, oldest first, bounded by age and by count."""

from hashlib import blake2b
from struct import Struct

ENTRY = Struct(">I8s")
"""When it first reached us, in seconds, and the first half of its event id.

A replayed report keeps the time of the callback it repeats: taken for new, it would push out what is younger than it.
"""

MOST = 512
"""Reports that one attempt remembers; a provider that tells more of one message than that repeats itself anyway."""


def short_id(event_id: str) -> bytes:
    """Eight bytes that stand for an event id. Ours are hex; what is not is taken all the same."""
    try:
        return bytes.fromhex(event_id[:16].ljust(16, "0"))
    except ValueError:
        return blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def is_seen(seen: bytes, event_id: bytes) -> bool:
    """Whether `event_id`, in its short form, is among `seen`."""
    at = seen.find(event_id)
    while at >= 0:
        if at % ENTRY.size == ENTRY.size - len(event_id):
            return True
        at = seen.find(event_id, at + 1)
    return False


def remember(seen: bytes, event_id: bytes, at_s: int, *, keep_s: int) -> bytes:
    """`seen` with `event_id` added, without what is older than `keep_s` and beyond the limit."""
    oldest = max(0, at_s - keep_s)
    start = 0
    while start < len(seen) and int.from_bytes(seen[start : start + 4], "big") < oldest:
        start += ENTRY.size
    kept = seen[start:] + ENTRY.pack(max(0, at_s) & 0xFFFF_FFFF, event_id)
    return kept[-MOST * ENTRY.size :]
