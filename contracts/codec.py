"""Records to bytes and back. One encoder and one decoder per type, made once."""

from functools import cache
from typing import TypeVar, get_args

import msgspec

from contracts.errors import PayloadInvalid
from contracts.records import Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_ENCODER = msgspec.json.Encoder()


def encode(record: Record) -> bytes:
    """The record as compact JSON."""
    return _ENCODER.encode(record)


@cache
def decoder(kind: type[R]) -> msgspec.json.Decoder[R]:
    """The decoder of `kind`, for hot loops."""
    return msgspec.json.Decoder(kind)


def decode(kind: type[R], data: bytes) -> R:
    """The record of `kind` in `data`; raises `PayloadInvalid` when it is not one."""
    record: R = read(decoder(kind), data, _what(kind))
    return record


def read(of: msgspec.json.Decoder[T], data: bytes | None, what: str) -> T:
    """What `of` finds in `data`; raises `PayloadInvalid`, which says that it is not `what`."""
    try:
        return of.decode(data or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
        raise PayloadInvalid(f"not {what}: {exc}") from exc


@cache
def _what(kind: type[Record]) -> str:
    """A record, or one of all those of which a topic carries one."""
    return "a " + " or ".join(one.__name__ for one in get_args(kind) or (kind,))
