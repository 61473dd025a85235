"""What was freed goes back to the system, whatever still lies above it."""

import platform

import psutil
import pytest

from runtime.heap import give_back

PIECES, PIECE_BYTES = 100_000, 1000
"""Small enough for the C library's heap, too large for Python's own."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give back by themselves")
def test_freed_memory_below_a_piece_in_use_goes_back():
    process = psutil.Process()
    pieces = [bytes(PIECE_BYTES) for _ in range(PIECES)]
    topmost = [bytes(PIECE_BYTES) for _ in range(1000)]
    full = process.memory_info().rss
    pieces.clear()

    give_back()

    assert full - process.memory_info().rss > PIECES * PIECE_BYTES / 2
    assert len(topmost) == 1000
