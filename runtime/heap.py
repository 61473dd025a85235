"""What the C library keeps of the memory that was freed, given back to the system."""

import asyncio
import ctypes
from functools import cache

GIVE_BACK_EVERY_S = 60.0


def give_back() -> None:
    """Let the C library return whole free pages; where it is not glibc, which keeps them, there is nothing to do.

    glibc returns only what is free at the very end of a heap, and each thread has a heap of its own: with threads that
    fill and empty buffers of ever other sizes a process grows by a few percent an hour and holds nothing.
    """
    if trim := _malloc_trim():
        trim(0)


async def keep_giving_back() -> None:
    """For ever; a few milliseconds in another thread, now and then."""
    while True:
        await asyncio.sleep(GIVE_BACK_EVERY_S)
        await asyncio.to_thread(give_back)


@cache
def _malloc_trim() -> "ctypes._NamedFuncPointer | None":
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
