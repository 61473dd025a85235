"""Ten-line programs in the place of the store, Kafka and the clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from threading import Event

import pyarrow as pa

from analytics.alarms import Look
from analytics.back_test.economics import weigh
from analytics.back_test.odds import Odds
from analytics.back_test.replay import BackTest, PlaceAdvice, WaitAdvice
from analytics.back_test.waits import advise
from analytics.connections import Connections
from analytics.exports.exporter import State
from analytics.exports.formats import Draft
from analytics.exports.manifest import manifest_of, save
from analytics.exports.order import Order
from analytics.exports.tokens import read_token, write_token
from analytics.freshness import Freshness
from analytics.messages import Page
from analytics.questions import Conservation, Measured, MetricsQuestion, Timeline
from analytics.reader import Answer
from analytics.sends import Sends
from analytics.service import Health
from analytics.sessions import Conversation
from analytics.snapshots import Snapshot
from analytics.trust.report import RouteReport, TrustReport
from api.admission.audit_log import AuditLog
from api.admission.key_uses import KeyUses
from api.admission.keys import KeyRing
from api.admission.rates import RateBook
from api.admission.sign_ins import SignIns
from api.answers.messages import Evidence
from api.exports.desk import ExportDesk
from api.feed.feed import Feed
from api.health.progress import StageProgress
from api.parts import Parts
from api.replays.desk import ReplayDesk
from api.replays.worker import Means
from contracts.archived import Archived, Item
from contracts.errors import ExportEnded, NotFound
from runtime.clock import FixedClock
from runtime.settings import ApiSettings, Budget, Connection, ExportSettings, FeedSettings, Settings
from tests.support.feed_log import FakeLog
from tests.unit.api.rows import (
    ATTEMPT,
    BALANCE,
    BOOKS,
    BREAK,
    CHANGES,
    ENDED,
    FRESH,
    HEARD,
    HISTOGRAM,
    INBOUND,
    LETTER,
    LETTER_COUNT,
    LISTED,
    MESSAGE,
    NOON,
    PARKED,
    RATES,
    REPLAYED,
    REPORTS,
    SEND,
    SEND_BALANCE,
    SESSION,
    STANDING,
    SUPPRESSION,
    TIMELINE,
    TODAY,
    WELL,
)


@dataclass
class FakeStore:
    """Knows one message, of the account `default`; raises `failure` when it has one."""

    failure: Exception | None = None
    told: Timeline = TIMELINE
    changes: list[dict] = field(default_factory=lambda: CHANGES)
    today: list[dict] = field(default_factory=lambda: TODAY)
    waiting: list[dict] = field(default_factory=lambda: PARKED)
    balance: dict = field(default_factory=lambda: BALANCE)
    unexplained: list[dict] = field(default_factory=list)
    book_rows: list[dict] = field(default_factory=lambda: [BOOKS, BOOKS | {"kafka_partition": 4}])
    faults: list[dict] = field(default_factory=list)
    newest_snapshot: Snapshot | None = None
    answers: list[dict] = field(default_factory=lambda: [INBOUND])
    listed: list[dict] = field(default_factory=lambda: [LISTED])
    wishes: list[dict] = field(default_factory=lambda: [SUPPRESSION])
    talks: list[dict] = field(default_factory=lambda: [SESSION])
    standings: list[dict] = field(default_factory=lambda: [STANDING])
    send_rows: list[dict] = field(default_factory=lambda: [SEND])
    trusted: list[RouteReport] = field(default_factory=list)
    alarm_rows: list[dict] = field(default_factory=list)
    seen: Look = field(default_factory=lambda: Look(None))
    planned: list[dict] = field(default_factory=list)
    heard: list[dict] = field(default_factory=lambda: [HEARD])
    ended: list[dict] = field(default_factory=lambda: [ENDED])
    letters: list[dict] = field(default_factory=lambda: [LETTER])
    reports: dict[str, list[dict]] = field(default_factory=lambda: dict(REPORTS))
    fresh: Freshness = FRESH
    later: Iterator[Freshness] = field(default_factory=lambda: iter(()))
    """How fresh it is each time that is asked, until these are used up."""
    state: Health = WELL
    batch_count: int = 0
    hurries: int = 0
    """How often somebody waited for what is new."""
    asked: list[object] = field(default_factory=list)
    metrics_rows: list[dict] = field(
        default_factory=lambda: [{"bucket_at": datetime(2026, 11, 21, 11, tzinfo=UTC), "sent": 812}]
    )

    async def timeline(self, message_id, accounts):
        self._raise()
        if message_id not in {MESSAGE, ATTEMPT} or (accounts is not None and "default" not in accounts):
            raise NotFound(f"nothing is known under {message_id}")
        return self.told

    async def replies(self, message_id, accounts):
        self._raise()
        return Answer(self.answers, self.fresh)

    async def messages(self, question):
        self._raise()
        self.asked.append(question)
        seen = question.accounts is None or "default" in question.accounts
        return Page(self.listed[: question.limit] if seen else [], self.fresh, ATTEMPT if seen else None)

    async def inbound(self, question):
        self._raise()
        self.asked.append(question)
        seen = question.accounts is None or "default" in question.accounts
        return Answer(self.answers[: question.limit] if seen else [], self.fresh)

    async def suppressions(self, question):
        self._raise()
        self.asked.append(question)
        seen = question.accounts is None or "default" in question.accounts
        return Answer(self.wishes[: question.limit] if seen else [], self.fresh)

    async def sessions(self, question):
        self._raise()
        self.asked.append(question)
        seen = question.accounts is None or "default" in question.accounts
        return Answer(self.talks[: question.limit] if seen else [], self.fresh)

    async def conversation(self, question):
        self._raise()
        self.asked.append(question)
        if question.accounts is not None and "default" not in question.accounts:
            raise NotFound("nothing is known of a conversation of this person with this sender")
        return Conversation(self.talks, self.fresh, self.standings, [BREAK])

    def pseudonym(self, person):
        return int(sha256(person.encode()).hexdigest()[:16], 16)

    async def newest_changes(self, accounts, limit):
        self._raise()
        rows = [row for row in self.changes if accounts is None or row["account"] in accounts]
        return Answer(rows[:limit], self.fresh)

    async def metrics(self, question: MetricsQuestion):
        self._raise()
        self.asked.append(question)
        changed = None if question.changed_since is None else [{"bucket_at": NOON, "revision": 7}]
        return Measured(self.metrics_rows, self.fresh, changed)

    async def report(self, name, question):
        self._raise()
        self.asked.append(question)
        return Answer(
            self.reports[name] if question.accounts is None or "default" in question.accounts else [], self.fresh
        )

    async def back_test(self, question, prices):
        self._raise()
        self.asked.append(question)
        places = [REPLAYED | {"provider": "infobip", "connection": "main", "country": "GB"}]
        odds = Odds(outcomes=RATES, told=(), written=prices)
        return BackTest(places, self.fresh, REPLAYED, weigh(places, question, odds))

    async def advise_waits(self, question, prices):
        self._raise()
        self.asked.append(question)
        price = Odds(outcomes=(), told=(), written=prices).price(question.fallback, "GB")
        advice = advise(HISTOGRAM, price_in_s=600, least_observations=question.least_observations)
        return WaitAdvice([], self.fresh, [PlaceAdvice("infobip", "viber", "GB", advice, price)])

    async def conservation(self):
        self._raise()
        rows = [self.balance, self.balance | {"provider": "infobip"}]
        return Conservation(rows=rows, freshness=self.fresh, unexplained=self.unexplained)

    async def books(self):
        self._raise()
        return Answer(self.book_rows, self.fresh)

    async def book_faults(self):
        self._raise()
        return Answer(self.faults, self.fresh)

    def request_snapshot(self):
        self.asked.append("snapshot")
        return self.newest_snapshot

    async def parked(self, accounts):
        self._raise()
        return Answer([row for row in self.waiting if accounts is None or row["account"] in accounts], self.fresh)

    async def today_by_provider(self, accounts):
        self._raise()
        return Answer(self.today if accounts is None or "default" in accounts else [], self.fresh)

    async def trust(self, question):
        self._raise()
        self.asked.append(question)
        seen = question.accounts is None or "default" in question.accounts
        return TrustReport(self.trusted if seen else [], self.fresh)

    async def alarms(self, accounts, *, is_open, limit):
        self._raise()
        rows = [row for row in self.alarm_rows if accounts is None or row["account"] in accounts]
        wanted = [row for row in rows if is_open is None or is_open == (row["cleared_at"] is None)]
        return Answer(wanted[:limit], self.fresh)

    async def open_alarms(self):
        return await self.alarms(None, is_open=True, limit=100)

    async def look(self, trust):
        self._raise()
        return self.seen

    async def freshness(self):
        self._raise()
        self.fresh = next(self.later, self.fresh)
        return self.fresh

    async def sends(self, question):
        self._raise()
        self.asked.append(question)
        counted = [row | {"send_count": 1} for row in self._sends_of(question.accounts)]
        doubles = [{"currency": "EUR", "message_count": 1, "priced_count": 1, "cost": Decimal("0.0124")}]
        return Sends(counted, self.fresh, doubles if counted else [])

    async def send_balance(self):
        self._raise()
        return Answer([SEND_BALANCE], self.fresh)

    async def in_doubt(self, accounts, *, limit, overdue_s):
        self._raise()
        rows = [row | {"since": row["told_at"], "open_count": 1} for row in self._sends_of(accounts)]
        return Answer(rows[:limit], self.fresh)

    async def send_named(self, send_id, accounts):
        self._raise()
        return Answer([row for row in self._sends_of(accounts) if row["send_id"] == send_id], self.fresh)

    async def connections(self, origins, accounts):
        self._raise()
        rows = [row for row in self.heard if origins is None or f"{row['provider']}:{row['connection']}" in origins]
        return Connections(rows, self.fresh, NOON, self.ended if accounts is None or "default" in accounts else [])

    async def dead_letters(self, question):
        self._raise()
        self.asked.append(question)
        rows = [row for row in self.letters if question.named in {None, (row["kafka_partition"], row["kafka_offset"])}]
        seen = question.origins is None or "infobip:main" in question.origins
        return Answer(rows[: question.limit] if seen else [], self.fresh)

    async def dead_letter_counts(self, question):
        self._raise()
        self.asked.append(question)
        return Answer([LETTER_COUNT], self.fresh)

    async def compare(self, rehearsal, callbacks, items):
        self._raise()

    async def known_plans(self, message_ids):
        self._raise()
        return Answer([row for row in self.planned if row["message_id"] in message_ids], self.fresh)

    def _sends_of(self, accounts):
        return [row for row in self.send_rows if accounts is None or row["account"] in accounts]

    def health(self):
        return self.state

    def hurry(self):
        self.hurries += 1

    def _raise(self):
        if self.failure:
            raise self.failure


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

    async def read(self, places):
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
