"""What today's adapters would make of callbacks, asked of a process in which they run: here nobody knows them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from api.problems import STREAMS_SILENT, Refused
from contracts.archived import Archived, Item
from runtime.settings import Settings

if TYPE_CHECKING:
    import aiohttp

ANSWERED_WITHIN_S = 5.0
AT_ONCE, AT_ONCE_BYTES = 100, 1024 * 1024
"""What is asked together: the stages stand still meanwhile, and take four times as many bytes."""

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
                return [items for pack in _packs(callbacks) for items in await self._rehearsed(session, pack)]
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as exc:
            detail = f"{self._url} did not answer ({type(exc).__name__}). {STREAMS_SILENT.advice}"
            raise Refused(STREAMS_SILENT, detail, headers={"Retry-After": "5"}) from exc

    async def _rehearsed(self, session: "aiohttp.ClientSession", pack: Sequence[bytes]) -> list[list[Item]]:
        asked = b"[%s]" % b",".join(pack)
        async with session.post(f"{self._url}/rehearse", data=asked, raise_for_status=True) as answer:
            return _told.decode(await answer.read())


def _packs(callbacks: Sequence[Archived]) -> Iterator[list[bytes]]:
    """As JSON, so many as are taken together; a callback of the largest size goes alone."""
    pack: list[bytes] = []
    for callback in callbacks:
        headers = tuple((name, value or b"") for name, value in callback.headers)
        spelled = msgspec.json.encode(callback._replace(headers=headers))
        if pack and (len(pack) == AT_ONCE or sum(map(len, pack)) + len(spelled) > AT_ONCE_BYTES):
            yield pack
            pack = []
        pack.append(spelled)
    if pack:
        yield pack
