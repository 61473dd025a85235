"""From which addresses callbacks may come: fixed ones, and those that a name stands for just now."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import getaddrinfo
from threading import Thread
from time import monotonic
from typing import Annotated

import structlog
from pydantic import Field

Network = IPv4Network | IPv6Network
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$", max_length=253)]
Address = IPv4Address | IPv6Address

FRESH_S = 60.0
"""How long the addresses of a name are good. Looked up anew behind that, while the old ones still count."""

log = structlog.get_logger()


def addresses_of(host: str) -> frozenset[Address]:
    """What `host` stands for; raises `OSError` when nobody can tell."""
    return frozenset(ip_address(found[4][0]) for found in getaddrinfo(host, None))


class Callers:
    """Knows who may call. Names are looked up at the start; behind that a look-up never holds up a callback."""

    def __init__(
        self,
        networks: Sequence[Network],
        hosts: Sequence[str],
        *,
        look_up: Callable[[str], Iterable[Address]] = addresses_of,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._networks = networks
        self._look_up = look_up
        self._seconds = seconds
        self._known: dict[str, frozenset[Address]] = dict.fromkeys(hosts, frozenset())
        self._looked_up_at = seconds()
        self._look_all_up()

    def allow(self, text: str) -> bool:
        """Whether `text` is one address, and one of ours; a list is none, because anybody can begin one."""
        try:
            address = ip_address(text.strip())
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        self._refresh()
        return any(address in network for network in self._networks) or any(
            address in known for known in self._known.values()
        )

    def _refresh(self) -> None:
        if self._known and self._seconds() - self._looked_up_at >= FRESH_S:
            self._looked_up_at = self._seconds()
            Thread(target=self._look_all_up, name="caller-addresses", daemon=True).start()

    def _look_all_up(self) -> None:
        for host in self._known:
            try:
                self._known[host] = frozenset(self._look_up(host))
            except OSError as exc:
                # The addresses of before still count: a resolver that is away must not shut the door.
                log.warning("caller_addresses_unknown", host=host, reason=str(exc))
