"""Traces: a share of the callbacks, followed from the door to their rows. Off unless an address is set.

The context travels as `traceparent` among the headers of the records. A record without one is not followed, so that
what most callbacks cost is one look for a header, and nothing at all where traces are off.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from contracts.envelope import TRACEPARENT, header
from contracts.errors import ConfigurationInvalid
from runtime.settings import TracesSettings

if TYPE_CHECKING:
    from runtime.traces.spans import Traces


class Stop(NamedTuple):
    """Where a traced record was met, and the context that it came with."""

    topic: str
    partition: int
    offset: int
    traceparent: bytes

    @property
    def origin(self) -> bytes:
        """As the ids of what stems from it begin."""
        return b"%s/%d/%d" % (self.topic.encode(), self.partition, self.offset)


class Record(Protocol):
    """What of a record counts here."""

    @property
    def offset(self) -> int: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


def stops_among(topic: str, partition: int, records: Iterable[Record]) -> list[Stop]:
    """The traced ones of `records`, which come from there."""
    return [
        Stop(topic, partition, record.offset, parent)
        for record in records
        if (parent := header(record.headers, TRACEPARENT)) is not None
    ]


def open_traces(settings: TracesSettings, process: str) -> "Traces | None":
    """Null when they are off; then nothing of OpenTelemetry is imported.

    Raises `ConfigurationInvalid` when they are on and its packages are missing.
    """
    if not settings.endpoint:
        return None
    try:
        from runtime.traces.spans import exporting  # noqa: PLC0415  # an eighth of a second that only those pay who trace
    except ImportError as exc:
        raise ConfigurationInvalid(
            f"traces.endpoint is set, but {exc.name} is not installed: `pip install 'tidings[otel]'`, or take it out"
        ) from exc
    return exporting(settings, process)
