"""How a Kafka client asks for more: at once while little comes, and for what gathers in a moment while much does.

A client sends a fetch as soon as the last one is answered, and a broker answers as soon as there is one record. So
while a thousand records a second come, nearly every one of them is fetched, carried and written on its own, and what
that costs, here and at the broker, is many times what is done with the record.

The moment passes here, before the fetch is sent. A broker that is told to hold it would look at all that it asks for
time and again, whenever somebody has written to one of the partitions.

And a client that still has records leaves their partitions out when it asks for more, and asks for nothing else until
that is answered. When a stage has more to do than it takes at once, that leaves the quiet partitions, and whoever waits
for those at the broker has all that the busy ones bring waiting too, for as long as a broker may hold a fetch.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiokafka import AIOKafkaConsumer
from aiokafka.protocol.fetch import FetchRequest

CALLED_FOR_EACH_FETCH = "_proc_fetch_request"
"""The private name of aiokafka's fetcher that is leant on; beside it the `_records` that it still has, and the
`_max_wait_ms` of what it asks. A test asserts that they are there, and called and read so."""
BESIDE_OTHERS_MS = 25
"""How long the broker may wait for records when the client still has some of other partitions."""


class Pace:
    """Of one client, which need not be started before it is followed."""

    def __init__(self, client: AIOKafkaConsumer, *, gather_ms: int) -> None:
        self.gather_ms = gather_ms
        """While records come, a fetch is sent so long after it could be; from the next `follow` on."""
        self._client = client
        self._wait_s = 0.0
        self._is_kept = False

    def follow(self, *, has_come: bool, is_much: bool = False) -> None:
        """Told after each fetch whether it brought anything, and whether that was so much that none need gather."""
        self._wait_s = self.gather_ms / 1000 if has_come and not is_much else 0.0
        if not self._is_kept:
            self._is_kept = True
            self._keep()

    def _keep(self) -> None:
        fetcher = self._client._fetcher  # noqa: SLF001  # named above
        fetch = fetcher._proc_fetch_request  # noqa: SLF001  # named above

        def fetch_in_time(assignment: object, node_id: int, request: FetchRequest) -> Awaitable[bool]:
            """Called as soon as it is settled what is asked for."""
            if fetcher._records:  # noqa: SLF001  # named above
                request._max_wait_ms = BESIDE_OTHERS_MS  # noqa: SLF001  # named above
            return self._sent(partial(fetch, assignment, node_id, request))

        fetcher._proc_fetch_request = fetch_in_time  # noqa: SLF001  # named above

    async def _sent(self, fetch: Callable[[], Awaitable[bool]]) -> bool:
        """An answer about a place that was left meanwhile is dropped by the client, as it is when the broker takes so
        long.
        """
        try:
            await asyncio.sleep(self._wait_s)
        except asyncio.CancelledError:
            return False  # as the client's own does, which is awaited when it was cancelled
        return await fetch()
