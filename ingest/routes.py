"""Which connection a callback is for: a table of paths, made once from the settings."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from contracts.errors import ConfigurationInvalid, ConnectionUnknown, MethodRefused
from ingest.limits import TokenBucket
from ingest.stamp import Stamp
from ingest.tally import Tally
from providers._kit.provider import Provider, Verifier
from runtime.clock import Clock
from runtime.metrics import CALLBACKS
from runtime.settings import Connection

PREFIX = "callbacks"
LONGEST_HINT = 200
KAFKA_SHARE = 0.25
"""Of a connection's time for an answer. The rest is for the spool, whose disk may be slow when all turn to it; and the
sooner the turn, the fewer callbacks an outage delays.
"""
PATHS_LIMIT = 1000
"""Hints are chosen by whoever calls; they must not fill our memory."""
# The characters that no URL encodes, so that the path we were given is the path that the provider called and signed.
HINT = re.compile(r"[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*")
NO_METHODS = frozenset({"HEAD", "OPTIONS"})
"""Never a callback, whatever an adapter declares."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One connection with all that its callbacks need, made ready."""

    provider: str
    connection: str
    methods: frozenset[str]
    verify: Verifier
    tokens: tuple[bytes, ...]
    bucket: TokenBucket
    patience_s: float
    """How long a callback waits for Kafka before it goes to the spool."""
    stamp: Stamp
    taken: Tally
    """Of the callbacks that were answered with 200."""

    def check_method(self, method: str) -> None:
        """Raises `MethodRefused` unless the provider calls with it."""
        if method not in self.methods:
            raise MethodRefused("the provider never calls with this method")

    @property
    def allow(self) -> str:
        """The value of the Allow header."""
        return ", ".join(sorted(self.methods))


class Routes:
    """Finds the connection behind `/callbacks/{provider}/{connection}[/{token}][/{hint…}]`."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._by_name = {(route.provider, route.connection): route for route in routes}
        self._by_path: dict[str, tuple[Route, str]] = {}
        if len(self._by_name) != len(routes):
            raise ConfigurationInvalid("two connections of one provider have the same name; rename one of them")

    def find(self, path: str) -> tuple[Route, str]:
        """The connection and the hint. Raises `ConnectionUnknown` when anything about the path is wrong."""
        found = self._by_path.get(path)
        if found is None:
            found = self._find(path)
            # Paths with a token are compared anew each time, because a look-up is not of constant time.
            if not found[0].tokens and len(self._by_path) < PATHS_LIMIT:
                self._by_path[path] = found
        return found

    def count_taken(self) -> None:
        """Bring the metrics up to date."""
        for route in self._by_name.values():
            route.taken.settle()

    def _find(self, path: str) -> tuple[Route, str]:
        _, prefix, provider, connection, rest = [*path.split("/", 4), "", "", "", ""][:5]
        route = self._by_name.get((provider, connection)) if prefix == PREFIX else None
        if route is None:
            raise ConnectionUnknown("no connection under this path; compare the callback URL with the connections")
        hint = rest.strip("/")
        if route.tokens:
            token, _, hint = hint.partition("/")
            _check_token(route, token)
        if hint and (len(hint) > LONGEST_HINT or not HINT.fullmatch(hint)):
            raise ConnectionUnknown(f"the hint must be of A-Z a-z 0-9 . _ ~ - and /, at most {LONGEST_HINT} characters")
        return route, hint


def make_routes(connections: Sequence[Connection], providers: Mapping[str, Provider[Any]], clock: Clock) -> Routes:
    """The table of all connections. Raises `ConfigurationInvalid` naming the connection that is wrong."""
    return Routes([_route(connection, providers, clock) for connection in connections])


def _route(connection: Connection, providers: Mapping[str, Provider[Any]], clock: Clock) -> Route:
    provider = providers.get(connection.provider)
    if provider is None:
        known = ", ".join(sorted(providers)) or "none"
        raise ConfigurationInvalid(
            f"connection {connection.provider}/{connection.name}: no such provider; known: {known}"
        )
    return Route(
        provider=provider.slug,
        connection=connection.name,
        methods=provider.methods - NO_METHODS,
        verify=provider.make_verifier(provider.settings.of(connection)),
        tokens=tuple(token.get_secret_value().encode() for token in connection.tokens),
        bucket=TokenBucket(connection.rate_per_s, clock.monotonic()),
        patience_s=connection.ack_budget_s * KAFKA_SHARE,
        stamp=Stamp(provider.slug, connection.name),
        taken=Tally(CALLBACKS.labels(provider.slug, connection.name, "200")),
    )


def _check_token(route: Route, token: str) -> None:
    given = token.encode("utf-8", "surrogatepass")
    # Every token is compared, so that the time does not tell which one was near.
    if not any([compare_digest(given, one) for one in route.tokens]):  # noqa: C419  # a generator would stop early
        raise ConnectionUnknown("wrong or missing token; copy the callback URL of the connection into the console")
