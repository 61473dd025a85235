"""What aiokafka is told of a lost connection on uvloop is what it would be told on asyncio's own loop."""

import asyncio
import inspect
import socket
import struct
from functools import partial

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.metadata import MetadataRequest

from runtime.loops import WRITES, new_loop

WRITTEN = {"send": MetadataRequest([]), "_send_sasl_token": b"a token"}


async def reset_by_peer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As the system does with the connections of a process that is killed."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def write_to_a_lost_connection(write: str) -> bool:
    """In the moment in which the loop has told of it, and the client has not heard it; whether it counts as there."""
    async with await asyncio.start_server(reset_by_peer, "127.0.0.1", 0) as server:
        connection = AIOKafkaConnection(*server.sockets[0].getsockname())
        connection._do_version_lookup = partial(asyncio.sleep, 0)
        await connection.connect()
        connection._versions = {MetadataRequest.API_KEY: (0, 8)}
        await connection._closed_fut

        assert connection.connected()
        with pytest.raises(KafkaConnectionError):
            await getattr(connection, write)(WRITTEN[write])
        return connection.connected()


@pytest.mark.parametrize("write", WRITES)
def test_to_write_to_a_lost_connection_is_an_error_that_aiokafka_knows(write):
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert not runner.run(write_to_a_lost_connection(write))


def test_a_loop_is_one_of_uvloops_however_often_it_is_asked_for():
    made = [new_loop(), new_loop()]
    for loop in made:
        loop.close()

    assert [type(loop) for loop in made] == [uvloop.Loop, uvloop.Loop]
    assert not hasattr(AIOKafkaConnection.send.__wrapped__, "__wrapped__")


def test_the_client_writes_nowhere_else():
    methods = {name: method for name, method in vars(AIOKafkaConnection).items() if inspect.isfunction(method)}
    found = [name for name, method in methods.items() if "_writer.write(" in inspect.getsource(inspect.unwrap(method))]

    assert tuple(found) == WRITES
