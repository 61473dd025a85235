"""Asks a broker who is in its cluster, and what it understands: small questions that only a broker can answer."""

import socket
import struct

METADATA = 3
VERSION = 1
API_VERSIONS = 18
CORRELATION = 1
CLIENT = b"tidings-probe"
LIMIT_S = 1.0
ANSWER = struct.Struct(">iii")
"""Length, correlation id, number of brokers."""
RANGE = struct.Struct(">hhh")
"""An API's key, the oldest and the newest version of it that the broker understands."""
LARGEST_ANSWER = 65_536


def answers(host: str, port: int) -> bool:
    """Whether a Kafka broker at `host:port` names at least one living broker in answer to a metadata request."""
    # By hand, because the launcher runs with and without an event loop, and a client would need one or the other.
    try:
        with socket.create_connection((host, port), LIMIT_S) as connection:
            # An empty list of topics means none since version 1.
            connection.sendall(_request(METADATA, VERSION, struct.pack(">i", 0)))
            answer = connection.recv(ANSWER.size, socket.MSG_WAITALL)
    except OSError:
        return False
    if len(answer) < ANSWER.size:
        return False
    _length, correlation, brokers = ANSWER.unpack(answer)
    return bool(correlation == CORRELATION and brokers > 0)


def newest_versions(host: str, port: int, *, limit_s: float = LIMIT_S) -> dict[int, int]:
    """By the key of each API, its newest version that the broker understands; raises `OSError` when no broker answers.

    Every broker answers version 0 of this question, even before it is told who asks.
    """
    with socket.create_connection((host, port), limit_s) as connection:
        connection.sendall(_request(API_VERSIONS, 0, b""))
        length = int.from_bytes(connection.recv(4, socket.MSG_WAITALL))
        answer = connection.recv(length, socket.MSG_WAITALL) if length < LARGEST_ANSWER else b""
    correlation, error, count = struct.unpack(">ihi", answer[:10].ljust(10, b"\0"))
    ranges = answer[10:]
    if correlation != CORRELATION or error or not 0 < count * RANGE.size <= len(ranges):
        raise ConnectionError("what answers is no Kafka")
    return {api: newest for api, _oldest, newest in RANGE.iter_unpack(ranges[: count * RANGE.size])}


def _request(api: int, version: int, body: bytes) -> bytes:
    header = struct.pack(f">hhih{len(CLIENT)}s", api, version, CORRELATION, len(CLIENT), CLIENT)
    return struct.pack(">i", len(header) + len(body)) + header + body
