"""A callback as a Kafka record and back: the body is the value, byte for byte, the rest are headers."""

from collections.abc import Iterable
from datetime import UTC, datetime

from contracts.envelope import TRACEPARENT, Headers, fixed_headers
from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from contracts.vocabulary import Source

KIND = "callback"
RECEIVED_AT = "received-at"
"""On a replay: when the callback first came, in milliseconds. Kafka's own time is that of the replay, because records
with the old time would be removed by the retention at once."""
REPLAY_OF = "replay-of"
"""On a replay: the place of the callback that is played again."""


def origin_headers(provider: str, connection: str) -> Headers:
    """The headers that all callbacks of one connection share, made once per connection."""
    head = [pair for pair in fixed_headers(KIND, "ingest") if pair[0] != "content-type"]
    return [*head, ("provider", provider.encode()), ("connection", connection.encode())]


def request_headers(callback: RawCallback) -> Headers:
    """The headers of this one request; what is empty or usual is left out."""
    headers: Headers = []
    if callback.method != "POST":
        headers.append(("method", callback.method.encode()))
    if callback.content_type:
        headers.append(("content-type", callback.content_type.encode()))
    if callback.query:
        headers.append(("query", callback.query.encode()))
    if callback.hint:
        headers.append(("hint", callback.hint.encode()))
    if callback.source is not Source.PUSH:
        headers.append(("source", callback.source.encode()))
    return headers


def replay_headers(original: Iterable[tuple[str, bytes]], received_at_ms: int, *, place: bytes) -> Headers:
    """The headers of a callback that is written again; `place` is where it stood first. The id is the writer's."""
    told = {"ce_id", "source", TRACEPARENT, RECEIVED_AT, REPLAY_OF}
    kept = [pair for pair in original if pair[0] not in told]
    again = ("source", Source.REPLAY.encode()), (RECEIVED_AT, str(received_at_ms).encode()), (REPLAY_OF, place)
    return [*kept, *again]


def replayed_place(told: bytes) -> tuple[int, int] | tuple[None, None]:
    """Partition and offset of the callback that a replay repeats, from its header; nulls where there is none."""
    members = told.rsplit(b"/", 2)[1:]
    if len(members) != 2 or not all(one.isdigit() for one in members):
        return None, None
    partition, offset = map(int, members)
    # Any writer may put any number there; what no partition and no offset can be is none.
    return (partition, offset) if partition < 2**15 and offset < 2**63 else (None, None)


def read_callback(value: bytes | None, timestamp_ms: int, headers: Iterable[tuple[str, bytes | None]]) -> RawCallback:
    """The callback in a record of `callbacks`; raises `PayloadInvalid` when the record was not written by ingest."""
    told = {name: data for name, data in headers if data is not None}
    try:
        return RawCallback(
            provider=_text(told["provider"]),
            connection=_text(told["connection"]),
            method=_text(told["method"]) if "method" in told else "POST",
            received_at=datetime.fromtimestamp(int(told.get(RECEIVED_AT, timestamp_ms)) / 1000, UTC),
            body=value or b"",
            source=Source(_text(told["source"])) if "source" in told else Source.PUSH,
            query=_text(told.get("query", b"")),
            hint=_text(told.get("hint", b"")),
            content_type=_text(told.get("content-type", b"")),
        )
    except (KeyError, ValueError, OverflowError) as exc:
        raise PayloadInvalid(f"not a callback record: {exc!r} is missing or unknown among its headers") from exc


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
