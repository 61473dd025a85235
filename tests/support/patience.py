"""How long a test waits for what must come, and how."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

T = TypeVar("T")

LIMIT_S = 180.0
"""Only a test that fails waits that long: on a machine with much else to do, a start alone may take a minute."""


async def once(look: Callable[[], Awaitable[T]], is_so: Callable[[T], object] = bool, *, every_s: float = 0.05) -> T:
    """What is found, once it is so; a test that waits in vain fails with what it found last."""
    deadline = time.monotonic() + LIMIT_S
    while not is_so(found := await look()):
        assert time.monotonic() < deadline, f"waited {LIMIT_S:g} s in vain; at last there was {found!r}"
        await asyncio.sleep(every_s)
    return found


async def until(holds: Callable[[], object]) -> None:
    """Wait for what must come, here or in another process."""

    async def look() -> object:
        found = await asyncio.to_thread(holds)
        return await found if isawaitable(found) else found

    await once(look)
