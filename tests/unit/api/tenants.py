"""Two accounts with facts of every kind in one real store, and how each address is asked about one of them.

A new address needs a row in `TABLE`; `test_tenants.py` says so until it has one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from httpx2 import Response

from analytics.asking.reader import Reader
from analytics.exports.columns import What
from analytics.exports.order import Wanted as ExportWanted
from analytics.freshness import Skyline
from analytics.service import Health
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from api.admission.keys import Scope
from api.exports.desk import ExportDesk
from api.exports.jobs import ExportJob
from api.feed.feed import Feed
from api.feed.tail import Times
from api.jobs.book import Asker, JobState
from api.parts import Parts
from api.replays.jobs import ReplayJob, Wanted
from api.store import AnalyticsStore
from contracts.alarms import Alarm, AlarmKind, AlarmTold, Subject, alarm_id
from contracts.codec import encode
from contracts.conversations import Parties
from contracts.plans import Plan, send_id_of
from contracts.vocabulary import Channel
from runtime.clock import FixedClock
from runtime.partitioner import partition_of
from runtime.settings import Connection, ExportSettings, FeedSettings, StoreSettings
from streams.session.machine import hear, standing_of
from streams.session.rules import rules_named
from tests.support.empty_store import new_store
from tests.support.exporting import exporter_of, order_of
from tests.support.feed_log import FakeLog
from tests.support.plans import commanded, message, outcome, planned, step
from tests.support.store_line import T0, Line, at
from tests.support.talking import ours, user
from tests.support.wishes import wish
from tests.unit.api.fakes import make_parts

NOW = T0 + timedelta(hours=2)
HASHED = hasher(b"a key for tests")


@dataclass(frozen=True)
class Tenant:
    """An account; whatever belongs to it says its name, or is one of its `marks`."""

    name: str
    person: str
    first: int
    """The number of its first message."""
    message_count: int

    @property
    def shop(self) -> str:
        return f"{self.name}-shop"

    @property
    def connection(self) -> str:
        return f"{self.name}-main"

    @property
    def campaign(self) -> str:
        return f"{self.name}-spring"

    @property
    def message(self) -> str:
        return message(self.first)

    @property
    def send(self) -> str:
        return send_id_of(self.message, 1, 0)

    @property
    def export(self) -> str:
        return f"{self.name}-export"

    @property
    def replay(self) -> str:
        return f"{self.name}-replay"

    @property
    def letter(self) -> str:
        """Letters stand on a partition by their connection, in the order of the accounts."""
        places = {one: partition_of(f"infobip:{one.connection}".encode(), Line.partitions) for one in TENANTS}
        before = [one for one in TENANTS[: TENANTS.index(self)] if places[one] == places[self]]
        return f"{places[self]}-{len(before)}"

    @property
    def numbers(self) -> range:
        return range(self.first, self.first + self.message_count)

    @property
    def marks(self) -> set[str]:
        """What an answer has in it when it tells of this account."""
        person = HASHED(self.person)
        assert person is not None
        return {self.name, self.person.removeprefix("+"), f"{person:016x}", *map(message, self.numbers)}

    @property
    def origin(self) -> dict[str, Any]:
        """The members that records of this account have in common."""
        return {"account": self.name, "provider": "infobip", "connection": self.connection}


ACME = Tenant("acme", "+447700900105", first=0x10, message_count=2)
GLOBEX = Tenant("globex", "+447700900211", first=0x20, message_count=3)
TENANTS = (ACME, GLOBEX)


def live(line: Line, tenant: Tenant) -> None:
    """Everything that can happen, happens to this account."""
    for number in tenant.numbers:
        _send(line, tenant, number)
    cause = line.receive(connection=tenant.connection, at_s=50)
    line.report("sent", of=f"{tenant.name}-parked", at_s=50, cause=cause, **tenant.origin)
    line.inbound(
        f"{tenant.first:032x}",
        at_s=60,
        cause=line.receive(connection=tenant.connection, at_s=60),
        author=tenant.person,
        addressee=tenant.shop,
        text=f"{tenant.name} is asked",
        **tenant.origin,
    )
    line.dead_letter(f'{{"to":"{tenant.person}"'.encode(), connection=tenant.connection, at_s=65)
    line.append("alarms", 0, encode(_alarm(tenant)), [])
    line.suppress(wish("stop", account=tenant.name, recipient=tenant.person, sender=tenant.shop, at_s=70), at_s=70)
    _talk(line, tenant)


def _send(line: Line, tenant: Tenant, number: int) -> None:
    """A message that went by Viber, arrived, and of whose second step nobody knows."""
    known = {"channel": Channel.VIBER, "recipient": tenant.person, "sender": tenant.shop, "campaign": tenant.campaign}
    known |= tenant.origin | {"country": "GB"}
    root, begins = f"{tenant.name}-{number}", float(number)
    ways = (
        step("viber", "infobip", connection=tenant.connection),
        step("sms", "infobip", connection=tenant.connection),
    )
    line.say("messages", planned(number, account=tenant.name, recipient=tenant.person, plan=Plan(steps=ways)))
    line.register(of=root, at_s=begins, message_id=message(number), sent_at=at(begins), **known)
    cause = line.receive(connection=tenant.connection, at_s=begins + 3)
    line.report("delivered", of=root, at_s=begins + 3, cause=cause, price=Decimal("0.0124"), currency="EUR", **known)
    line.say("commands", commanded(number, **tenant.origin))
    line.say("outcomes", outcome("in_doubt", number, **tenant.origin))


def _alarm(tenant: Tenant) -> Alarm:
    subject = Subject(AlarmKind.UNKNOWN_CODE, channel=Channel.VIBER, **tenant.origin)
    return Alarm(
        alarm_id=alarm_id(subject, at(68)),
        told=AlarmTold.RAISED,
        told_at=at(68),
        raised_at=at(68),
        detail="One report with a code that no table knows.",
        **subject._asdict(),
    )


def _talk(line: Line, tenant: Tenant) -> None:
    parties = Parties(sender=tenant.shop, recipient=tenant.person, **tenant.origin)
    state, rules = None, rules_named("viber", {"price": "0.05", "currency": "EUR"})
    for event in (user(0), ours(0.1), user(0.2)):
        state, told = hear(state, msgspec.structs.replace(event, parties=parties), rules)
        line.tell(*told, standing_of(state, rules))


class Fixture:
    """A store with all that, behind the application's own reader."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(new_store(folder / "test.duckdb"), StoreSettings())
        self.database.open()
        line, skyline, connection = Line(), Skyline(), self.database.cursor()
        for tenant in TENANTS:
            live(line, tenant)
        writer = Writer(connection, HASHED, Upkeep(connection, skyline), seen_days=3)
        writer.write(writer.prepare(writer.resume(), line.fetch()))
        self.reader = Reader(self.database, skyline, FixedClock(NOW), threads=2, limit_s=10)
        still = SimpleNamespace(
            reader=self.reader,
            reply_window_s=86_400,
            pseudonym=HASHED,
            request_snapshot=lambda: None,
            batch_count=0,
            hurry=lambda: None,
            health=lambda: Health(is_alive=True, is_ready=True, reason="it stands still"),
        )
        self.exporter = exporter_of(self.database, self.reader)
        self.parts = self._parts(folder, AnalyticsStore(still))

    def close(self) -> None:
        self.reader.close()
        self.database.close()

    def export(self, tenant: Tenant) -> None:
        """Let there be one finished export of this account, and one of each other."""
        book = self.parts.exports._book
        for job in book.all():
            if job.id not in {one.export for one in TENANTS}:
                book.remove(job)
        kept = {job.id for job in book.all()}
        for one in TENANTS:
            if one.export in kept:
                continue
            wanted = ExportWanted(what=What.MESSAGES, accounts=(one.name,))
            order = asyncio.run(order_of(self.exporter, wanted))
            asker = Asker("00000000", f"{one.name}-nightly")
            job = ExportJob(id=one.export, order=order, asker=asker, requested_at=NOW, state=JobState.DONE)
            book.put(job)
            self.exporter.write(order, book.folder(job), most_rows=1000, progress=lambda _rows, _share: None)

    def replay(self, tenant: Tenant) -> None:
        """Let there be one finished replay of this account, and one of each other."""
        book = self.parts.replays._book
        for job in book.all():
            book.remove(job)
        for one in TENANTS:
            wanted = Wanted(begin=T0, end=NOW, connection=one.connection, accounts=(one.name,))
            asker = Asker("00000000", f"{one.name}-operations")
            book.put(ReplayJob(id=one.replay, wanted=wanted, asker=asker, requested_at=NOW, state=JobState.DONE))

    def _parts(self, folder: Path, store: AnalyticsStore) -> Parts:
        clock = FixedClock(NOW)
        exports = ExportDesk(self.exporter, ExportSettings(), folder, clock)
        # Nobody serves streams here, which never end; what one tells to whom is tested with the feed.
        feed = Feed(FeedSettings(), FakeLog(is_silent=True), clock, times=Times(begins_within_s=0.05))
        parts = make_parts(folder, store=store, clock=clock, exports=exports, feed=feed)
        connections = tuple(Connection(provider="infobip", name=one.connection, account=one.name) for one in TENANTS)
        return replace(parts, settings=parts.settings.model_copy(update={"connections": connections}))


Filling = Callable[[Tenant], dict[str, Any]]


def always(**members: Any) -> Filling:
    """The same for every account."""
    return lambda _: members


NOTHING = always()


@dataclass(frozen=True, kw_only=True)
class Row:
    """How an address is asked, and what it may tell to whom."""

    scope: Scope
    """The one that opens it, beside `admin`."""
    path: Filling = NOTHING
    """How the members of its path are filled for an account."""
    ask: Filling = NOTHING
    """What else it is asked with: the query of a GET, else the body."""
    aimed: Filling | None = None
    """What narrows a list to things of one account."""
    count: Callable[[Response], int] | None = None
    """How many facts a list or a number stands for; of all accounts it is the sum."""
    before: Callable[["Fixture", Tenant], None] = lambda _fixture, _tenant: None
    """Brings back what asking uses up, each time before it is asked."""
    shows: bool = True
    """Whether the answer names whose it is; one of numbers does not."""
    status: int = 200
    foreign: int | None = None
    """The status for what belongs to another account, when the request names something; null for lists."""
    is_whole: bool = False
    """It counts the whole installation, and refuses keys that are bound to accounts."""
    tells_of_nobody: bool = False


_GROUPED = always(group_by="account,connection")


def _by_campaign(tenant: Tenant) -> dict[str, str]:
    return {"campaign": tenant.campaign}


def _by_shop(tenant: Tenant) -> dict[str, str]:
    return {"sender": tenant.shop}


def _planned(tenant: Tenant) -> dict[str, Any]:
    way = {"provider": "infobip", "connection": tenant.connection, "sender": tenant.shop, "wait_s": 60}
    ways = [way | {"channel": "viber"}, way | {"channel": "sms"}]
    return {"recipient": tenant.person, "content": {"kind": "text", "text": "Hello"}, "steps": ways}


def _registered(tenant: Tenant) -> dict[str, str]:
    return {"provider": "infobip", "connection": tenant.connection, "root_id": "A1", "channel": "sms"}


def _opted_out(tenant: Tenant) -> dict[str, str]:
    return {"recipient": tenant.person, "sender": tenant.shop, "reason": "By letter", "account": tenant.name}


def _by_account(tenant: Tenant) -> dict[str, str]:
    return {"account": tenant.name}


def _total(member: str) -> Callable[[Response], int]:
    return lambda answer: sum(one[member] for one in answer.json()["rows"])


def _report(member: str, *, ask: Filling = _GROUPED, shows: bool = True) -> "Row":
    """A report by name; `member` counts what it tells of."""
    return Row(scope=Scope.READ, ask=ask, aimed=_by_account, count=_total(member), shows=shows)


def _one_export(**members: Any) -> "Row":
    """An address of one export that is done."""
    by_id: Filling = lambda tenant: {"id": tenant.export, "name": "manifest.json"}  # noqa: E731  # beside what it is for
    return Row(scope=Scope.EXPORT, path=by_id, before=Fixture.export, foreign=404, **members)


def _one_replay(**members: Any) -> "Row":
    """An address of one replay that is done."""
    return Row(
        scope=Scope.REPLAY, path=lambda tenant: {"id": tenant.replay}, before=Fixture.replay, foreign=404, **members
    )


WITHOUT_A_KEY = {"GET /healthz", "GET /readyz", "GET /metrics"}
"""Nothing of anybody is told there."""
TABLE = {
    "GET /v1/advice/waits": Row(
        scope=Scope.READ,
        ask=always(fallback="sms"),
        aimed=_by_campaign,
        count=lambda answer: sum(one["observations"] for one in answer.json()["waits"]),
        shows=False,
    ),
    "GET /v1/alarms": Row(scope=Scope.READ, count=lambda answer: len(answer.json()["alarms"])),
    "POST /v1/attempts": Row(scope=Scope.SEND, ask=_registered, status=202, foreign=422),
    "POST /v1/back-tests": Row(
        scope=Scope.READ,
        ask=always(steps=[{"channel": "viber"}, {"channel": "sms"}]),
        aimed=lambda tenant: {"campaign": [tenant.campaign]},
        count=lambda answer: answer.json()["whole"]["messages"],
    ),
    "GET /v1/changes": Row(scope=Scope.READ, count=lambda answer: len(answer.json()["changes"])),
    "GET /v1/conservation": Row(scope=Scope.READ, is_whole=True),
    "GET /v1/conservation/books": Row(scope=Scope.READ, is_whole=True),
    "GET /v1/dead-letters": Row(
        scope=Scope.READ,
        aimed=lambda tenant: {"connection": tenant.connection},
        count=lambda answer: len(answer.json()["dead_letters"]),
    ),
    "GET /v1/dead-letters/counts": Row(
        scope=Scope.READ,
        aimed=lambda tenant: {"connection": tenant.connection},
        count=lambda answer: sum(one["letter_count"] for one in answer.json()["counts"]),
    ),
    "POST /v1/dead-letters/retry": Row(
        scope=Scope.REPLAY,
        aimed=lambda tenant: {"connection": tenant.connection},
        count=lambda answer: len(answer.json()["letters"]),
        shows=False,
        status=202,
    ),
    "POST /v1/dead-letters/{id}/retry": Row(
        scope=Scope.REPLAY, path=lambda tenant: {"id": tenant.letter}, status=202, foreign=404
    ),
    "GET /v1/export": Row(
        scope=Scope.EXPORT, aimed=_by_campaign, count=lambda answer: int(answer.headers["Tidings-Rows"])
    ),
    "GET /v1/exports": Row(
        scope=Scope.EXPORT, before=Fixture.export, count=lambda answer: len(answer.json()["exports"])
    ),
    "POST /v1/exports": Row(scope=Scope.EXPORT, ask=always(what="messages"), status=202, tells_of_nobody=True),
    "GET /v1/exports/{id}": _one_export(),
    "DELETE /v1/exports/{id}": _one_export(status=204),
    "GET /v1/exports/{id}/files/{name}": _one_export(),
    "GET /v1/feed": Row(scope=Scope.FEED, status=503, tells_of_nobody=True),
    "GET /v1/freshness": Row(scope=Scope.READ, tells_of_nobody=True),
    "GET /v1/health": Row(scope=Scope.READ, is_whole=True),
    "GET /v1/in-doubt": Row(scope=Scope.READ, count=lambda answer: answer.json()["open_count"]),
    "POST /v1/in-doubt/{send_id}/resolve": Row(
        scope=Scope.SEND,
        path=lambda tenant: {"send_id": tenant.send},
        ask=always(outcome="not_sent", note="Not at the provider"),
        status=202,
        foreign=404,
    ),
    "GET /v1/inbound": Row(
        scope=Scope.READ,
        aimed=lambda tenant: {"author": tenant.person},
        count=lambda answer: len(answer.json()["inbound"]),
    ),
    "GET /v1/messages": Row(
        scope=Scope.READ,
        aimed=lambda tenant: {"recipient": tenant.person},
        count=lambda answer: len(answer.json()["messages"]),
    ),
    "POST /v1/messages": Row(scope=Scope.SEND, ask=_planned, status=202, foreign=422),
    "GET /v1/messages/{id}": Row(
        scope=Scope.READ, path=lambda tenant: {"id": tenant.message}, ask=always(evidence="true"), foreign=404
    ),
    "POST /v1/messages/{id}/cancel": Row(
        scope=Scope.SEND, path=lambda tenant: {"id": tenant.message}, status=202, foreign=404
    ),
    "GET /v1/metrics": Row(
        scope=Scope.READ,
        ask=always(measure="sent", group_by="account,connection,sender"),
        aimed=lambda tenant: {"account": tenant.name},
        count=lambda answer: sum(one["sent"] for one in answer.json()["rows"]),
    ),
    "GET /v1/parked": Row(scope=Scope.READ, count=lambda answer: answer.json()["report_count"]),
    "GET /v1/providers": Row(
        scope=Scope.READ, count=lambda answer: sum(len(one["connections"]) for one in answer.json()["providers"])
    ),
    "GET /v1/providers/{provider}/health": Row(
        scope=Scope.READ,
        path=lambda tenant: {"provider": "infobip"},
        count=lambda answer: len(answer.json().get("connections", ())),
    ),
    "GET /v1/replays": Row(
        scope=Scope.REPLAY, before=Fixture.replay, count=lambda answer: len(answer.json()["replays"])
    ),
    "POST /v1/replays": Row(
        scope=Scope.REPLAY,
        ask=lambda tenant: {"from": T0.isoformat(), "to": NOW.isoformat(), "connection": tenant.connection},
        before=Fixture.replay,
        status=202,
        foreign=422,
    ),
    "GET /v1/replays/{id}": _one_replay(),
    "DELETE /v1/replays/{id}": _one_replay(status=204),
    "GET /v1/reports/cost": _report("sent"),
    "GET /v1/reports/deliverability": _report("sent"),
    "GET /v1/reports/fallbacks": _report("commanded"),
    "GET /v1/reports/funnel": _report("sent"),
    "GET /v1/reports/latency": _report("sent"),
    "GET /v1/reports/providers": _report("sent", ask=NOTHING, shows=False),
    "GET /v1/reports/sessions": _report("sessions"),
    "GET /v1/reports/trust": Row(
        scope=Scope.READ,
        aimed=lambda tenant: {"connection": tenant.connection},
        count=lambda answer: len(answer.json()["routes"]),
    ),
    "GET /v1/sends": Row(
        scope=Scope.READ, count=lambda answer: sum(one["send_count"] for one in answer.json()["sends"])
    ),
    "GET /v1/sessions": Row(scope=Scope.READ, aimed=_by_shop, count=lambda answer: len(answer.json()["sessions"])),
    "GET /v1/sessions/{sender}/{recipient}": Row(
        scope=Scope.READ, path=lambda tenant: {"sender": tenant.shop, "recipient": tenant.person}, foreign=404
    ),
    "POST /v1/snapshots": Row(scope=Scope.ADMIN, is_whole=True, status=202),
    "GET /v1/suppressions": Row(
        scope=Scope.READ, aimed=_by_shop, count=lambda answer: len(answer.json()["suppressions"])
    ),
    "POST /v1/suppressions": Row(scope=Scope.SEND, ask=_opted_out, status=202, foreign=422),
    "DELETE /v1/suppressions": Row(scope=Scope.SEND, ask=_opted_out, status=202, foreign=422),
}
