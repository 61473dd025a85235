"""What waits for a client: in order, bounded, and with the right place to go on from."""

import asyncio

import pytest

from api.feed.bookmarks import Bookmark
from api.feed.listener import End, Listener, Told


def at(offset: int) -> Bookmark:
    return Bookmark("0123456789ab", (offset,))


@pytest.fixture
def listener() -> Listener:
    return Listener(at(0), most_waiting=3)


async def test_all_that_waits_is_taken_at_once_and_the_bookmark_is_behind_it(listener):
    listener.offer(Told.of([b"a", b"b"]), at(2))
    listener.offer(Told.of([b"c"]), at(3))

    assert listener.bookmark == at(0)
    assert await listener.take() == b"abc"
    assert listener.bookmark == at(3)


async def test_what_is_not_wanted_moves_the_bookmark_while_nothing_waits(listener):
    listener.offer(Told.of([]), at(7))
    moved = listener.bookmark
    listener.offer(Told.of([b"a"]), at(8))
    listener.offer(Told.of([]), at(9))

    assert (moved, listener.bookmark) == (at(7), at(7))
    assert await listener.take() == b"a"
    assert listener.bookmark == at(9)


async def test_a_take_waits_for_what_comes(listener):
    taking = asyncio.create_task(listener.take())
    await asyncio.sleep(0)
    listener.offer(Told.of([b"a"]), at(1))

    assert await taking == b"a"


async def test_a_take_that_is_given_up_loses_nothing(listener):
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(listener.take(), 0.001)
    listener.offer(Told.of([b"a"]), at(1))

    assert await listener.take() == b"a"


async def test_clients_who_are_told_the_same_share_its_bytes(listener):
    other, told = Listener(at(0), most_waiting=3), Told.of([b"a", b"b"])
    for one in (listener, other):
        one.offer(told, at(2))

    assert await listener.take() is await other.take()


async def test_a_take_that_is_stirred_has_nothing_and_goes_nowhere(listener):
    taking = asyncio.create_task(listener.take())
    await asyncio.sleep(0)
    listener.stir()

    assert await taking == b""
    assert listener.bookmark == at(0)


async def test_whoever_falls_too_far_behind_goes_on_from_what_was_taken(listener):
    listener.offer(Told.of([b"a"]), at(1))
    await listener.take()
    listener.offer(Told.of([b"b", b"c", b"d"]), at(4))
    listener.offer(Told.of([b"e"]), at(5))
    listener.offer(Told.of([]), at(6))

    assert listener.end is End.TOO_SLOW
    assert await listener.take() == b""
    assert listener.bookmark == at(1)


async def test_what_nobody_wants_makes_nobody_too_slow(listener):
    listener.offer(Told.of([b"b", b"c", b"d"]), at(3))
    listener.offer(Told.of([]), at(4))

    assert listener.end is None


async def test_a_closed_listener_keeps_its_first_reason_and_its_place(listener):
    listener.offer(Told.of([b"a"]), at(1))
    listener.close(End.STOPPING)
    listener.close(End.TOO_SLOW)
    listener.offer(Told.of([b"b"]), at(2))

    assert listener.end is End.STOPPING
    assert await listener.take() == b""
    assert listener.bookmark == at(0)
