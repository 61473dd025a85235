"""The spans of this process, by OpenTelemetry. Import it through `runtime.traces` only: it is slow to load."""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, format_span_id, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from contracts.envelope import TRACEPARENT
from runtime.settings import TracesSettings
from runtime.traces import Stop

EXPORT_WITHIN_S = 2.0
"""One export, with its tries. A process that stops waits so long for a collector that is away."""
MOST_LINKS = 128

Header = tuple[str, bytes]
_READ = TraceContextTextMapPropagator().extract


class Told:
    """A span that is still open."""

    def __init__(self, span: Span) -> None:
        self.span = span

    @property
    def header(self) -> Header:
        """By which a record carries the trace on."""
        context = self.span.get_span_context()
        text = f"00-{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}-{context.trace_flags:02x}"
        return TRACEPARENT, text.encode()

    def end(self, error: BaseException | None = None) -> None:
        """Now, and whether it went well. Of an error only the name is told: a store's words quote rows."""
        if error is not None:
            self.span.set_status(StatusCode.ERROR, type(error).__name__)
        self.span.end()


class Traces:
    """What this process tells of traced callbacks. Telling never waits, and never fails the work that is told of."""

    def __init__(self, provider: TracerProvider, share: float, *, chance: Callable[[], float] = random.random) -> None:
        self._tracer = provider.get_tracer("tidings")
        self._share = share
        self._chance = chance

    def begin(self, name: str) -> Told | None:
        """The first span of a new trace, when the draw says so; whoever gets it ends it."""
        if self._chance() >= self._share:
            return None
        return Told(self._tracer.start_span(name, kind=SpanKind.PRODUCER))

    @contextmanager
    def batch(self, name: str, stops: Iterable[Stop], *, count: int) -> Iterator[dict[bytes, Header]]:
        """One span for the batch of `count` records, and one for each traced record, in that record's own trace.

        Gives, by origin, the header for what stems from a traced record. The spans end as the block does, with its
        error when it has one.
        """
        told = {stop.origin: self._follow(name, stop) for stop in stops}
        whole = self._gather(f"{name} batch", told.values(), count)
        try:
            yield {origin: one.header for origin, one in told.items()}
        except BaseException as exc:
            for one in (*told.values(), whole):
                one.end(exc)
            raise
        for one in (*told.values(), whole):
            one.end()

    def _gather(self, name: str, told: Iterable[Told], count: int) -> Told:
        links = [Link(one.span.get_span_context()) for one in islice(told, MOST_LINKS)]
        told_of: dict[str, str | int] = {"messaging.system": "kafka", "messaging.batch.message_count": count}
        return Told(self._tracer.start_span(name, kind=SpanKind.CONSUMER, links=links, attributes=told_of))

    def _follow(self, name: str, stop: Stop) -> Told:
        span = self._tracer.start_span(
            name,
            context=_READ({TRACEPARENT: stop.traceparent.decode("ascii", "replace")}),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": stop.topic,
                "messaging.destination.partition.id": str(stop.partition),
                "messaging.kafka.offset": stop.offset,
            },
        )
        return Told(span)


def exporting(settings: TracesSettings, process: str) -> Traces:
    """Traces that go to where the settings say, from a thread of their own; what it cannot take is dropped.

    What else an exporter needs, such as a key, it reads from the usual variables: `OTEL_EXPORTER_OTLP_HEADERS`.
    """
    provider = TracerProvider(ALWAYS_ON, Resource.create({SERVICE_NAME: f"tidings-{process}"}))
    address = f"{settings.endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address, timeout=EXPORT_WITHIN_S)))
    return Traces(provider, settings.share)
