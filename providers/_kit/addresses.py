"""Which addresses of the network a provider's API may be at.

The address that is really connected to is what counts, because a name may lead elsewhere each time it is asked; and
machines behind private addresses, and the metadata services of clouds, trust whoever can reach them.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

Address = IPv4Address | IPv6Address
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last four bytes are the IPv4 address that is meant."""


class AddressRefused(OSError):
    """Nothing was sent there."""


def is_public(text: str) -> bool:
    """Whether the numeric address `text` is one for everybody, and so are those that it carries inside."""
    address = ip_address(text.partition("%")[0])
    return all(inner.is_global and not inner.is_multicast for inner in (address, *_inside(address)))


def public_socket(info: AddressInfo) -> socket.socket:
    """An unconnected socket for that address; raises `AddressRefused` when it is not a public one."""
    family, kind, protocol, _, place = info
    if not is_public(place[0]):
        raise AddressRefused("its address is private, local or a metadata service's")
    return socket.socket(family=family, type=kind, proto=protocol)


def _inside(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _TRANSLATED:
        found.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [inner for inner in found if inner is not None]
