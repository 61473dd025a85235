"""How a Kafka client asks for more: at once while little comes, and for what gathers in a moment while much does.

A client sends a fetch as soon as the last one is answered, and a broker answers as soon as there is one record. So
while a thousand records a second come, nearly every one of them is fetched, carried and written on its own, and what
that costs, here and at the broker, is many times what is done with the record.
"""

from aiokafka import AIOKafkaConsumer

GATHERED_BYTES = 1 << 18
"""So much is worth an answer before its time."""

READ_FOR_EACH_FETCH = ("_fetch_min_bytes", "_fetch_max_wait_ms")
"""The private names of aiokafka's fetcher that are leant on. A test asserts that they are there and read so."""


class Pace:
    """Of one client, which need not be started yet."""

    def __init__(self, client: AIOKafkaConsumer, *, gather_ms: int) -> None:
        self.gather_ms = gather_ms
        """While records come, a fetch may take so long to be answered; from the next `follow` on."""
        self._client = client
        self._at_ease: tuple[int, int] | None = None
        """What is asked for while nothing comes, as the client was made; null while it is that."""

    def follow(self, *, has_come: bool) -> None:
        """Told after each fetch whether it brought anything."""
        if not has_come and self._at_ease is None:
            return
        fetcher = self._client._fetcher  # noqa: SLF001  # named above
        at_ease = self._at_ease or (fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms)  # noqa: SLF001  # named above
        asked_for = (GATHERED_BYTES, self.gather_ms) if has_come else at_ease
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = asked_for  # noqa: SLF001  # named above
        self._at_ease = at_ease if has_come else None
