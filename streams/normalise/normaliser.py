"""One callback into its facts, each with identity, account, country and cause; nothing of it is lost or invented."""

from collections.abc import Iterable, Mapping
from typing import Any, assert_never

import msgspec
import structlog

from contracts.codec import encode
from contracts.errors import PayloadInvalid
from contracts.identity import attempt_key
from contracts.records import Cause, RawCallback
from contracts.vocabulary import DeadLetterKind
from providers._kit.facts import InboundFact, Item, RejectedItem, SignalFact, StatusFact
from providers._kit.provider import Provider
from runtime.settings import Connection
from streams.normalise.records import dead_letter_of, inbound_of, report_of, signal_of

LARGEST_VALUE = 1_000_000
"""Bytes of one record; above that the broker would refuse the batch for ever. Dead letters have more room."""

log = structlog.get_logger()


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One record to write: the plural word of its topic, its key, and its value as it goes over the wire."""

    topic: str
    key: bytes
    value: bytes
    is_known_code: bool = True
    put_aside: DeadLetterKind | None = None


class Normaliser:
    """Pure but for the log: the same callback at the same place gives the same facts."""

    def __init__(self, providers: Mapping[str, Provider[Any]], connections: Iterable[Connection]) -> None:
        self._routes = {
            (connection.provider, connection.name): (providers[connection.provider], connection.account)
            for connection in connections
            if connection.provider in providers
        }
        self._known_bugs: set[tuple[str, type[Exception]]] = set()

    def normalise(self, callback: RawCallback, partition: int, *, offset: int) -> list[Fact]:
        """The facts of the callback at that place of its topic, one per item, at least one."""
        whole = Cause(partition=partition, offset=offset)
        route = self._routes.get((callback.provider, callback.connection))
        if route is None:
            reason = "no connection of this name is configured; add it to the settings and replay"
            return [dead_letter(callback, whole, DeadLetterKind.UNKNOWN_CONNECTION, reason=reason)]
        provider, account = route
        try:
            items = provider.normalise(callback)
        except PayloadInvalid as exc:
            return [dead_letter(callback, whole, DeadLetterKind.UNREADABLE, reason=str(exc))]
        except Exception as exc:  # noqa: BLE001  # a bug in an adapter: it must neither stop the line nor lose the callback
            return [self._bug(callback, whole, exc)]
        if not items:
            return [dead_letter(callback, whole, DeadLetterKind.EMPTY, reason="the callback holds no item")]
        return [
            _fact(callback, item, account, cause=Cause(partition=partition, offset=offset, index=i, items=len(items)))
            for i, item in enumerate(items)
        ]

    def _bug(self, callback: RawCallback, cause: Cause, exc: Exception) -> Fact:
        """Logged once per kind of error, counted as a dead letter each time."""
        bug = (callback.provider, type(exc))
        if bug not in self._known_bugs:
            self._known_bugs.add(bug)
            log.error("adapter_failed", provider=callback.provider, cause=str(cause), exc_info=exc)
        reason = f"the adapter failed with {type(exc).__name__}; mend it and replay"
        return dead_letter(callback, cause, DeadLetterKind.UNREADABLE, reason=reason)


def dead_letter(
    callback: RawCallback, cause: Cause, kind: DeadLetterKind, *, reason: str, body: bytes | None = None
) -> Fact:
    """A fact that the callback, or `body` of it, was put aside."""
    record = dead_letter_of(callback, cause, kind, reason=reason, body=body)
    return Fact("dead-letters", _key(record.provider, record.connection), encode(record), put_aside=kind)


def _fact(callback: RawCallback, item: Item, account: str, *, cause: Cause) -> Fact:
    try:
        fact = _placed(callback, item, account, cause=cause)
    except UnicodeEncodeError:
        reason = "a text of the item holds half of a surrogate pair, which cannot be written"
        return dead_letter(callback, cause, DeadLetterKind.INVALID_ITEM, reason=reason)
    if len(fact.value) > LARGEST_VALUE and fact.topic != "dead-letters":
        reason = f"the item makes a record of {len(fact.value)} bytes, more than the {LARGEST_VALUE} that are carried"
        return dead_letter(callback, cause, DeadLetterKind.INVALID_ITEM, reason=reason)
    return fact


def _placed(callback: RawCallback, item: Item, account: str, *, cause: Cause) -> Fact:
    match item:
        case StatusFact():
            report = report_of(callback, item, account, cause=cause)
            key = attempt_key(report.provider, report.connection, report.root_id)
            return Fact("reports", key, encode(report), item.is_known_code)
        case InboundFact():
            message = inbound_of(callback, item, account, cause=cause)
            key = _key(message.addressee, message.author or message.author_id)
            return Fact("inbound", key, encode(message))
        case SignalFact():
            signal = signal_of(callback, item, account, cause=cause)
            return Fact("signals", _key(signal.provider, signal.connection, signal.provider_message_id), encode(signal))
        case RejectedItem():
            return dead_letter(callback, cause, DeadLetterKind.INVALID_ITEM, reason=item.reason, body=item.body)
    assert_never(item)


def _key(*members: str | None) -> bytes:
    return ":".join(member or "" for member in members).encode()
