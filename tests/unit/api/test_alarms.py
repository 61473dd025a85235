"""Alarms are told once when they begin and once when they are over, through flutter, outages and restarts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analytics.alarms import Finding, Look, Weight
from api.admission.keys import Scope
from api.health.alarm_book import AlarmBook
from api.health.watch import Watch
from contracts.alarms import AlarmKind, AlarmTold, Subject
from contracts.errors import BrokerUnavailable
from runtime.clock import FixedClock
from runtime.metrics import ALARM
from runtime.settings import TrustSettings
from tests.unit.api.fake_store import FakeStore
from tests.unit.api.fakes import FakeRegistrar
from tests.unit.api.rows import FRESH, NOON

QUIET = Subject(AlarmKind.QUIET_PROVIDER, "default", "routee", "main")
CODES = Subject(AlarmKind.UNKNOWN_CODE, "default", "routee", "main")
BAD, BETWEEN, WELL, ABSENT = Weight.BAD, Weight.BETWEEN, Weight.WELL, None
RAISED, CLEARED = AlarmTold.RAISED, AlarmTold.CLEARED
CAUGHT_UP = replace(FRESH, lag_by_topic={"alarms": 0})
BEHIND = replace(FRESH, lag_by_topic={"alarms": 2})


def look(number: int, weight: Weight | None, subject: Subject = QUIET) -> Look:
    found = [] if weight is None else [Finding(subject, weight, f"look {number}", float(number), 42.0)]
    return Look(NOON + timedelta(minutes=number), frozenset(AlarmKind), found)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        pytest.param([BAD], [], id="one look may err"),
        pytest.param([BAD, BAD], [(1, RAISED)], id="two in a row raise it"),
        pytest.param([BAD] * 6, [(1, RAISED)], id="and it is told once"),
        pytest.param([BAD, WELL, BAD, WELL, BAD], [], id="flutter raises nothing"),
        pytest.param([BAD, BETWEEN, BAD], [], id="nor do looks that are not in a row"),
        pytest.param([BAD, ABSENT, BAD], [], id="nor when nothing was found between"),
        pytest.param([BAD, BAD, WELL, WELL], [(1, RAISED)], id="two good looks do not clear it"),
        pytest.param([BAD, BAD, WELL, WELL, WELL], [(1, RAISED), (4, CLEARED)], id="three do"),
        pytest.param([BAD, BAD, WELL, WELL, BAD, WELL, WELL], [(1, RAISED)], id="a bad one between begins anew"),
        pytest.param([BAD, BAD, BETWEEN, BETWEEN, BETWEEN, BETWEEN], [(1, RAISED)], id="half well is not well"),
        pytest.param([BAD, BAD, ABSENT, ABSENT, ABSENT], [(1, RAISED), (4, CLEARED)], id="what is gone is over"),
        pytest.param(
            [BAD, BAD, WELL, WELL, WELL, BAD, BAD], [(1, RAISED), (4, CLEARED), (6, RAISED)], id="it may come back"
        ),
    ],
)
def test_when_an_alarm_is_told(seen, told):
    book, words = AlarmBook([], raise_after=2, clear_after=3), []
    for number, weight in enumerate(seen):
        for word in book.words(look(number, weight), NOON + timedelta(minutes=number)):
            words.append((number, word.told))
            book.take(word)

    assert words == told


def test_a_look_that_sees_no_further_counts_for_nothing():
    book = AlarmBook([], raise_after=2, clear_after=3)

    assert [book.words(look(0, BAD), NOON) for _ in range(5)] == [[]] * 5


def test_kinds_that_could_not_be_judged_stay_as_they_are():
    book = AlarmBook([], raise_after=1, clear_after=1)
    [raised] = book.words(look(0, BAD), NOON)
    book.take(raised)

    assert book.words(Look(None), NOON) == []
    assert book.open == {QUIET: raised}


def test_a_word_that_was_not_taken_is_told_again_as_it_was():
    book = AlarmBook([], raise_after=1, clear_after=1)
    [first] = book.words(look(0, BAD), NOON)
    [again] = book.words(look(1, WELL), NOON + timedelta(minutes=1))

    assert again == first


class TestWatch:
    """The watch with a store and a Kafka of ten lines, look by look."""

    @pytest.fixture
    def store(self):
        return FakeStore(fresh=CAUGHT_UP)

    @pytest.fixture
    def registrar(self):
        return FakeRegistrar()

    @pytest.fixture
    def watch(self, store, registrar):
        return self.made(store, registrar)

    def made(self, store, registrar) -> Watch:
        return Watch(store, registrar, FixedClock(NOON), TrustSettings())

    async def looks(self, watch, store, *weights: Weight | None, begin: int = 0) -> None:
        for number, weight in enumerate(weights, begin):
            store.seen = look(number, weight)
            await watch.look()

    async def test_it_raises_and_clears_on_kafka_and_shows_it(self, watch, store, registrar):
        await self.looks(watch, store, BAD, BAD, BAD)

        assert [one.told for one in registrar.written] == [RAISED]
        assert gauge() == 1
        await self.looks(watch, store, WELL, WELL, WELL, begin=3)

        assert [one.told for one in registrar.written] == [RAISED, CLEARED]
        assert registrar.written[0].alarm_id == registrar.written[1].alarm_id
        assert gauge() == 0

    async def test_after_a_restart_it_neither_repeats_nor_forgets(self, watch, store, registrar):
        await self.looks(watch, store, BAD, BAD)
        store.alarm_rows = [row_of(registrar.written[0])]
        another = self.made(store, registrar)
        await self.looks(another, store, BAD, BAD, BAD, begin=2)

        assert [one.told for one in registrar.written] == [RAISED]
        await self.looks(another, store, WELL, WELL, WELL, begin=5)

        assert [one.told for one in registrar.written] == [RAISED, CLEARED]
        assert registrar.written[1].alarm_id == registrar.written[0].alarm_id

    @pytest.mark.parametrize("fresh", [BEHIND, replace(FRESH, lag_by_topic={})], ids=["behind", "not known yet"])
    async def test_it_waits_until_the_store_has_all_that_was_told(self, watch, store, registrar, fresh):
        store.fresh = fresh
        await self.looks(watch, store, BAD, BAD, BAD)

        assert registrar.written == []

    async def test_what_kafka_does_not_take_is_told_when_it_does(self, watch, store, registrar):
        await self.looks(watch, store, BAD)
        registrar.failure = BrokerUnavailable("away")
        with pytest.raises(BrokerUnavailable):
            await self.looks(watch, store, BAD, begin=1)
        registrar.failure = None
        await self.looks(watch, store, BAD, BAD, begin=2)

        assert [one.told for one in registrar.written] == [RAISED]
        assert registrar.written[0].detail == "look 1"


def gauge() -> float:
    return ALARM.labels(QUIET.kind, "routee", "main", "")._value.get()


def row_of(alarm) -> dict:
    """As the store has an open alarm."""
    members = ("alarm_id", "kind", "raised_at", "detail", "value", "usual")
    row = {name: getattr(alarm, name) for name in members} | alarm.subject._asdict()
    return row | {"kind": str(alarm.kind), "cleared_at": None, "cleared_detail": None}


@pytest.fixture
def alarms(parts):
    row = {
        "alarm_id": "0f5e", "kind": "quiet_provider", "account": "default", "provider": "routee", "connection": "main",
        "channel": None, "raised_at": NOON, "cleared_at": None, "value": 1800.0, "usual": 42.0, "detail": "Silent.",
        "cleared_detail": None,
    }  # fmt: skip  # a row
    whole = row | dict.fromkeys(("account", "provider", "connection")) | {"kind": "conservation", "alarm_id": "77"}
    parts.store.alarm_rows = [whole, row, row | {"alarm_id": "1a", "cleared_at": NOON}]


@pytest.mark.parametrize(
    ("query", "accounts", "shown"),
    [
        pytest.param({}, None, ["77", "0f5e", "1a"], id="all"),
        pytest.param({"open": "true"}, None, ["77", "0f5e"], id="open ones"),
        pytest.param({"open": "false"}, None, ["1a"], id="cleared ones"),
        pytest.param({"limit": 1}, None, ["77"], id="the newest"),
        pytest.param({}, ("default",), ["0f5e", "1a"], id="of the whole installation a bound key hears nothing"),
        pytest.param({}, ("other",), [], id="nor of other accounts"),
    ],
)
def test_alarms_are_shown_to_whom_they_concern(connect, alarms, query, accounts, shown):
    answer = connect(Scope.READ, accounts=accounts).get("/v1/alarms", params=query)

    assert [one["alarm_id"] for one in answer.json()["alarms"]] == shown


@pytest.mark.parametrize("query", [{"open": "perhaps"}, {"limit": 0}, {"x": 1}])
def test_what_cannot_be_asked_is_a_problem(client, query):
    assert client.get("/v1/alarms", params=query).status_code == 422
