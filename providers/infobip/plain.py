"""The short way for well-formed reports, as nearly all entries of a body are.

It gives what the long way gives, or nothing; then the long way is taken for that entry, and can also say what is wrong.
Only nesting without end in members that nobody reads is none of its business, since it does not read them either.
Reports are read straight into structs. Status, error and price are compared as bytes with those of earlier reports,
since all of a day have some hundred between them; a report that shares them with another differs from it in five
members only.
"""

import msgspec

from contracts.errors import PayloadInvalid
from providers._kit.facts import StatusFact
from providers.infobip.payloads import (
    DeliveryPayload,
    ErrorPayload,
    PlainReport,
    PricePayload,
    StatusPayload,
)
from providers.infobip.reports import delivery, same_but_for, seen

_REPORT = msgspec.json.Decoder(PlainReport, float_hook=str)
_STATUS = msgspec.json.Decoder(StatusPayload, float_hook=str)
_ERROR = msgspec.json.Decoder(ErrorPayload | None, float_hook=str)
_PRICE = msgspec.json.Decoder(PricePayload | None, float_hook=str)

_NONE = frozenset({b"", b"null"})
_ALIKE = [name for name in DeliveryPayload.__struct_fields__ if name not in ("status", "error", "price")]
_DELIVERY, _SEEN = "DELIVERY", "SEEN"


class _NotPlain(Exception):
    """The long way is to be taken."""


_Shared = tuple[bytes, bytes, bytes]
_Key = tuple[_Shared, str, str | int | None, str | int | None, str | int | None, str | int | None]


class _Templates:
    """Facts of earlier reports by what they share with others, bounded; starts anew when it is full."""

    def __init__(self, *, most: int, longest: int) -> None:
        self._most, self._longest = most, longest
        self._known: dict[_Key, StatusFact] = {}
        self.get = self._known.get

    def keep(self, key: _Key, fact: StatusFact) -> StatusFact:
        """Remembers `fact`, unless its key is longer than any that comes twice."""
        shared, *around = key
        if sum(map(len, shared)) + sum(len(value) for value in around if isinstance(value, str)) <= self._longest:
            if len(self._known) >= self._most:
                self._known.clear()
            self._known[key] = fact
        return fact


_TEMPLATES = _Templates(most=4096, longest=2000)


def read_plain(entry: msgspec.Raw, hint: str) -> StatusFact | None:
    """The report in the bytes of `entry`, or null when it is not plain."""
    try:
        return _fact(_REPORT.decode(entry), hint)
    except (_NotPlain, PayloadInvalid, ValueError, RecursionError):
        return None


def _fact(report: PlainReport, hint: str) -> StatusFact:
    event, status = report.event, bytes(report.status)
    if status not in _NONE and (event is None or event == _DELIVERY):
        shared = status, bytes(report.error), bytes(report.price)
        key = shared, hint, report.channel, report.sender, report.operator, report.campaign
        template = _TEMPLATES.get(key)
        return same_but_for(template, report) if template else _TEMPLATES.keep(key, _delivery(report, shared, hint))
    if event == _SEEN or (event is None and report.seen_at is not None and status in _NONE):
        return seen(report, hint)
    raise _NotPlain


def _delivery(report: PlainReport, shared: _Shared, hint: str) -> StatusFact:
    status, error, price = shared
    payload = DeliveryPayload(
        status=_STATUS.decode(status),
        error=None if error in _NONE else _ERROR.decode(error),
        price=None if price in _NONE else _PRICE.decode(price),
        **{name: getattr(report, name) for name in _ALIKE},
    )
    return delivery(payload, hint)
