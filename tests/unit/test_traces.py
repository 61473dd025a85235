"""A callback that is drawn is followed from the door to its rows, by the headers of the records; no other is."""

import asyncio
import random
import sys
from functools import partial
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from analytics.sink.tracing import traced as traced_write
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from contracts.envelope import TRACEPARENT, Headers, header
from contracts.errors import ConfigurationInvalid, NotDurable
from contracts.raw import origin_headers, replay_headers
from ingest.tracing import TracedPublishing, traced
from runtime.settings import Connection, Settings, StoreSettings, TracesSettings
from runtime.traces import open_traces
from runtime.traces.spans import Telling
from streams.engine.carrier import Carrier
from streams.engine.tracing import TracedCarrier, carrier_of
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NORMALISE, NormaliseBatch
from streams.track.stage import TRACK
from tests.support.ledger_provider import LEDGER, body_of, status
from tests.support.spans import Collected
from tests.support.streams_world import Worker, World

ROOT = Path(__file__).parents[2]
STORED = ("callbacks", "updates")


class Door:
    """Makes durable at once, on the `callbacks` of a world; or refuses."""

    def __init__(self, world: World, refusal: NotDurable | None = None) -> None:
        self._world = world
        self._refusal = refusal

    def publish(self, body: bytes, received_at_ms: int, headers: Headers, *, deadline_s: float) -> asyncio.Future[None]:
        if self._refusal is not None and deadline_s < 0:
            raise self._refusal
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._refusal is not None:
            answer.set_exception(self._refusal)
            return answer
        self._world.append(
            self._world.name("callbacks"), 0, [(None, body, [*headers, ("ce_id", b"x")], received_at_ms)]
        )
        answer.set_result(None)
        return answer


class House:
    """The line in memory, with traces: a door, the two stages on the way to an answer, and a store."""

    def __init__(self, collected: Collected, directory: Path) -> None:
        self.world, self._traces, self._chance = World(partitions=1), collected.traces, random.Random(7)
        self._door = traced(Door(self.world), collected.traces)
        self._settings = Settings(
            connections=(Connection(provider="ledger", name="main", observe_only=True),), data_dir=directory
        )

    async def call_back(self, *bodies: bytes) -> None:
        for body in bodies:
            await self._door.publish(body, 1_700_000_000_000, origin_headers("ledger", "main"), deadline_s=1.0)
        await asyncio.sleep(0)  # so that those who wait for an answer hear of it

    async def run(self) -> None:
        normalise = NormaliseBatch(Normaliser({"ledger": LEDGER}, self._settings.connections))
        for stage, decide in ((NORMALISE, normalise), (TRACK, TRACK.prepare(self._settings))):
            carrier = partial(TracedCarrier, traces=self._traces)
            await Worker(self.world, stage, decide, self._chance, {}, carrier=carrier).live(1)
        self._store()

    def _store(self) -> None:
        database = Database(self._settings.data_dir / "store.duckdb", StoreSettings())
        database.open()
        cursor = database.cursor()
        writer = Writer(cursor, hasher(b"key"), Upkeep(cursor, Skyline()), seen_days=3)
        fetched = [Fetched(word, 0, self.world.all_of(word)) for word in STORED]
        traced_write(writer.write, self._traces)(writer.prepare(writer.resume(), fetched))
        writer.close()
        database.close()

    def traceparents(self, word: str) -> list[bytes | None]:
        return [header(tuple(record.headers), TRACEPARENT) for record in self.world.all_of(word)]


async def test_a_drawn_callback_is_one_trace_from_the_door_to_its_rows(tmp_path):
    collected = Collected()
    house = House(collected, tmp_path)

    await house.call_back(body_of(status("m1", "sent")))
    await house.run()

    [door] = collected.named("ingest")
    assert collected.edges_of(door.context.trace_id) == {
        (None, "ingest"),
        ("ingest", "sink"),  # the row of the callback
        ("ingest", "normalise"),
        ("normalise", "track"),
        ("track", "sink"),  # the row of the update
    }


async def test_what_is_not_drawn_leaves_no_span_and_no_header(tmp_path):
    collected = Collected(share=0.5)
    house = House(collected, tmp_path)
    collected.draw = 0.5

    await house.call_back(body_of(status("m1", "sent")))
    await house.run()

    assert collected.spans == ()
    assert {parent for word in ("callbacks", "reports", "updates") for parent in house.traceparents(word)} == {None}


async def test_each_callback_has_a_trace_of_its_own_and_a_batch_links_to_all_of_them(tmp_path):
    collected = Collected()
    house = House(collected, tmp_path)

    await house.call_back(*[body_of(status(name, "sent")) for name in ("m1", "m2", "m3")])
    await house.run()

    linked = {link.context.trace_id for span in collected.named("sink batch") for link in span.links}
    assert linked == {span.context.trace_id for span in collected.named("ingest")}
    assert len(linked) == 3


async def test_a_span_says_where_its_record_lies_and_nothing_of_what_is_in_it(tmp_path):
    collected = Collected()
    house = House(collected, tmp_path)

    await house.call_back(body_of(status("m1", "sent", recipient="+447700900123")))
    await house.run()

    [span] = collected.named("track")
    assert dict(span.attributes) == {
        "messaging.system": "kafka",
        "messaging.destination.name": "test-reports",
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 0,
    }


@pytest.mark.parametrize("deadline_s", [pytest.param(-1.0, id="at once"), pytest.param(1.0, id="after a while")])
async def test_a_callback_that_is_not_taken_ends_its_trace_with_the_reason(deadline_s):
    collected = Collected()
    door = TracedPublishing(Door(World(), NotDurable("full")), collected.traces)

    with pytest.raises(NotDurable):
        await door.publish(b"{}", 0, [], deadline_s=deadline_s)
    await asyncio.sleep(0)

    [span] = collected.spans
    assert (span.status.is_ok, span.status.description) == (False, "NotDurable")


async def test_a_batch_that_fails_ends_its_spans_with_the_name_of_the_error_only():
    collected = Collected()

    def write(_batch: object) -> None:
        raise ValueError("a row of +447700900123")

    record = World()
    record.append("callbacks", 0, [(None, b"", [collected.traces.begin("ingest").header], 0)])
    batch = type("Batch", (), {"new": [Fetched("callbacks", 0, record.logs["callbacks", 0])]})()
    with pytest.raises(ValueError, match="a row"):
        traced_write(write, collected.traces)(batch)

    assert {span.name: span.status.description for span in collected.spans} == {
        "sink": "ValueError",
        "sink batch": "ValueError",
    }
    assert not any(span.events for span in collected.spans)


def test_a_replay_does_not_carry_on_the_trace_of_the_first_time():
    again = replay_headers([(TRACEPARENT, b"00-1-2-01"), ("provider", b"ledger")], 1, place=b"0/0")

    assert header(again, TRACEPARENT) is None
    assert header(again, "provider") == b"ledger"


@pytest.mark.parametrize(
    "parent",
    [pytest.param(b"rubbish", id="no context"), pytest.param(b"\xff", id="no text"), pytest.param(b"", id="nothing")],
)
async def test_a_context_that_nobody_can_read_begins_a_new_trace(parent):
    collected, world = Collected(), World()
    world.append("callbacks", 0, [(None, b"", [(TRACEPARENT, parent)], 0)])
    batch = type("Batch", (), {"new": [Fetched("callbacks", 0, world.logs["callbacks", 0])]})()

    traced_write(lambda _batch: None, collected.traces)(batch)

    [span] = collected.named("sink")
    assert span.parent is None


def test_they_are_off_unless_an_address_is_set():
    assert open_traces(TracesSettings(), "ingest") is None


def test_a_collector_that_is_away_is_told_of_once_and_its_return_too():
    class Sometimes(SpanExporter):
        def __init__(self, *results: SpanExportResult) -> None:
            self._results = iter(results)

        def export(self, spans: object) -> SpanExportResult:
            return next(self._results)

    well, away = SpanExportResult.SUCCESS, SpanExportResult.FAILURE
    telling = Telling(Sometimes(well, away, away, well, well, away), "http://collector.example:4318")
    with capture_logs() as said:
        results = [telling.export([]) for _ in range(6)]

    assert results == [well, away, away, well, well, away]
    assert [line["event"] for line in said] == ["traces_not_taken", "traces_taken", "traces_not_taken"]


def test_where_they_are_off_nothing_stands_between():
    door, write = Door(World()), print

    assert traced(door, None) is door
    assert traced_write(write, None) is write
    assert type(carrier_of(NORMALISE, print, None, None, traces=None)) is Carrier


def test_without_the_packages_the_process_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "runtime.traces.spans", None)
    monkeypatch.delattr("runtime.traces.spans", raising=False)

    with pytest.raises(ConfigurationInvalid, match=r"tidings\[otel\]"):
        open_traces(TracesSettings(endpoint="http://127.0.0.1:4318"), "ingest")
