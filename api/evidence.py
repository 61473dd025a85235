"""The raw callbacks behind an answer, as they came, from the positions that the answer names."""

from base64 import b64encode
from collections.abc import Iterable
from typing import NamedTuple

from api.answers.messages import Evidence
from api.callback_log import TOO_LARGE
from api.past import CallbackPast
from contracts.archived import Archived
from contracts.errors import PayloadInvalid
from contracts.raw import read_callback

POSITIONS_LIMIT = 50
BYTES_LIMIT = 4 * 1024 * 1024
DEADLINE_S = 4.0

TOO_MANY = "More than {limit} callbacks stand behind this answer; the rest are not shown."
OTHER_ORIGIN = "The record at this position is of another connection; the topic may have been made anew."


class Cause(NamedTuple):
    """Where a callback lies, and which connection it must be of."""

    partition: int
    offset: int
    provider: str
    connection: str


class EvidenceReader:
    """Shows callbacks as they came."""

    def __init__(self, past: CallbackPast) -> None:
        self._past = past

    async def read(self, causes: Iterable[Cause]) -> list[Evidence]:
        """One piece of evidence for each cause, in order; one that cannot be had says why."""
        wanted = list(dict.fromkeys(causes))
        near, rest = wanted[:POSITIONS_LIMIT], wanted[POSITIONS_LIMIT:]
        places = [(cause.partition, cause.offset) for cause in near]
        found = await self._past.read(places, bytes_limit=BYTES_LIMIT, deadline_s=DEADLINE_S)
        told, room = [], BYTES_LIMIT
        for cause in near:
            one = found[cause.partition, cause.offset]
            told.append(_told(cause, one if room > 0 else TOO_LARGE))
            room -= told[-1].size_bytes or 0
        return told + [_absent(cause, TOO_MANY.format(limit=POSITIONS_LIMIT)) for cause in rest]


def _told(cause: Cause, found: Archived | str) -> Evidence:
    return _absent(cause, found) if isinstance(found, str) else _evidence(cause, found)


def _evidence(cause: Cause, record: Archived) -> Evidence:
    try:
        callback = read_callback(record.value, record.timestamp, record.headers)
    except PayloadInvalid as exc:
        return _absent(cause, str(exc))
    if (callback.provider, callback.connection) != (cause.provider, cause.connection):
        return _absent(cause, OTHER_ORIGIN)
    return Evidence(
        partition=cause.partition,
        offset=cause.offset,
        provider=callback.provider,
        connection=callback.connection,
        received_at=callback.received_at,
        source=callback.source,
        method=callback.method,
        content_type=callback.content_type,
        query=callback.query,
        hint=callback.hint,
        size_bytes=len(callback.body),
        body_base64=b64encode(callback.body).decode(),
        body_text=_text(callback.body),
    )


def _absent(cause: Cause, reason: str) -> Evidence:
    return Evidence(**cause._asdict(), absent_because=reason)


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None
