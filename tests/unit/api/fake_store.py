"""A ten-line program in the place of the store."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

from analytics.alarms import Look
from analytics.asking.reader import Answer
from analytics.back_test.economics import weigh
from analytics.back_test.odds import Odds
from analytics.back_test.replay import BackTest, PlaceAdvice, WaitAdvice
from analytics.back_test.waits import advise
from analytics.freshness import Freshness
from analytics.lists.connections import Connections
from analytics.lists.messages import Page
from analytics.lists.sends import Sends
from analytics.lists.sessions import Conversation
from analytics.questions import Conservation, Measured, MetricsQuestion, Timeline
from analytics.service import Health
from analytics.store.snapshots import Snapshot
from analytics.trust.report import RouteReport, TrustReport
from contracts.errors import NotFound
from tests.unit.api.counted_rows import (
    BALANCE,
    BOOKS,
    ENDED,
    HEARD,
    HISTOGRAM,
    LETTER_COUNT,
    PARKED,
    RATES,
    REPORTS,
    SEND_BALANCE,
    TODAY,
)
from tests.unit.api.rows import (
    ATTEMPT,
    BREAK,
    CHANGES,
    FRESH,
    INBOUND,
    LETTER,
    LISTED,
    MESSAGE,
    NOON,
    REPLAYED,
    SEND,
    SESSION,
    STANDING,
    SUPPRESSION,
    TIMELINE,
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
