"""Spans that stay in memory, and what a test asks of them."""

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from runtime.traces.spans import Traces


class Collected:
    """Traces, and the spans that they told."""

    def __init__(self, share: float = 1.0) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.draw = 0.0
        """What the next draws give."""
        self.traces = Traces(provider, share, chance=lambda: self.draw)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """In the order in which they ended."""
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def edges_of(self, trace_id: int) -> set[tuple[str | None, str]]:
        """Which follows from which, in one trace."""
        mine = {span.context.span_id: span for span in self.spans if span.context.trace_id == trace_id}
        return {(mine[span.parent.span_id].name if span.parent else None, span.name) for span in mine.values()}
