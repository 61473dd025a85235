"""Ports for a broker that may have to come back on the same one."""

import socket
from secrets import randbelow

from contracts.errors import BrokerUnavailable

HOST = "127.0.0.1"
# Below the range from which systems take the port of outgoing connections (32768 on Linux). While a broker is down, one
# of its clients that try to reconnect would sooner or later be given the broker's port as its own, and keep it.
FIRST, COUNT = 20_000, 12_000
TRIES = 200


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as listener:
        # As the broker does: what is left of closed connections does not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(*, besides: int | None = None) -> int:
    """A port nobody listens on, taken at random so that two that start at once do not meet."""
    for _ in range(TRIES):
        port = FIRST + randbelow(COUNT)
        if port != besides and is_free(port):
            return port
    raise BrokerUnavailable(f"none of {TRIES} ports tried from {FIRST} on is free; give one with --port")
