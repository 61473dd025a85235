"""What today's adapters would make of callbacks, asked of a process in which they run: here nobody knows them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from api.problems import STREAMS_SILENT, Refused
from contracts.archived import Archived, Item
from runtime.settings import Settings

if TYPE_CHECKING:
    import aiohttp

ANSWERED_WITHIN_S = 5.0

_told = msgspec.json.Decoder(list[list[Item]])


class StreamsRehearsal:
    """Asks the local port of the stages."""

    def __init__(self, settings: Settings) -> None:
        streams = settings.streams
        self._url = settings.api.streams_url or f"http://{streams.admin_host}:{streams.admin_port}"

    async def rehearse(self, callbacks: Sequence[Archived]) -> list[list[Item]]:
        """The items that each callback would have; raises the problem that says where nobody answers."""
        import aiohttp  # noqa: PLC0415  # a tenth of the process's start, and most processes never ask

        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWERED_WITHIN_S)) as session:
                # One at a time: together they could be larger than is taken at once.
                return [await self._rehearsed(session, one) for one in callbacks]
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as exc:
            detail = f"{self._url} did not answer ({type(exc).__name__}). {STREAMS_SILENT.advice}"
            raise Refused(STREAMS_SILENT, detail, headers={"Retry-After": "5"}) from exc

    async def _rehearsed(self, session: "aiohttp.ClientSession", callback: Archived) -> list[Item]:
        headers = tuple((name, value or b"") for name, value in callback.headers)
        asked = msgspec.json.encode([callback._replace(headers=headers)])
        async with session.post(f"{self._url}/rehearse", data=asked, raise_for_status=True) as answer:
            (items,) = _told.decode(await answer.read())
            return items
