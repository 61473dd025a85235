"""The store as the endpoints see it: one question, one method."""

from collections.abc import Sequence
from typing import Protocol

from analytics import alarms, questions
from analytics.alarms import Look
from analytics.archive.known import KnownItems
from analytics.asking.reader import Accounts, Answer, Ask
from analytics.back_test import replay
from analytics.back_test.questions import BackTestQuestion, WaitsQuestion
from analytics.back_test.replay import BackTest, WaitAdvice
from analytics.freshness import Freshness
from analytics.lists import dead_letters, sends, sessions
from analytics.lists.connections import Connections, connections
from analytics.lists.dead_letters import DeadLettersQuestion
from analytics.lists.messages import MessagesQuestion, Page, messages
from analytics.lists.sends import Sends, SendsQuestion
from analytics.lists.sessions import Conversation, SessionsQuestion
from analytics.questions import (
    Conservation,
    InboundQuestion,
    Measured,
    MetricsQuestion,
    SuppressionsQuestion,
    Timeline,
)
from analytics.replays.rehearsal import Rehearsal
from analytics.reports.answering import report
from analytics.reports.catalogue import Report
from analytics.reports.question import ReportQuestion
from analytics.service import Analytics, Health
from analytics.store.snapshots import Snapshot
from analytics.trust import report as trust_report
from analytics.trust.report import TrustQuestion, TrustReport
from contracts.archived import Archived, Item
from runtime.settings import Price, TrustSettings


class Store(Protocol):
    """Answers with rows and how fresh they are. All but `health` may raise `StoreUnavailable` and `QueryInvalid`."""

    async def timeline(self, message_id: str, accounts: Accounts) -> Timeline:
        """Raises `NotFound` when nothing of these accounts is known under that id."""

    async def replies(self, message_id: str, accounts: Accounts) -> Answer: ...

    async def messages(self, question: MessagesQuestion) -> Page: ...

    async def inbound(self, question: InboundQuestion) -> Answer: ...

    async def suppressions(self, question: SuppressionsQuestion) -> Answer: ...

    async def sessions(self, question: SessionsQuestion) -> Answer: ...

    async def conversation(self, question: SessionsQuestion) -> Conversation:
        """Raises `NotFound` when nothing of these accounts is known of it."""

    def request_snapshot(self) -> Snapshot | None:
        """Let a copy of the store be made soon; the newest there is already."""

    def pseudonym(self, person: str) -> int:
        """What the store has in the place of a number or an id."""

    async def newest_changes(self, accounts: Accounts, limit: int) -> Answer: ...

    async def metrics(self, question: MetricsQuestion) -> Measured: ...

    async def report(self, name: Report, question: ReportQuestion) -> Answer: ...

    async def conservation(self) -> Conservation: ...

    async def books(self) -> Answer: ...

    async def book_faults(self) -> Answer: ...

    async def parked(self, accounts: Accounts) -> Answer: ...

    async def today_by_provider(self, accounts: Accounts) -> Answer: ...

    async def back_test(self, question: BackTestQuestion, prices: Sequence[Price]) -> BackTest: ...

    async def advise_waits(self, question: WaitsQuestion, prices: Sequence[Price]) -> WaitAdvice: ...

    async def trust(self, question: TrustQuestion) -> TrustReport: ...

    async def alarms(self, accounts: Accounts, *, is_open: bool | None, limit: int) -> Answer: ...

    async def open_alarms(self) -> Answer:
        """Of all accounts."""

    async def look(self, trust: TrustSettings) -> Look:
        """What there is to be alarmed about."""

    async def freshness(self) -> Freshness: ...

    async def sends(self, question: SendsQuestion) -> Sends: ...

    async def send_balance(self) -> Answer: ...

    async def in_doubt(self, accounts: Accounts, *, limit: int, overdue_s: float) -> Answer: ...

    async def send_named(self, send_id: str, accounts: Accounts) -> Answer:
        """One row or none."""

    async def known_plans(self, message_ids: Sequence[str]) -> Answer:
        """Of all accounts."""

    async def dead_letters(self, question: DeadLettersQuestion) -> Answer: ...

    async def dead_letter_counts(self, question: DeadLettersQuestion) -> Answer: ...

    async def compare(
        self, rehearsal: Rehearsal, callbacks: Sequence[Archived], items: Sequence[Sequence[Item]]
    ) -> None:
        """Let `rehearsal` take these callbacks, which would have these items, beside what there is of them."""

    async def connections(self, origins: tuple[str, ...] | None, accounts: tuple[str, ...] | None) -> Connections: ...

    def health(self) -> Health: ...

    def hurry(self) -> None:
        """Take what is new as soon as may be: somebody waits for it."""

    @property
    def batch_count(self) -> int:
        """How often something new was stored since the process began."""


class AnalyticsStore:
    """The store of this process."""

    def __init__(self, analytics: Analytics) -> None:
        self._analytics = analytics

    async def timeline(self, message_id: str, accounts: Accounts) -> Timeline:
        window_s = self._analytics.reply_window_s
        return await questions.message_timeline(
            self._analytics.reader, message_id, accounts=accounts, window_s=window_s
        )

    async def replies(self, message_id: str, accounts: Accounts) -> Answer:
        window_s = self._analytics.reply_window_s
        return await questions.message_replies(self._analytics.reader, message_id, accounts=accounts, window_s=window_s)

    async def messages(self, question: MessagesQuestion) -> Page:
        return await messages(self._analytics.reader, question)

    async def inbound(self, question: InboundQuestion) -> Answer:
        window_s = self._analytics.reply_window_s
        return await questions.inbound(self._analytics.reader, question, window_s=window_s)

    async def suppressions(self, question: SuppressionsQuestion) -> Answer:
        return await questions.suppressions(self._analytics.reader, question)

    async def sessions(self, question: SessionsQuestion) -> Answer:
        return await sessions.sessions(self._analytics.reader, question)

    async def conversation(self, question: SessionsQuestion) -> Conversation:
        return await sessions.conversation(self._analytics.reader, question)

    def request_snapshot(self) -> Snapshot | None:
        return self._analytics.request_snapshot()

    def pseudonym(self, person: str) -> int:
        return self._analytics.pseudonym(person)

    async def newest_changes(self, accounts: Accounts, limit: int) -> Answer:
        return await questions.newest_changes(self._analytics.reader, accounts=accounts, limit=limit)

    async def metrics(self, question: MetricsQuestion) -> Measured:
        return await questions.metrics(self._analytics.reader, question)

    async def report(self, name: Report, question: ReportQuestion) -> Answer:
        window_s = self._analytics.reply_window_s
        return await report(self._analytics.reader, name, question, reply_window_s=window_s)

    async def conservation(self) -> Conservation:
        return await questions.conservation(self._analytics.reader)

    async def books(self) -> Answer:
        return await questions.books(self._analytics.reader)

    async def book_faults(self) -> Answer:
        return await questions.book_faults(self._analytics.reader)

    async def parked(self, accounts: Accounts) -> Answer:
        return await questions.parked(self._analytics.reader, accounts=accounts)

    async def today_by_provider(self, accounts: Accounts) -> Answer:
        return await questions.today_by_provider(self._analytics.reader, accounts=accounts)

    async def back_test(self, question: BackTestQuestion, prices: Sequence[Price]) -> BackTest:
        return await replay.back_test(self._analytics.reader, question, prices)

    async def advise_waits(self, question: WaitsQuestion, prices: Sequence[Price]) -> WaitAdvice:
        return await replay.advise_waits(self._analytics.reader, question, prices)

    async def trust(self, question: TrustQuestion) -> TrustReport:
        return await trust_report.trust(self._analytics.reader, question)

    async def alarms(self, accounts: Accounts, *, is_open: bool | None, limit: int) -> Answer:
        return await alarms.alarms(self._analytics.reader, accounts=accounts, is_open=is_open, limit=limit)

    async def open_alarms(self) -> Answer:
        return await alarms.alarms(self._analytics.reader, accounts=None, is_open=True, limit=alarms.OPEN_LIMIT)

    async def look(self, trust: TrustSettings) -> Look:
        return await alarms.look(self._analytics.reader, trust)

    async def freshness(self) -> Freshness:
        return await questions.freshness(self._analytics.reader)

    async def sends(self, question: SendsQuestion) -> Sends:
        return await sends.sends(self._analytics.reader, question)

    async def send_balance(self) -> Answer:
        return await sends.send_balance(self._analytics.reader)

    async def in_doubt(self, accounts: Accounts, *, limit: int, overdue_s: float) -> Answer:
        return await sends.in_doubt(self._analytics.reader, accounts=accounts, limit=limit, overdue_s=overdue_s)

    async def send_named(self, send_id: str, accounts: Accounts) -> Answer:
        return await sends.send_named(self._analytics.reader, send_id, accounts=accounts)

    async def known_plans(self, message_ids: Sequence[str]) -> Answer:
        return await sends.known_plans(self._analytics.reader, message_ids)

    async def dead_letters(self, question: DeadLettersQuestion) -> Answer:
        return await dead_letters.dead_letters(self._analytics.reader, question)

    async def dead_letter_counts(self, question: DeadLettersQuestion) -> Answer:
        return await dead_letters.dead_letter_counts(self._analytics.reader, question)

    async def compare(
        self, rehearsal: Rehearsal, callbacks: Sequence[Archived], items: Sequence[Sequence[Item]]
    ) -> None:
        def look(ask: Ask) -> None:
            rehearsal.take(KnownItems(ask), callbacks, items)

        await self._analytics.reader.look(look, is_lookup=False)

    async def connections(self, origins: tuple[str, ...] | None, accounts: tuple[str, ...] | None) -> Connections:
        return await connections(self._analytics.reader, origins=origins, accounts=accounts)

    def health(self) -> Health:
        return self._analytics.health()

    def hurry(self) -> None:
        self._analytics.hurry()

    @property
    def batch_count(self) -> int:
        return self._analytics.batch_count
