"""One key ends the view, as in other programs of its kind."""

import asyncio
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

ENDS = frozenset("qQ\x1b")


@contextmanager
def ended_by_key() -> Iterator[asyncio.Event]:
    """An event that `q` or Escape sets; the terminal is as it was behind the block, whatever happens in it.

    Where the input is no terminal nothing sets it.
    """
    ended = asyncio.Event()
    if not sys.stdin.isatty():
        yield ended
        return
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)

    def look() -> None:
        if ENDS & set(sys.stdin.read(1)):
            ended.set()

    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, look)
    try:
        yield ended
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
