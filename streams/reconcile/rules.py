"""Which connections can be asked about their attempts, and how patient we are with each."""

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from contracts.errors import ConfigurationInvalid, ProviderUnavailable
from providers._kit.asking import LookUp, Patience
from providers._kit.provider import Provider
from providers._kit.sending import HttpAnswer, Outbound
from providers._kit.settings import ConnectionSettings
from runtime.settings import Connection, Settings
from streams.engine.moments import DAY_MS
from streams.reconcile.schedule import Rules

MakeOutbound = Callable[[Connection, ConnectionSettings], Outbound]
Place = tuple[str, str]
"""Provider and connection."""

log = structlog.get_logger()


class NoWayOut:
    """An `Outbound` for finding out whether a connection has what asking needs."""

    async def call(self, _method: str, _url: str, /, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:  # noqa: ARG002  # the face of an outbound
        raise ProviderUnavailable("nothing is called while the settings are read")


def look_ups_of(
    settings: Settings, providers: Mapping[str, Provider[Any]], make_outbound: MakeOutbound
) -> dict[Place, LookUp]:
    """The look-up of each connection that has one. A connection that lacks its credentials is named in the log."""
    found: dict[Place, LookUp] = {}
    for connection in settings.connections:
        provider = providers.get(connection.provider) if connection.asks_when_silent else None
        if provider is None or provider.make_look_up is None or provider.patience is None:
            continue
        try:
            own = provider.settings.of(connection)
            found[connection.provider, connection.name] = provider.make_look_up(own, make_outbound(connection, own))
        except ConfigurationInvalid as exc:
            log.info("not_asked", provider=connection.provider, connection=connection.name, reason=str(exc))
    return found


def rules_of_connections(settings: Settings, providers: Mapping[str, Provider[Any]]) -> dict[Place, Rules]:
    """The rules of each connection that can be asked."""
    askable = look_ups_of(settings, providers, lambda _connection, _own: NoWayOut())
    return {
        place: _rules(connection, patience_of(providers[connection.provider]), settings)
        for connection in settings.connections
        if (place := (connection.provider, connection.name)) in askable
    }


def patience_of(provider: Provider[Any]) -> Patience:
    """What the provider's facts say."""
    if provider.patience is None:
        raise ConfigurationInvalid(f"{provider.title} has a look-up and no patience; declare when it is asked")
    return provider.patience


def _rules(connection: Connection, patience: Patience, settings: Settings) -> Rules:
    first_after_s = connection.expects_reports_within_s or patience.first_after_s
    return Rules(
        account=connection.account,
        first_after_ms=int(first_after_s * 1000),
        again_after_ms=int(patience.again_after_s * 1000),
        remembers_ms=int(patience.remembers_s * 1000),
        keep_ms=int(settings.streams.keep_open_days * DAY_MS),
        is_observed_only=connection.observe_only,
    )
