"""The watch: looks at the store again and again, and tells what somebody ought to look at."""

import asyncio

import structlog

from analytics.asking.reader import Row
from api.health.alarm_book import AlarmBook
from api.parts import Registering
from api.store import Store
from contracts.alarms import Alarm, AlarmKind, AlarmTold, Subject
from contracts.errors import BrokerUnavailable, QueryInvalid, StoreUnavailable
from runtime.clock import Clock
from runtime.metrics import ALARM
from runtime.settings import TrustSettings

log = structlog.get_logger()

ALARMS = "alarms"


class Watch:
    """Tells each alarm once, through restarts: what is open is in the store, and a look waits until it is."""

    def __init__(self, store: Store, registrar: Registering, clock: Clock, trust: TrustSettings) -> None:
        self._store = store
        self._registrar = registrar
        self._clock = clock
        self._trust = trust
        self._book: AlarmBook | None = None

    async def run(self) -> None:
        """Look until cancelled; while the store or Kafka cannot answer, wait for them."""
        while True:
            await asyncio.sleep(self._trust.watch_every_s)
            try:
                await self.look()
            except (BrokerUnavailable, QueryInvalid, StoreUnavailable) as exc:
                log.warning("watch_saw_nothing", reason=str(exc))

    async def look(self) -> None:
        """One look, and what follows."""
        self._book = self._book or await self._remembered()
        if self._book is None:
            return
        for word in self._book.words(await self._store.look(self._trust), self._clock.now()):
            await self._registrar.write_alarm(word)
            self._book.take(word)
            _tell(word)

    async def _remembered(self) -> AlarmBook | None:
        """What the store knows of open alarms; null while there are words on Kafka that it does not have."""
        answer = await self._store.open_alarms()
        if answer.freshness.lag_by_topic.get(ALARMS) != 0:
            return None
        opened = [_as_alarm(row) for row in answer.rows]
        for one in opened:
            _show(one)
        return AlarmBook(opened, raise_after=self._trust.raise_after_looks, clear_after=self._trust.clear_after_looks)


def _as_alarm(row: Row) -> Alarm:
    subject = Subject(AlarmKind(row["kind"]), row["account"], row["provider"], row["connection"], row["channel"])
    return Alarm(
        alarm_id=row["alarm_id"],
        told=AlarmTold.RAISED,
        told_at=row["raised_at"],
        raised_at=row["raised_at"],
        detail=row["detail"],
        value=row["value"],
        usual=row["usual"],
        **subject._asdict(),
    )


def _tell(word: Alarm) -> None:
    _show(word)
    about = {
        "kind": word.kind,
        "account": word.account,
        "provider": word.provider,
        "connection": word.connection,
        "channel": word.channel,
        "detail": word.detail,
        "alarm_id": word.alarm_id,
    }
    if word.told is AlarmTold.RAISED:
        log.warning("alarm_raised", **about)
    else:
        log.info("alarm_cleared", **about)


def _show(word: Alarm) -> None:
    labels = (word.kind, word.provider or "", word.connection or "", word.channel or "")
    ALARM.labels(*labels).set(word.told is AlarmTold.RAISED)
