"""Makes the lane of each connection that can send, from the settings."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog

from contracts.errors import ConfigurationInvalid, SendError
from contracts.plans import ConnectionHealth
from providers._kit.provider import Provider
from providers._kit.sending import Outbound, Sender
from providers._kit.settings import ConnectionSettings
from runtime.clock import Clock
from runtime.metrics import CONNECTION_ILL
from runtime.settings import Connection, Settings
from streams.dispatch.breaker import Breaker, Patience
from streams.dispatch.caller import Caller, Tries
from streams.dispatch.doubts import Doubts, Searching
from streams.dispatch.errand import Place
from streams.dispatch.journal import Journal, Write
from streams.dispatch.lane import Lane, Width
from streams.dispatch.runner import Objection, Runner, Spawn

MakeOutbound = Callable[[Connection, ConnectionSettings], Outbound]
AROUND_A_CALL_S = 5.0
"""For a turn, and for writing what came of it."""
UNKNOWN = ("unknown", "unknown")

log = structlog.get_logger()


class Sickbed:
    """Tells when a connection falls ill and when it is well again."""

    def __init__(self, place: Place, breaker: Breaker, journal: Journal, clock: Clock, *, spawn: Spawn) -> None:
        self._place = place
        self._breaker = breaker
        self._journal = journal
        self._clock = clock
        self._spawn = spawn
        self._since: datetime | None = None
        CONNECTION_ILL.labels(*place).set(0)

    def hear(self, error: SendError | None) -> None:
        """What came of a call."""
        is_ill = self._breaker.hear(error)
        if is_ill is None:
            return
        now = self._clock.now()
        since = self._since or now
        self._since = since if is_ill else None
        CONNECTION_ILL.labels(*self._place).set(is_ill)
        told = ConnectionHealth(
            provider=self._place[0],
            connection=self._place[1],
            is_ill=is_ill,
            since=since if is_ill else now,
            until=now + timedelta(seconds=self._breaker.rest_s),
            reason=type(error).__name__ if is_ill else None,
        )
        self._spawn(self._journal.health(told))


class Lanes:
    """What all lanes of a process have in common."""

    def __init__(self, settings: Settings, write: Write, clock: Clock, *, objection: Objection, spawn: Spawn) -> None:
        self._settings = settings
        self._dispatch = settings.dispatch
        self._write = write
        self._clock = clock
        self._objection = objection
        self._spawn = spawn

    def all(self, providers: Mapping[str, Provider[Any]], make_outbound: MakeOutbound) -> dict[Place, Lane]:
        """The lane of each connection that has a sender. One that lacks what sending needs is named in the log."""
        lanes: dict[Place, Lane] = {}
        for connection in self._settings.connections:
            provider = providers.get(connection.provider)
            if provider is None or provider.make_sender is None:
                continue
            try:
                own = provider.settings.of(connection)
                sender = provider.make_sender(own, make_outbound(connection, own))
            except ConfigurationInvalid as exc:
                log.info("nothing_sent", provider=connection.provider, connection=connection.name, reason=str(exc))
                continue
            lanes[connection.provider, connection.name] = self.lane(connection, own, sender)
        return lanes

    def lane(self, connection: Connection, own: ConnectionSettings, sender: Sender) -> Lane:
        """Of one connection."""
        place, told = (connection.provider, connection.name), self._dispatch
        journal = Journal(self._write, self._clock, place)
        patience = Patience(
            failures=told.ill_after_failures, first_rest_s=told.first_rest_s, longest_rest_s=told.longest_rest_s
        )
        breaker = Breaker(patience, self._clock.monotonic)
        sickbed = Sickbed(place, breaker, journal, self._clock, spawn=self._spawn)
        caller = Caller(
            sender,
            self._clock,
            Tries(most=told.tries, fresh_s=told.claim_fresh_s),
            heard=sickbed.hear,
            is_ill=lambda: breaker.is_ill,
            callback_base_url=callback_base_url(self._settings, connection, own),
        )
        runner = self._runner(caller, journal, self._searching(own.call_timeout_s))
        return Lane(place, runner, breaker, Width.of(own, told.most_waiting), spawn=self._spawn)

    def misfits(self) -> Lane:
        """For sends over connections that cannot send, or do not exist: each is answered so."""
        journal = Journal(self._write, self._clock, UNKNOWN)
        runner = self._runner(None, journal, self._searching(0))
        breaker = Breaker(Patience(), self._clock.monotonic)
        return Lane(UNKNOWN, runner, breaker, Width(most_waiting=self._dispatch.most_waiting), spawn=self._spawn)

    def _runner(self, caller: Caller | None, journal: Journal, searching: Searching) -> Runner:
        doubts = Doubts(caller, journal, self._clock, searching)
        return Runner(caller, journal, doubts, self._clock, objection=self._objection, spawn=self._spawn)

    def _searching(self, call_timeout_s: float) -> Searching:
        """No sooner than a claim that is as old as can be may have become a call, and the call has ended."""
        ends_within_s = self._dispatch.claim_fresh_s + call_timeout_s + AROUND_A_CALL_S
        return Searching(
            answer_within_s=ends_within_s,
            not_taken_after_s=ends_within_s + self._dispatch.not_taken_after_s,
            give_up_after_s=self._dispatch.look_up_for_s,
        )


def callback_base_url(settings: Settings, connection: Connection, own: ConnectionSettings) -> str | None:
    """Where callbacks of sends over `connection` go: to its door as providers see it, with its newest token.

    Null, which leaves it to the provider's console, when there is no public address, or none that providers call.
    """
    base_url = settings.ingest.public_base_url.rstrip("/")
    # Providers call https alone; a simulator, which is where private addresses are called, calls what it is given.
    if not base_url or not (base_url.startswith("https://") or own.may_call_private_addresses):
        return None
    token = [connection.tokens[0].get_secret_value()] if connection.tokens else []
    return "/".join([base_url, "callbacks", connection.provider, connection.name, *token])
