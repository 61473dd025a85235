"""Asks a broker who is in its cluster: the smallest question that only a broker at work can answer."""

import socket
import struct

METADATA = 3
VERSION = 1
CORRELATION = 1
CLIENT = b"tidings-probe"
LIMIT_S = 1.0
ANSWER = struct.Struct(">iii")
"""Length, correlation id, number of brokers."""


def answers(host: str, port: int) -> bool:
    """Whether a Kafka broker at `host:port` names at least one living broker in answer to a metadata request."""
    # By hand, because the launcher runs with and without an event loop, and a client would need one or the other.
    try:
        with socket.create_connection((host, port), LIMIT_S) as connection:
            connection.sendall(_request())
            answer = connection.recv(ANSWER.size, socket.MSG_WAITALL)
    except OSError:
        return False
    if len(answer) < ANSWER.size:
        return False
    _length, correlation, brokers = ANSWER.unpack(answer)
    return bool(correlation == CORRELATION and brokers > 0)


def _request() -> bytes:
    """A metadata request that asks for no topic; an empty list means none since version 1."""
    header = struct.pack(f">hhih{len(CLIENT)}s", METADATA, VERSION, CORRELATION, len(CLIENT), CLIENT)
    body = struct.pack(">i", 0)
    return struct.pack(">i", len(header) + len(body)) + header + body
