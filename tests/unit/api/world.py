"""A whole installation in memory: what the API writes goes over a line into a real store, from which the API reads.

Kafka and the stages between are what `Line` makes of them; nothing reaches the store before `catch_up`.
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import msgspec
from httpx2 import Response
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from analytics.asking.reader import Reader
from analytics.exports.exporter import Exporter
from analytics.exports.manifest import Manifest
from analytics.exports.order import Order
from analytics.freshness import Horizon, Skyline
from analytics.service import Health
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from api.admission.keys import EVERYTHING
from api.exports.desk import ExportDesk
from api.exports.jobs import DIRECT
from api.store import AnalyticsStore
from contracts.alarms import Alarm
from contracts.codec import encode
from contracts.plans import MessageTold, SendOutcome
from contracts.records import AttemptRegistered, Wish
from contracts.vocabulary import Channel
from runtime.clock import FixedClock
from runtime.settings import Connection, ExportSettings, StoreSettings
from tests.support.empty_store import new_store
from tests.support.exporting import exporter_of
from tests.support.store_line import T0, Line
from tests.unit.api.document import DOCUMENT
from tests.unit.api.fakes import app_over, make_parts

ACCOUNTS = ("acme", "globex")
CONNECTIONS = tuple(Connection(provider="infobip", name=f"{one}-main", account=one) for one in ACCOUNTS)
EXPORTS = ExportSettings(most_open=3, keep_s=7200)
HASHED = hasher(b"a key for tests")


class LineRegistrar:
    """Writes what callers tell onto the line, as Kafka and the stages behind it would carry it on."""

    is_ready = True

    def __init__(self, line: Line, clock: FixedClock) -> None:
        self._line = line
        self._clock = clock

    @property
    def _at_s(self) -> float:
        return (self._clock.now() - T0).total_seconds()

    async def write(self, registrations: Sequence[AttemptRegistered]) -> None:
        for one in registrations:
            self._line.register(of=one.root_id, at_s=self._at_s, **msgspec.structs.asdict(one))

    async def write_wish(self, wish: Wish) -> None:
        self._line.suppress(wish, at_s=self._at_s)

    async def write_messages(self, told: Sequence[MessageTold]) -> None:
        for one in told:
            self._line.say("messages", one, at_s=self._at_s)

    async def write_outcome(self, outcome: SendOutcome) -> None:
        self._line.say("outcomes", outcome, at_s=self._at_s)

    async def write_alarm(self, alarm: Alarm) -> None:
        self._line.append("alarms", 0, encode(alarm), [], self._at_s)


class HeldExporter:
    """The real one, which waits for `go` before it writes what is not answered at once."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self.state, self.continued = exporter.state, exporter.continued
        self.go = Event()
        self.go.set()

    def write(self, order: Order, directory: Path, **members: Any) -> Manifest:
        if not directory.name.startswith(DIRECT):
            self.go.wait()
        return self._exporter.write(order, directory, **members)


class World:
    """One installation, until `close`."""

    def __init__(self, folder: Path) -> None:
        self._closing = ExitStack()
        self._folder = folder
        self.clock, self.line, self._skyline = FixedClock(T0), Line(), Skyline()
        self._database = Database(new_store(folder / "test.duckdb"), StoreSettings())
        self._database.open()
        self._closing.callback(self._database.close)
        connection = self._database.cursor()
        upkeep = Upkeep(connection, self._skyline)
        self._writer = self._closing.enter_context(closing(Writer(connection, HASHED, upkeep, seen_days=3)))
        reader = self._closing.enter_context(
            closing(Reader(self._database, self._skyline, self.clock, threads=1, limit_s=10))
        )
        self._exporter = HeldExporter(exporter_of(self._database, reader))
        still = SimpleNamespace(
            reader=reader,
            reply_window_s=86_400,
            pseudonym=HASHED,
            request_snapshot=lambda: None,
            batch_count=0,
            hurry=lambda: None,
            health=lambda: Health(is_alive=True, is_ready=True, reason="it stands still"),
        )
        self._parts = make_parts(
            folder,
            clock=self.clock,
            store=AnalyticsStore(still),
            registrar=LineRegistrar(self.line, self.clock),
        )
        settings = self._parts.settings.model_copy(update={"connections": CONNECTIONS})
        self._app = app_over(replace(self._parts, settings=settings))
        self._client = self._closing.enter_context(TestClient(self._app, follow_redirects=False))
        self._open_desk()

    def close(self) -> None:
        self.let_exports_go()
        self._client.portal.call(self.desk.stop)
        self._closing.close()

    @property
    def now_s(self) -> float:
        return (self.clock.now() - T0).total_seconds()

    @property
    def ring(self):
        return self._parts.ring

    def new_key(self, accounts: tuple[str, ...] | None, expires_at: datetime | None) -> tuple[str, str]:
        """Its id and its text."""
        key, text = self.ring.create(
            self.clock, name="test", scopes=EVERYTHING, accounts=accounts, expires_at=expires_at
        )
        return key.id, text

    def ask(self, operation: str, text: str, *, path: dict[str, str] | None = None, **request: Any) -> Response:
        """What is answered, which is as the document says; each request takes a second."""
        self.clock.advance(1)
        method, place, _ = OPERATIONS[operation]
        headers = {"Authorization": f"Bearer {text}"} | request.pop("headers", {})
        answer = self._client.request(method, place.format(**(path or {})), headers=headers, **request)
        require_described(operation, answer)
        return answer

    def catch_up(self) -> bool:
        """All that was written is in the store; whether there was anything, of whatever kind."""
        if fetched := self.line.fetch():
            self._writer.write(self._writer.prepare(self._writer.resume(), fetched))
        now = self.clock.now()
        self._skyline.latest = Horizon(as_of=now, wishes_as_of=now, sessions_as_of=now)
        return bool(fetched)

    def register(self, account: str, root: str) -> None:
        """A send of somebody's own code."""
        place = {"provider": "infobip", "connection": f"{account}-main", "account": account}
        self.line.register(of=root, at_s=self.now_s, channel=Channel.VIBER, country="GB", **place)

    def tell(self, alarm: Alarm) -> None:
        """As the watch tells of what it sees."""
        self._client.portal.call(self._parts.registrar.write_alarm, alarm)

    def hold_exports(self) -> None:
        """What is ordered from now on is not done before `let_exports_go`."""
        self._exporter.go.clear()

    def let_exports_go(self) -> None:
        """And wait for all that are open."""
        self._exporter.go.set()
        while any(job.is_open for job in self.desk.all()):
            Event().wait(0.002)

    def restart(self) -> None:
        """As when the process of the API ends and another one begins: what has expired goes, the rest stays."""
        self._client.portal.call(self.desk.stop)
        self._open_desk()

    def _open_desk(self) -> None:
        self.desk = ExportDesk(self._exporter, EXPORTS, self._folder, self.clock)
        self._app.state.parts = replace(self._app.state.parts, exports=self.desk)
        self._client.portal.call(self.desk.start)


OPERATIONS = {
    said["operationId"]: (method.upper(), path, said)
    for path, ways in DOCUMENT["paths"].items()
    for method, said in ways.items()
}


def require_described(operation: str, answer: Response) -> None:
    """Raises when the document does not know of such an answer to that operation."""
    said = OPERATIONS[operation][2]["responses"].get(str(answer.status_code))
    assert said is not None, f"{operation} answers {answer.status_code}, of which the document says nothing"
    kinds, kind = said.get("content", {}), answer.headers.get("content-type", "").partition(";")[0]
    assert kind in kinds or not kinds, f"{operation} answers {kind}, which is none of {sorted(kinds)}"
    if "schema" in kinds.get(kind, {}):
        _validator(operation, answer.status_code, kind).validate(answer.json())


@cache
def _validator(operation: str, status: int, kind: str) -> Draft202012Validator:
    schema = OPERATIONS[operation][2]["responses"][str(status)]["content"][kind]["schema"]
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})
