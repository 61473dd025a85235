"""Frames: every whole callback is found again, whatever happened to the file around it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.spool.frames import Reading, pack, read_frames

MARKER = b"\x01marker\xfe"
HEADERS = [("provider", b"postbox"), ("connection", b"main"), ("ce_id", b"run-1")]
BODIES = [b"first", b"", bytes(range(256)), MARKER, b"the last of them"]
RECORDS = [(None, body, 1_795_250_000_000 + number, HEADERS) for number, body in enumerate(BODIES)]
FRAMES = [pack(MARKER, number, record) for number, record in enumerate(RECORDS)]
WHOLE = b"".join(FRAMES)


def read(data: bytes, *, is_last: bool = True, limit: int = 100) -> Reading:
    return read_frames(data, MARKER, is_last=is_last, limit=limit)


def bodies(reading: Reading) -> list[bytes]:
    return [one.body for one in reading.kept]


def test_what_was_packed_comes_back_in_order():
    reading = read(WHOLE)

    assert [one.record for one in reading.kept] == RECORDS
    assert (reading.consumed, reading.damaged_bytes, reading.torn_bytes) == (len(WHOLE), 0, 0)


@pytest.mark.parametrize("written", range(len(FRAMES[-1])))
def test_a_torn_tail_is_cut_at_whatever_byte_it_ends(written):
    reading = read(b"".join(FRAMES[:-1]) + FRAMES[-1][:written])

    assert bodies(reading) == BODIES[:-1]
    assert (reading.torn_bytes, reading.damaged_bytes) == (written, 0)


@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), flip=st.integers(1, 255))
def test_a_damaged_byte_costs_one_callback_and_is_never_taken_for_a_torn_tail(at, flip):
    damaged = bytearray(WHOLE)
    damaged[at] ^= flip
    ends = [sum(map(len, FRAMES[: number + 1])) for number in range(len(FRAMES))]
    hit = next(number for number, end in enumerate(ends) if at < end)

    reading = read(bytes(damaged))

    assert bodies(reading) == BODIES[:hit] + BODIES[hit + 1 :]
    assert (reading.damaged_bytes > 0, reading.torn_bytes) == (True, 0)


@settings(max_examples=200, deadline=None)
@given(begin=st.integers(0, len(WHOLE)), length=st.integers(0, 200), noise=st.binary(max_size=40))
def test_what_is_read_was_written(begin, length, noise):
    reading = read(WHOLE[:begin] + noise + WHOLE[begin + length :])

    assert [one.number for one in reading.kept] == sorted({one.number for one in reading.kept})
    assert all(one.record == RECORDS[one.number] for one in reading.kept)


@settings(max_examples=200, deadline=None)
@given(size=st.integers(1, len(WHOLE)), limit=st.integers(1, 3), broken=st.none() | st.integers(0, len(WHOLE) - 1))
def test_pieces_of_any_size_give_the_same_as_the_whole(size, limit, broken):
    data = bytearray(WHOLE)
    if broken is not None:
        data[broken] ^= 0xFF
    found, at, length = [], 0, size
    while at < len(data):
        piece = bytes(data[at : at + length])
        reading = read(piece, is_last=at + length >= len(data), limit=limit)
        found += bodies(reading)
        at, length = at + reading.consumed, size if reading.consumed else length * 2

    assert found == bodies(read(bytes(data)))


def test_power_that_failed_leaves_zeros_that_count_as_damage():
    """The length of a file can reach the disk before its content does."""
    reading = read(FRAMES[0] + bytes(500))

    assert bodies(reading) == BODIES[:1]
    assert (reading.damaged_bytes, reading.torn_bytes) == (500, 0)
