"""Where traces begin: at a callback that is authentic, until it is durable."""

from asyncio import Future
from typing import TYPE_CHECKING

from contracts.envelope import Headers
from contracts.errors import CallbackRefused
from ingest.places import Publishing

if TYPE_CHECKING:
    from runtime.traces.spans import Traces

NAME = "ingest"


def traced(publishing: Publishing, traces: "Traces | None") -> Publishing:
    """`publishing` with traces, when they are on; else as it is."""
    return publishing if traces is None else TracedPublishing(publishing, traces)


class TracedPublishing:
    """Publishes, and begins a trace of each callback that is drawn."""

    def __init__(self, publishing: Publishing, traces: "Traces") -> None:
        self._publishing = publishing
        self._traces = traces

    def publish(self, body: bytes, received_at_ms: int, headers: Headers, *, deadline_s: float) -> "Future[None]":
        """As what is inside."""
        told = self._traces.begin(NAME)
        if told is None:
            return self._publishing.publish(body, received_at_ms, headers, deadline_s=deadline_s)
        try:
            answer = self._publishing.publish(body, received_at_ms, [*headers, told.header], deadline_s=deadline_s)
        except CallbackRefused as refusal:
            told.end(refusal)
            raise
        answer.add_done_callback(lambda done: told.end(None if done.cancelled() else done.exception()))
        return answer
