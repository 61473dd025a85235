"""One callback in a segment file and back, so that whatever happens to the file every whole callback is found again.

A frame is the segment's marker, the length and the checksum of its content, a checksum of this head, and the content.
The marker is random and part of the file's name: nobody who sends a callback can write one, so what follows a damaged
place is found by looking for it.
"""

from struct import Struct
from zlib import crc32

import msgspec

from contracts.envelope import Headers
from runtime.kafka import Outgoing

MAGIC = b"tidings spool 1\n"
"""What a segment begins with."""
MARKER_BYTES = 8
LARGEST_FRAME = 4 * 1024 * 1024
"""More than any topic takes of a callback; a length above it is no length."""

_HEAD = Struct(f"<{MARKER_BYTES}sII")
_CHECK = Struct("<I")
_HEAD_BYTES = _HEAD.size + _CHECK.size


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A callback as it is kept. Callbacks of a segment are numbered, so that a hole tells how many it swallowed."""

    number: int
    timestamp_ms: int
    headers: Headers
    body: bytes

    @property
    def record(self) -> Outgoing:
        return None, self.body, self.timestamp_ms, self.headers


class Reading(msgspec.Struct):
    """What was found in a piece of a segment."""

    kept: list[Kept]
    consumed: int = 0
    """Bytes that need not be read again."""
    damaged_bytes: int = 0
    """Bytes that were a frame once."""
    torn_bytes: int = 0
    """Bytes of a last frame that was never written to its end."""


class _CutShort(Exception):
    """The piece ends within the frame."""


class _NoFrame(Exception):
    """Here is no frame, or no longer one."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


def pack(marker: bytes, number: int, record: Outgoing) -> bytes:
    """The frame of `record`."""
    _, body, timestamp_ms, headers = record
    content = _encode(Kept(number, timestamp_ms or 0, headers, body or b""))
    head = _HEAD.pack(marker, len(content), crc32(content))
    return head + _CHECK.pack(crc32(head)) + content


def read_frames(piece: bytes, marker: bytes, *, is_last: bool, limit: int) -> Reading:
    """Up to `limit` callbacks from the beginning of `piece`, whatever lies between them.

    `is_last` tells that nothing follows the piece; else what it cuts short is left for the next one, which begins where
    this one was consumed to, and is larger when that was nowhere.
    """
    found, at = Reading([]), 0
    while at < len(piece) and len(found.kept) < limit:
        try:
            one, at = _unpack(piece, at, marker)
            found.kept.append(one)
        except _CutShort:
            if not is_last:
                break
            if piece.find(marker, at + 1) < 0:
                found.torn_bytes, at = len(piece) - at, len(piece)
            else:
                at = _past_damage(piece, at, marker, found, is_last=True)
        except _NoFrame:
            at = _past_damage(piece, at, marker, found, is_last=is_last)
    found.consumed = at
    return found


def _unpack(piece: bytes, at: int, marker: bytes) -> tuple[Kept, int]:
    """The callback of the frame at `at`, and where the next one begins."""
    begin = at + _HEAD_BYTES
    if begin > len(piece):
        raise _CutShort if piece.startswith(marker[: len(piece) - at], at) else _NoFrame
    head = piece[at : at + _HEAD.size]
    its_marker, length, checksum = _HEAD.unpack(head)
    if its_marker != marker or length > LARGEST_FRAME or _CHECK.unpack_from(piece, at + _HEAD.size) != (crc32(head),):
        raise _NoFrame
    end = begin + length
    if end > len(piece):
        raise _CutShort
    content = piece[begin:end]
    if crc32(content) != checksum:
        raise _NoFrame
    try:
        return _decode(content), end
    except msgspec.MsgspecError as exc:  # written by another version of ours
        raise _NoFrame from exc


def _past_damage(piece: bytes, at: int, marker: bytes, found: Reading, *, is_last: bool) -> int:
    """Where the next frame may begin; what is skipped is counted."""
    beyond = piece.find(marker, at + 1)
    if beyond < 0:
        # A marker may lie across the end of the piece.
        beyond = len(piece) if is_last else max(at + 1, len(piece) - MARKER_BYTES + 1)
    found.damaged_bytes += beyond - at
    return beyond
