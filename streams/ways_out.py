"""The ways out to the providers of one process: whoever calls over a connection shares its pace with the others.

Each process has a share of a connection's rate: as large as its shares of the work, taken together.
"""

from types import TracebackType
from typing import Self

from providers._kit.outbound import Client, HttpOutbound
from providers._kit.settings import ConnectionSettings
from runtime.settings import Connection


class WaysOut:
    """One client, and one way out for each connection. An async context for each of its users; the last one closes."""

    def __init__(self) -> None:
        self._client = Client()
        self._outbounds: dict[tuple[str, str], HttpOutbound] = {}
        self._shares: dict[str, float] = {}
        self._users_count = 0

    async def __aenter__(self) -> Self:
        self._users_count += 1
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._users_count -= 1
        if not self._users_count:
            client, self._client, self._outbounds = self._client, Client(), {}
            await client.aclose()

    def outbound(self, connection: Connection, own: ConnectionSettings) -> HttpOutbound:
        """The way out over `connection`, the same for all."""
        place = connection.provider, connection.name
        if place not in self._outbounds:
            self._outbounds[place] = self._client.outbound(*place, own)
        return self._outbounds[place]

    def allot(self, user: str, share: float) -> None:
        """`user` has this share of the work of its kind. Over all processes the means of such shares come to one."""
        self._shares[user] = share
        mean = sum(self._shares.values()) / len(self._shares)
        for outbound in self._outbounds.values():
            outbound.allot(mean)
