"""Archived callbacks in portions, so slowly that live traffic is not held up."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator

from contracts.archived import Archived

LARGEST_PORTION_BYTES = 1024 * 1024


async def paced(callbacks: Iterable[Archived], *, rate_per_s: float, most: int) -> AsyncIterator[list[Archived]]:
    """Portions of at most so many `callbacks`, together no more than `rate_per_s`; they are read on a thread."""
    begun, given = time.monotonic(), 0
    portions = _portions(callbacks, most)
    while portion := await asyncio.to_thread(next, portions, None):
        yield portion
        given += len(portion)
        await asyncio.sleep(max(0.0, begun + given / rate_per_s - time.monotonic()))


def _portions(callbacks: Iterable[Archived], most: int) -> Iterator[list[Archived]]:
    portion: list[Archived] = []
    size = 0
    for callback in callbacks:
        portion.append(callback)
        size += len(callback.value or b"")
        if len(portion) >= most or size >= LARGEST_PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
