"""A small town to look at: an installation with a real store, in which three providers carried a morning's messages.

Every run makes the same town, so that pictures of it differ only where the pages do.
"""

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import uvicorn

from analytics.asking.reader import Reader
from analytics.freshness import Horizon, Skyline
from analytics.service import Analytics, Health
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from api.admission.keys import EVERYTHING, Scope
from api.application import create_app
from api.exports.desk import ExportDesk
from api.parts import Parts
from api.store import AnalyticsStore
from contracts.alarms import Alarm, AlarmKind, AlarmTold, Subject, alarm_id
from contracts.codec import encode
from contracts.conversations import Parties
from contracts.plans import Facts, Plan
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import Connection, ExportSettings, StoreSettings
from streams.session.machine import hear, standing_of
from streams.session.rules import rules_named
from tests.support.empty_store import new_store
from tests.support.exporting import exporter_of, hashed
from tests.support.plans import commanded, decided, message, outcome, planned, step
from tests.support.store_line import Line, at
from tests.support.talking import ours, user
from tests.unit.api.fakes import make_parts

NOON_S = 7200
"""Seconds after the first message at which people begin to look."""
MESSAGES = 240
ROUTES = (
    ("infobip", Channel.VIBER, 0.93, 2.4, "0.0124"),
    ("routee", Channel.VIBER, 0.84, 5.1, "0.0108"),
    ("telesign", Channel.SMS, 0.97, 6.3, "0.0310"),
)
"""Provider, channel, how many in one arrive, seconds to arrive, price."""
BAD = (("undelivered", "absent_recipient", "27"), ("expired", "timed_out", "3056"), ("rejected", "no_route", "14"))
COUNTRIES = ("GB", "GB", "GR", "US")
ACCOUNTS = ("default", "other")
FELL_BACK, DOUBTED, DOUBLE, OF_OTHER = 0x2001, 0x2002, 0x2003, 0x2004
"""Numbers of messages with plans."""


@dataclass
class PassingClock(SystemClock):
    """Noon of the town's day, and as much later as has really passed since."""

    hurry: float = 1.0
    """How much faster its seconds pass for whoever waits for them."""

    def __post_init__(self) -> None:
        self.rewind()

    def rewind(self) -> None:
        """It is noon again."""
        self._ahead = at(NOON_S) - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead

    def monotonic(self) -> float:
        return super().monotonic() * self.hurry

    def now_ms(self) -> int:
        return round(self.now().timestamp() * 1000)


class Town:
    """The installation; `serve` opens its doors."""

    def __init__(self, folder: Path, *, messages: int = MESSAGES) -> None:
        self.clock = PassingClock()
        self.database = Database(new_store(folder / "town.duckdb"), StoreSettings())
        self.database.open()
        self.line, self.skyline = Line(), Skyline()
        connection = self.database.cursor()
        self._writer = Writer(connection, hashed, Upkeep(connection, self.skyline), seen_days=3)
        self._positions = self._writer.resume()
        if messages:
            live(self.line, messages)
            self.store()
        self.health = Health(is_alive=True, is_ready=True, reason="the sink moves")
        self.parts = self._parts(folder)

    def store(self) -> None:
        """What has happened on the line comes into the store."""
        self._writer.write(self._writer.prepare(self._positions, self.line.fetch()))
        topics = {topic: 0 for topic, _ in self.line.logs}
        as_of = self.clock.now() - timedelta(seconds=0.4)
        self.skyline.latest = Horizon(as_of=as_of, lag_by_topic=topics, wishes_as_of=as_of, sessions_as_of=as_of)

    def rewind(self) -> None:
        """It is noon again, and everything has just come in."""
        self.clock.rewind()
        self.store()

    def key(self, *accounts: str, scopes: tuple[Scope, ...] = EVERYTHING) -> str:
        """The text of a new key."""
        return self.parts.ring.create(self.clock, name="person", scopes=scopes, accounts=accounts or None)[1]

    def close(self) -> None:
        self.reader.close()
        self.database.close()

    def _parts(self, folder: Path) -> Parts:
        self.reader = Reader(self.database, self.skyline, self.clock, threads=2, limit_s=10)
        sources = SimpleNamespace(
            reader=self.reader,
            reply_window_s=86_400,
            pseudonym=hashed,
            request_snapshot=lambda: None,
            batch_count=0,
            hurry=lambda: None,
            health=lambda: self.health,
        )
        exports = ExportDesk(exporter_of(self.database, self.reader), ExportSettings(), folder, self.clock)
        parts = make_parts(folder, store=AnalyticsStore(cast("Analytics", sources)), clock=self.clock, exports=exports)
        connections = tuple(Connection(provider=provider, name="main") for provider, *_ in ROUTES)
        connections += (Connection(provider="infobip", name="other", account="other"),)
        return replace(parts, settings=parts.settings.model_copy(update={"connections": connections}))


@contextmanager
def serving(town: Town) -> Iterator[str]:
    """The address at which the town can be looked at meanwhile."""
    port = free_port()
    config = uvicorn.Config(create_app(town.parts), port=port, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)

    async def serve() -> None:
        town.parts.exports.start()
        try:
            await server.serve()
        finally:
            await town.parts.exports.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def live(line: Line, messages: int) -> None:
    """The morning, up to a few seconds before noon."""
    chance = random.Random(7)
    for number in range(messages):
        _carried(line, chance, number, begins=NOON_S - 3600 + number * 3590 / messages)
    _fallen_back(line, FELL_BACK, begins=NOON_S - 900)
    _fallen_back(line, DOUBLE, begins=NOON_S - 2400, viber_after_s=180)
    _doubted(line, DOUBTED, "default", begins=NOON_S - 400)
    _doubted(line, OF_OTHER, "other", begins=NOON_S - 420)
    line.dead_letter(b'{"results":[{', at_s=NOON_S - 700)
    line.append("alarms", 0, encode(_alarm()), [], NOON_S - 300)
    for person in range(3):
        _talk(line, f"+44770090010{person}", begins=NOON_S - 1800 + person * 60)


def _carried(line: Line, chance: random.Random, number: int, *, begins: float) -> None:
    """A message over one route, which arrived or did not."""
    provider, channel, share, takes_s, price = chance.choice(ROUTES)
    known: dict[str, Any] = {"provider": provider, "channel": channel, "country": chance.choice(COUNTRIES)}
    known |= {"recipient": f"+44770090{number % 1000:04d}", "sender": "ExampleShop", "campaign": "autumn"}
    root, id_ = f"{provider}-{number}", message(0x1000 + number)
    line.register(of=root, at_s=begins, message_id=id_, sent_at=at(begins), **known)
    ends = begins + chance.lognormvariate(0, 0.6) * takes_s
    if ends >= NOON_S:
        return
    cost: dict[str, Any] = {"price": Decimal(price), "currency": "EUR"}
    if chance.random() < share:
        line.report("delivered", of=root, at_s=ends, **known, **cost)
        if channel is Channel.VIBER and chance.random() < 0.5 and ends + 40 < NOON_S:
            line.report("seen", of=root, at_s=ends + 40, **known)
        return
    status, reason, code = chance.choice(BAD)
    line.report(status, of=root, at_s=ends, reason=reason, provider_code=code, **known)


def _fallen_back(line: Line, number: int, *, begins: float, viber_after_s: float | None = None) -> None:
    """Viber first, which did not arrive in its time; then an SMS, which did. Perhaps Viber came after all."""
    person = {"recipient": "+447700900105", "sender": "ExampleShop", "campaign": "autumn", "country": "GB"}
    viber = person | {"provider": "infobip", "channel": Channel.VIBER}
    sms = person | {"provider": "telesign", "channel": Channel.SMS}
    ways = (step("viber", "infobip"), step("sms", "telesign"))
    first, second, id_ = f"vb-{number}", f"sms-{number}", message(number)
    line.say("messages", planned(number, at_s=begins, plan=Plan(steps=ways)), at_s=begins)
    about: dict[str, Any] = {"channel": Channel.VIBER, "facts": None}
    sent = commanded(number, 0, provider="infobip", give_up_at=at(begins + 60))
    sent = _over(sent, Channel.VIBER)
    line.say(
        "decisions",
        decided("send", "first_step", number, place=0, at_s=begins, send_id=sent.send_id, **about),
        at_s=begins,
    )
    line.say("commands", sent, at_s=begins)
    line.say("outcomes", outcome("accepted", number, 0, at_s=begins + 0.3, provider="infobip", root_id=first))
    line.register(of=first, at_s=begins + 0.3, message_id=id_, sent_at=at(begins), **viber)
    line.report("sent", of=first, at_s=begins + 1.2, **viber)
    if viber_after_s is None:
        line.report("expired", of=first, at_s=begins + 58, provider_code="3056", **viber)
        because, moved_s = "ended_badly", begins + 60
    else:
        because, moved_s = "no_success_in_time", begins + 61
    again = commanded(number, 1, give_up_at=at(moved_s + 60))
    line.say("decisions", decided("send", because, number, at_s=moved_s, send_id=again.send_id), at_s=moved_s)
    line.say("commands", again, at_s=moved_s)
    line.say("outcomes", outcome("accepted", number, 1, at_s=moved_s + 0.4, root_id=second, price=Decimal("0.0310")))
    line.register(of=second, at_s=moved_s + 0.4, message_id=id_, sent_at=at(moved_s), **sms)
    line.report("sent", of=second, at_s=moved_s + 1, **sms)
    line.report("delivered", of=second, at_s=moved_s + 6, price=Decimal("0.0310"), currency="EUR", **sms)
    line.report("delivered", of=second, at_s=moved_s + 9, price=Decimal("0.0310"), currency="EUR", **sms)
    if viber_after_s is not None:
        late_s = begins + viber_after_s
        line.report("delivered", of=first, at_s=late_s, **viber)
        line.say(
            "decisions",
            decided("double_delivery", "earlier_arrived", number, at_s=late_s, facts=_arrived(late_s)),
            at_s=late_s,
        )
    line.inbound(
        f"{number:032x}",
        at_s=moved_s + 120,
        provider="telesign",
        channel=Channel.SMS,
        addressee="ExampleShop",
        text="Thank you!",
    )


def _arrived(at_s: float) -> Facts:
    return Facts(step=0, channel=Channel.VIBER, at=at(at_s), status=DeliveryStatus.DELIVERED)


def _over(command: Any, channel: Channel) -> Any:
    return msgspec.structs.replace(command, request=msgspec.structs.replace(command.request, channel=channel))


def _doubted(line: Line, number: int, account: str, *, begins: float) -> None:
    """An SMS of which nobody knows whether its provider took it."""
    about: dict[str, Any] = {"account": account}
    if account == "other":
        about |= {"provider": "infobip", "connection": "other"}
    line.say("messages", planned(number, at_s=begins, account=account), at_s=begins)
    line.say("commands", commanded(number, give_up_at=at(begins + 60), **about), at_s=begins)
    line.say("outcomes", outcome("in_doubt", number, at_s=begins + 3, **about), at_s=begins + 3)
    root, known = f"vb-{number}", {"account": account, "channel": Channel.VIBER, "recipient": "+447700900107"}
    known |= {"connection": "other" if account == "other" else "main", "sender": f"sender of {account}"}
    line.register(of=root, at_s=begins, message_id=message(number), sent_at=at(begins), **known)
    line.report("expired", of=root, at_s=begins + 2, provider_code="3056", **known)


def _alarm() -> Alarm:
    subject = Subject(AlarmKind.UNKNOWN_CODE, "default", "routee", "main", Channel.VIBER)
    raised_at = at(NOON_S - 300)
    detail = "Three reports in the last hour have a code that no table knows."
    return Alarm(
        alarm_id=alarm_id(subject, raised_at),
        told=AlarmTold.RAISED,
        told_at=raised_at,
        raised_at=raised_at,
        detail=detail,
        **subject._asdict(),
    )


def _talk(line: Line, person: str, *, begins: float) -> None:
    """A person wrote, we answered, and they wrote again."""
    parties = Parties(sender="ExampleShop", recipient=person, account="default", provider="routee", connection="main")
    state, rules = None, rules_named("viber", {"price": "0.05", "currency": "EUR"})
    for event in (user(begins / 3600), ours(begins / 3600 + 0.05), user(begins / 3600 + 0.1)):
        state, told = hear(state, msgspec.structs.replace(event, parties=parties), rules)
        assert state is not None
        line.tell(*told, standing_of(state, rules), at_s=begins)
