"""The event loop of whoever speaks to Kafka: uvloop, on which a lost connection is one for aiokafka too.

When a broker dies, uvloop refuses to write to its connection with a `RuntimeError` from the moment it has noticed.
aiokafka expects an `OSError`, as asyncio's own loop raises it, and its task that looks for the cluster's brokers ends
by any other error without a word: from then on that client waits for ever for news of the cluster, which it needs to
find its group and its leaders again (aio-libs/aiokafka#1038, open).
"""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any

import uvloop
from aiokafka.conn import AIOKafkaConnection, CloseReason

WRITES = ("send", "_send_sasl_token")
"""The methods of aiokafka's connection that write to its `_writer`. They may change in any release, which is why that
is pinned exactly: a test asserts that these do, and no others."""


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop's, after aiokafka has been taught of its lost connections."""
    for name in WRITES:
        write = getattr(AIOKafkaConnection, name)
        if not hasattr(write, "__wrapped__"):
            setattr(AIOKafkaConnection, name, _looking_first(write))
    return uvloop.new_event_loop()


def _looking_first(write: Callable[..., Any]) -> Callable[..., Any]:
    """`write` to a connection that is lost fails as it does to one that was closed, which this closes."""

    @wraps(write)
    def looking_first(connection: AIOKafkaConnection, *told: Any, **named: Any) -> Any:  # noqa: ANN401  # as it came
        writer = connection._writer  # noqa: SLF001  # named above
        if writer is not None and writer.is_closing():
            connection.close(reason=CloseReason.CONNECTION_BROKEN)
        return write(connection, *told, **named)

    return looking_first
