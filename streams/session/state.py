"""The state of one conversation, as small as it can be kept: what was heard lately, and where it stood before that.

What was heard is kept in the order of its own time, about six bytes each, so that something late is judged as if it
had come in time. What is older than `EXACT_FOR_MS`, or more than fits, is *settled*: only its outcome is kept, and what
comes from before it can no longer be judged.
"""

from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from contracts.conversations import Parties

EXACT_FOR_MS = 48 * 3_600_000
"""A session's day, and a day in which a provider repeats a callback that it could not deliver."""
MOST_BYTES = 480
"""Of what was heard lately: the 60 business messages of a full session and the replies between them, in most cases."""

_DIGEST_BITS = 22


class Tag(IntEnum):
    """What was heard. Of two things with the same time the lower one came first."""

    USER = 0
    BUSINESS = 1
    OF_OTHER_KIND = 2
    """A business message that sessions have no room for."""


_TAGS = tuple(Tag)


class Moment(NamedTuple):
    """Something that was heard. Compares as it is judged."""

    at_ms: int
    tag: Tag
    digest: int
    """22 bits of the event id: tells repeats from others with the same time."""


class Session(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Members are stored by place: append, never reorder."""

    opened_ms: int
    started_ms: int = 0
    """0: its time does not run yet."""
    business_count: int = 0
    user_count: int = 0


class Standing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a conversation stands after all up to some moment."""

    session: Session | None = None
    in_a_row: int = 0


class ConversationState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Members are stored by place: append, never reorder."""

    names: tuple[str, str, str, str, str]
    """Of the parties, without the words for them."""
    now_ms: int = 0
    """The latest time that was heard of, or that has come."""
    settled_ms: int = 0
    """Up to here and including it only the outcome is known."""
    settled: Standing = Standing()
    lately: bytes = b""
    """See `pack`."""

    @property
    def parties(self) -> Parties:
        account, provider, connection, sender, recipient = self.names
        return Parties(account=account, provider=provider, connection=connection, sender=sender, recipient=recipient)

    @property
    def moments(self) -> list[Moment]:
        return unpack(self.lately, self.settled_ms)


def opening_state(who: Parties) -> ConversationState:
    """Of a conversation in which nothing has been heard."""
    return ConversationState((who.account, who.provider, who.connection, who.sender, who.recipient))


def moment_of(event_id: str, at_ms: int, tag: Tag) -> Moment:
    data = blake2b(event_id.encode("utf-8", "surrogatepass"), digest_size=3).digest()
    return Moment(at_ms, tag, int.from_bytes(data, "big") >> (24 - _DIGEST_BITS))


def pack(moments: list[Moment], since_ms: int) -> bytes:
    """The moments, in order: for each the time since the one before as a varint, then tag and digest."""
    packed, before_ms = bytearray(), since_ms
    for at_ms, tag, digest in moments:
        passed, before_ms = at_ms - before_ms, at_ms
        while passed > 0x7F:
            packed.append(passed & 0x7F | 0x80)
            passed >>= 7
        packed.append(passed)
        packed += (tag << _DIGEST_BITS | digest).to_bytes(3, "big")
    return bytes(packed)


def unpack(packed: bytes, since_ms: int) -> list[Moment]:
    """What `pack` packed."""
    moments: list[Moment] = []
    mask = (1 << _DIGEST_BITS) - 1
    place, at_ms = 0, since_ms
    while place < len(packed):
        shift = 0
        while packed[place] > 0x7F:
            at_ms += (packed[place] & 0x7F) << shift
            shift, place = shift + 7, place + 1
        at_ms += packed[place] << shift
        said = int.from_bytes(packed[place + 1 : place + 4], "big")
        moments.append(Moment(at_ms, _TAGS[said >> _DIGEST_BITS], said & mask))
        place += 4
    return moments


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ConversationState)


def encode_conversation(state: ConversationState) -> bytes:
    return _ENCODER.encode(state)


def decode_conversation(data: bytes) -> ConversationState:
    return _DECODER.decode(data)
