"""Ten-line programs in the place of Kafka and the workers, and all parts of the api put together over them."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Event

import pyarrow as pa
from fastapi import FastAPI

from analytics.exports.exporter import State
from analytics.exports.formats import Draft
from analytics.exports.manifest import manifest_of, save
from analytics.exports.order import Order
from analytics.exports.tokens import read_token, write_token
from api.admission.audit_log import AuditLog
from api.admission.key_uses import KeyUses
from api.admission.keys import KeyRing
from api.admission.rates import RateBook
from api.admission.sign_ins import SignIns
from api.answers.messages import Evidence
from api.application import create_app
from api.exports.desk import ExportDesk
from api.feed.feed import Feed
from api.health.progress import StageProgress
from api.page.desk import Desk
from api.parts import Parts
from api.replays.desk import ReplayDesk
from api.replays.worker import Means
from contracts.archived import Archived, Item
from contracts.errors import ExportEnded
from runtime.clock import FixedClock
from runtime.settings import ApiSettings, Budget, Connection, ExportSettings, FeedSettings, Settings
from tests.support.feed_log import FakeLog
from tests.unit.api.fake_store import FakeStore
from tests.unit.api.rows import ATTEMPT, FRESH, NOON


@dataclass
class FakeRegistrar:
    """Remembers what was written; raises `failure` when it has one."""

    failure: Exception | None = None
    is_ready: bool = True
    written: list = field(default_factory=list)

    async def write(self, registrations):
        if self.failure:
            raise self.failure
        self.written += registrations

    async def write_wish(self, wish):
        await self.write([wish])

    async def write_messages(self, told):
        await self.write(told)

    async def write_outcome(self, outcome):
        await self.write([outcome])

    async def write_alarm(self, alarm):
        await self.write([alarm])

    async def write_callbacks(self, callbacks):
        await self.write(callbacks)
        return [(0, 5000 + number) for number, _ in enumerate(callbacks)]


class FakeWitness:
    """Has seen every callback."""

    def __init__(self) -> None:
        self.asked = []

    async def read(self, causes):
        self.asked = list(causes)
        return [
            Evidence(**cause._asdict(), method="POST", size_bytes=2, body_base64="e30=", body_text="{}")
            for cause in self.asked
        ]


@dataclass
class FakePast:
    """Has every callback that is not `gone`."""

    gone: dict[tuple[int, int], str] = field(default_factory=dict)
    topic: str = "tidings-callbacks-v1"
    headers: tuple[tuple[str, bytes], ...] = (("provider", b"infobip"), ("connection", b"main"), ("ce_id", b"1"))

    async def read(self, places, **_):
        kept = 1_795_000_000_000, None, b"{}", self.headers
        return {place: self.gone.get(place) or Archived(*place, *kept) for place in places}


@dataclass
class FakeRehearsal:
    """Makes the same of every callback; raises `failure` when it has one."""

    items: list[Item] = field(default_factory=lambda: [Item("report", 0, "e1", "delivered (code 3000)")])
    failure: Exception | None = None

    async def rehearse(self, callbacks):
        if self.failure:
            raise self.failure
        return [self.items for _ in callbacks]


@dataclass
class FakeProgress:
    """Has these stages; raises `failure` when it has one."""

    told: list[StageProgress] = field(default_factory=lambda: [StageProgress("track", 1, [])])
    ill: list = field(default_factory=list)
    failure: Exception | None = None

    async def stages(self):
        if self.failure:
            raise self.failure
        return self.told

    async def ill_connections(self):
        if self.failure:
            raise self.failure
        return self.ill


@dataclass
class FakeExporter:
    """Has these rows, whatever is wanted, and writes them as the real one does; waits for `go` before."""

    rows: list[dict] = field(default_factory=lambda: [{"attempt_id": ATTEMPT, "status": "delivered", "is_match": True}])
    offset: int = 7
    failure: Exception | None = None
    go: Event = field(default_factory=Event)
    is_deaf: bool = False
    """Whether it does not ask again when it is nearly done."""
    written: list[Order] = field(default_factory=list)

    def __post_init__(self):
        self.go.set()

    async def state(self, wanted):
        return State({wanted.table.topic: (self.offset,)}, replace(FRESH, revision=self.offset))

    def continued(self, token, wanted, until):
        return read_token(token, wanted, until, hash_of)

    def write(self, order, directory, *, most_rows, progress):
        self.written.append(order)
        if self.failure:
            raise self.failure
        progress(0, 0.5)
        self.go.wait(10)
        if not self.is_deaf:
            progress(len(self.rows), 1.0)
        if len(self.rows) > most_rows:
            raise ExportEnded(f"it has more than {most_rows} rows")
        draft = Draft(directory / order.file_name(""), order.format, order.wanted.table)
        draft.write(pa.RecordBatch.from_pylist(self.rows, schema=order.wanted.table.schema))
        token = write_token(order.wanted, order.until, hash_of)
        manifest = manifest_of(order, [draft.finish()], made_at=NOON, token=token)
        save(directory, manifest)
        return manifest


def hash_of(text):
    return int(sha256(text.encode()).hexdigest()[:16], 16)


CONNECTIONS = (
    Connection(provider="telesign", name="main"),
    Connection(provider="infobip", name="main", observe_only=True),
    Connection(provider="infobip", name="other", account="other"),
    Connection(provider="routee", name="main"),
)
BUDGETS = (Budget(name="daily", most_sends_per_day=1000),)


def app_over(parts: Parts) -> FastAPI:
    """The application, one for all tests of a process, over these parts until it is asked for with others.

    FastAPI looks into an address when it is first asked, which takes five times as long as the answer.
    """
    app = _app()
    app.state.parts, app.state.desk = parts, Desk(parts.clock)
    return app


@cache
def _app() -> FastAPI:
    return create_app(None)


def make_parts(data_dir: Path, **changed) -> Parts:
    """Parts of fakes around real keys and sessions."""
    clock, ring = FixedClock(NOON), KeyRing(data_dir)
    settings = Settings(data_dir=data_dir, connections=CONNECTIONS, budgets=BUDGETS, api=ApiSettings())
    parts = Parts(
        settings=settings,
        clock=clock,
        store=FakeStore(),
        registrar=FakeRegistrar(),
        evidence=FakeWitness(),
        past=FakePast(),
        rehearsal=FakeRehearsal(),
        progress=FakeProgress(),
        ring=ring,
        sign_ins=SignIns(data_dir, ring, clock),
        exports=ExportDesk(FakeExporter(), ExportSettings(), data_dir, clock),
        replays=ReplayDesk(settings, clock, Means(stages=FakeRehearsal(), store=FakeStore())),
        feed=Feed(FeedSettings(), FakeLog(), clock),
        uses=KeyUses(data_dir, ring),
        rates=RateBook(ApiSettings().requests_per_minute, clock),
        audit=AuditLog(data_dir, clock),
        started_at=NOON - timedelta(hours=1),
    )
    return replace(parts, **changed)
