"""A process that was cut off from its brokers must not go on with what it held: its partitions may be elsewhere by now.

Nobody tells it so. When the network is back its writes go through before the answer to its last heartbeat comes, Kafka
does not fence them, and what it decides in that moment rests on a state that another worker has moved on from. A write
that was on its way is harmless, because the successor does exactly that again; a second one is not. So each write asks
first how long ago the group was known to count us in, and asks the group itself when that was a while ago.
"""

import asyncio
from collections.abc import Awaitable, Callable

from contracts.errors import WorldMoved
from streams.engine.guard import elapsed_s

SHARE_OF_SESSION = 0.5
"""The rest of the session is for the write to arrive in."""
PAUSE_S = 0.1


class Lease:
    """Good for half a session from the moment that the group was last asked."""

    def __init__(
        self,
        session_timeout_s: float,
        ask: Callable[[], Awaitable[bool | None]],
        *,
        clock: Callable[[], float] = elapsed_s,
    ) -> None:
        """`ask` says whether the group counts us in; null when it cannot be asked now."""
        self._limit_s = session_timeout_s * SHARE_OF_SESSION
        self._ask = ask
        self._clock = clock
        self._good_until = float("-inf")

    async def check(self) -> None:
        """Return once it is certain that nobody else owns our partitions; raises `WorldMoved` when somebody may.

        Waits for as long as no broker answers. Set a deadline around it.
        """
        while (now := self._clock()) > self._good_until:
            match await self._ask():
                case True:
                    self._good_until = now + self._limit_s
                case False:
                    raise WorldMoved(
                        "the group no longer counts this member in, and another may own its partitions; this process "
                        "ends and begins again at what is committed. Look at the network to the brokers, and "
                        "whether another process has the same streams.instance_id"
                    )
                case None:
                    await asyncio.sleep(PAUSE_S)
