"""A callback of Infobip as facts, in body order. What an entry is, its shape says, so one URL may get all kinds."""

from collections.abc import Callable, Sequence
from types import MappingProxyType

import msgspec

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers._kit.facts import Item, RejectedItem
from providers._kit.reading import MAX_DEPTH
from providers.infobip.envelope import kind_of, read_envelope
from providers.infobip.inbound import read_click, read_contents, read_inbound, read_typing, type_of
from providers.infobip.payloads import PlainBody
from providers.infobip.plain import read_plain
from providers.infobip.reports import read_delivery, read_seen

Reader = Callable[[dict[str, object], str], Item]

# The Messages API names the kind.
_BY_EVENT: MappingProxyType[str, Reader] = MappingProxyType(
    {
        "DELIVERY": read_delivery,
        "SEEN": read_seen,
        "MO": read_inbound,
        "TYPING_STARTED": read_typing,
        "TYPING_STOPPED": read_typing,
    }
)
# All others are known by a member that no other kind has, tried in this order.
_BY_MEMBER: tuple[tuple[str, Reader], ...] = (
    ("status", read_delivery),
    ("seenAt", read_seen),
    ("notificationType", read_click),
    ("receivedAt", read_inbound),
    ("message", read_inbound),
    ("content", read_inbound),
    ("text", read_inbound),
)


_BODY = msgspec.json.Decoder(PlainBody)
_ENTRY = msgspec.json.Decoder(float_hook=str)
# An entry with no more brackets is not too deep for a body, which has two around it.
_MAX_BRACKETS = MAX_DEPTH - 2
_EXPECTED = "expected a report (status), a seen report (seenAt), a click (notificationType) or a message (receivedAt)"


def normalise(callback: RawCallback) -> Sequence[Item]:
    """The items of `callback`; raises `PayloadInvalid` when the body has no list `results`."""
    try:
        return read_each(callback)
    except (ValueError, RecursionError):
        return read_any(callback)


def read_each(callback: RawCallback) -> list[Item]:
    """The items, each by the shortest way for it; raises `ValueError` when the body must be read as a whole."""
    body, hint = callback.body, callback.hint
    if not body.isascii():
        body.decode()  # what is skipped has to be text as well
    items: list[Item] = []
    for entry in _BODY.decode(body).results:
        report = read_plain(entry, hint)
        items += _read_alone(entry, hint) if report is None else (report,)
    return items


def read_any(callback: RawCallback) -> list[Item]:
    """The same in several times the time, for whatever comes."""
    envelope = read_envelope(callback)
    items: list[Item] = []
    for index, entry in enumerate(envelope.entries):
        try:
            items += _read(entry, callback.hint)
        except PayloadInvalid as exc:
            items.append(RejectedItem(reason=str(exc), body=envelope.original(index)))
    return items


def _read_alone(entry: msgspec.Raw, hint: str) -> Sequence[Item]:
    piece = bytes(entry)
    if piece.count(b"{") + piece.count(b"[") > _MAX_BRACKETS:
        raise ValueError("may be nested too deep")
    try:
        return _read(_ENTRY.decode(piece), hint)
    except PayloadInvalid as exc:
        return (RejectedItem(reason=str(exc), body=piece),)


def _read(entry: object, hint: str) -> Sequence[Item]:
    if not isinstance(entry, dict):
        raise PayloadInvalid(f"{_EXPECTED}, not {kind_of(entry)}")
    reader = _reader_of(entry)
    if reader is read_inbound and entry.get("content"):
        return read_contents(entry, hint)
    return (reader(entry, hint),)


def _reader_of(entry: dict[str, object]) -> Reader:
    if "event" in entry and (reader := _BY_EVENT.get(type_of(entry["event"]))):
        return reader
    for member, reader in _BY_MEMBER:
        if entry.get(member) is not None:
            return reader
    if "seenAt" in entry:
        # That the time is null takes nothing from its having been seen.
        return read_seen
    raise PayloadInvalid(f"{_EXPECTED}; none of them is there")
