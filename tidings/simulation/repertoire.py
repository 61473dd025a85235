"""What a provider's simulator can play, found out by rehearsing with it: adapters need not declare it twice."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.errors import ConfigurationInvalid
from contracts.records import RawCallback
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope
from providers._kit.facts import Item, StatusFact
from providers._kit.provider import Provider, S
from providers._kit.script import Script, SimulatedCallback, Step
from runtime.settings import Connection

REHEARSED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Repertoire:
    """What may stand in a script for one provider."""

    sayable: frozenset[DeliveryStatus]
    """The statuses that it has a word for, or passes over in silence."""
    is_cascading: bool
    """It takes one send through several channels, and tells of each."""


def rehearse(provider: Provider[S], connection: Connection, settings: S) -> Repertoire:
    """What `provider` can play on `connection`."""
    plays = {status: _callbacks(provider, settings, status) for status in DeliveryStatus}
    first = plays[DeliveryStatus.ACCEPTED] or ()
    items = [item for callback in first for item in items_of(provider, connection, callback)]
    return Repertoire(
        sayable=frozenset(status for status, callbacks in plays.items() if callbacks is not None),
        is_cascading=any(isinstance(item, StatusFact) and item.scope is Scope.TRANSACTION for item in items),
    )


def items_of(provider: Provider[Any], connection: Connection, callback: SimulatedCallback) -> list[Item]:
    """What the callback amounts to. Raises `PayloadInvalid` when its provider would not understand itself."""
    raw = RawCallback(
        provider=connection.provider,
        connection=connection.name,
        method=callback.method,
        received_at=callback.at,
        body=callback.body,
        hint=callback.hint,
        content_type=callback.headers.get("content-type", ""),
    )
    return list(provider.normalise(raw))


def _callbacks(provider: Provider[S], settings: S, status: DeliveryStatus) -> list[SimulatedCallback] | None:
    """Null when the provider cannot play it; nothing at all when it does not tell of it."""
    script = Script(
        number=0,
        seed=0,
        recipient="+447700900000",
        sender="ExampleShop",
        sent_at=REHEARSED_AT,
        steps=(Step(status, REHEARSED_AT, Channel.VIBER),),
    )
    try:
        return list(provider.simulate(script, settings))
    except ConfigurationInvalid:
        return None
