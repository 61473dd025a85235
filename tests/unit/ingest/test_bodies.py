"""Bodies whole or not at all."""

import asyncio

import pytest

from contracts.errors import BodyTooLarge, CallbackRefused, NotDurable, RateExceeded
from ingest.bodies import BodyReader
from tests.support.fake_rsgi import FakeProtocol

CHUNKED = {"transfer-encoding": "chunked"}


def sized(length: int) -> dict[str, str]:
    return {"content-length": str(length)}


@pytest.mark.parametrize(
    ("headers", "protocol", "body"),
    [
        pytest.param(sized(3), FakeProtocol(b"\x00\xff\n"), b"\x00\xff\n", id="byte for byte"),
        pytest.param(sized(8), FakeProtocol(b"exactly8"), b"exactly8", id="exactly the limit"),
        pytest.param(sized(0), FakeProtocol(b"not asked for"), b"", id="empty by its length"),
        pytest.param({}, FakeProtocol(b"not asked for"), b"", id="no body without a length"),
        pytest.param(CHUNKED, FakeProtocol(pieces=[b"ab", b"cd", b""]), b"abcd", id="pieces, joined"),
        pytest.param(CHUNKED, FakeProtocol(pieces=[b"abcd", b"efgh", b""]), b"abcdefgh", id="pieces up to the limit"),
        pytest.param(CHUNKED, FakeProtocol(pieces=[b""]), b"", id="no piece at all"),
    ],
)
async def test_a_body_is_read_whole(headers, protocol, body):
    assert await BodyReader(max_bytes=8).read(protocol, headers) == body


async def test_a_body_too_large_by_its_length_is_not_read_at_all():
    protocol = FakeProtocol(b"nine byte")

    with pytest.raises(BodyTooLarge):
        await BodyReader(max_bytes=8).read(protocol, sized(9))

    assert not protocol.was_read


@pytest.mark.parametrize(
    "headers", [pytest.param(CHUNKED, id="no length"), pytest.param(CHUNKED | sized(3), id="a length that is not so")]
)
async def test_a_body_in_pieces_is_read_no_further_than_the_limit(headers):
    protocol = FakeProtocol(pieces=[b"abcd", b"efgh", b"i", b"never", b""])

    with pytest.raises(BodyTooLarge):
        await BodyReader(max_bytes=8).read(protocol, headers)

    assert protocol.pieces_read == 3


@pytest.mark.parametrize(
    ("headers", "protocol"),
    [
        pytest.param(sized(4), FakeProtocol(error=RuntimeError("closed")), id="the server says so"),
        pytest.param(CHUNKED, FakeProtocol(pieces=[b"ab", b"", b""]), id="a second empty piece says so"),
    ],
)
async def test_half_a_body_is_never_taken_for_the_whole(headers, protocol):
    with pytest.raises(CallbackRefused, match="broke off"):
        await BodyReader(max_bytes=8).read(protocol, headers)


class Dripping(FakeProtocol):
    """A body that never comes."""

    async def __call__(self) -> bytes:
        await asyncio.Event().wait()
        return b""


async def test_a_body_that_outlasts_two_sweeps_is_broken_off():
    reader = BodyReader(max_bytes=8)
    reading = asyncio.create_task(reader.read(Dripping(), sized(4)))
    await asyncio.sleep(0)
    reader.sweep()
    await asyncio.sleep(0)
    survived_one = not reading.done()
    reader.sweep()

    with pytest.raises(CallbackRefused, match="in time"):
        await reading

    assert survived_one


async def test_a_reader_that_is_cancelled_by_others_stays_cancelled():
    reading = asyncio.create_task(BodyReader(max_bytes=8).read(Dripping(), sized(4)))
    await asyncio.sleep(0)
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_large_bodies_at_once_are_bounded_and_the_room_comes_back():
    reader = BodyReader(max_bytes=8, held_limit_bytes=12)
    reading = asyncio.create_task(reader.read(Dripping(), sized(8)))
    await asyncio.sleep(0)

    with pytest.raises(NotDurable):
        await reader.read(FakeProtocol(b"12345"), sized(5))
    reading.cancel()
    await asyncio.wait([reading])

    assert await reader.read(FakeProtocol(b"12345"), sized(5)) == b"12345"


async def test_a_connection_with_many_large_bodies_leaves_room_for_those_of_others():
    reader = BodyReader(max_bytes=100_000, held_limit_bytes=100_000)
    reading = asyncio.create_task(reader.read(Dripping(), sized(40_000), of="noisy"))
    await asyncio.sleep(0)

    with pytest.raises(RateExceeded):
        await reader.read(FakeProtocol(b"x"), sized(40_000), of="noisy")
    assert await reader.read(FakeProtocol(b"x"), sized(40_000), of="quiet") == b"x"
    assert await reader.read(FakeProtocol(b"small"), sized(5), of="noisy") == b"small"
    reading.cancel()
    await asyncio.wait([reading])

    assert await reader.read(FakeProtocol(b"x"), sized(40_000), of="noisy") == b"x"
