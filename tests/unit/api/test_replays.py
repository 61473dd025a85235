"""Replays as jobs: rehearsed before anything is written, of one's own accounts, and ended clearly."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx2
import msgspec
import pytest

from analytics.asking.reader import Reader
from analytics.freshness import Skyline
from analytics.replays.difference import ReplayEffect
from analytics.store.database import Database
from api.admission.audit_log import Deed
from api.admission.keys import Scope
from api.answers.replays import EffectsOfReplay
from api.jobs.book import Asker, JobState
from api.problems import STREAMS_SILENT, Refused
from api.replays.desk import ReplayDesk
from api.replays.jobs import ReplayJob, Wanted
from api.replays.worker import Means
from api.store import AnalyticsStore
from contracts.errors import BrokerUnavailable, PayloadInvalid
from runtime.clock import FixedClock
from runtime.settings import Connection, KafkaSettings, ReplaySettings, Settings
from streams.normalise.normaliser import Normaliser
from streams.rehearsing import items_of
from tests.support.ledger_provider import LEDGER, body_of, normalise, status
from tests.support.patience import until
from tests.support.whole_line import WholeLine
from tests.unit.api.fakes import app_over, make_parts

T0 = datetime(2026, 11, 21, 10, tzinfo=UTC)
NOON = T0 + timedelta(hours=2)
MORNING = {"from": T0.isoformat(), "to": NOON.isoformat()}
WANTED = Wanted(begin=T0, end=NOON)
ABSENT = "0b6f0c8e-54a3-4b0a-8a4f-5f2f5a1d2c3b"


def short_sighted(callback):
    """As the adapter was, before somebody taught it what `v2` is."""
    if b"v2" in callback.body:
        raise PayloadInvalid("there is no v2")
    return normalise(callback)


@dataclass
class Kafka:
    """Takes callbacks one by one while it may `go`; raises `failure` when it has one."""

    written: list[tuple[int, int]] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    def __post_init__(self):
        self.go.set()

    async def perform(self, kafka, callbacks, *, rate_per_s, on_written):
        for callback in callbacks:
            if self.failure:
                raise self.failure
            self.written.append((callback.partition, callback.offset))
            on_written(1)
            await self.go.wait()
        return len(self.written)


@dataclass
class Stages:
    """Make of callbacks what today's adapter makes of them; raise `failure` when they have one."""

    normaliser: Normaliser
    failure: Exception | None = None
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    def __post_init__(self):
        self.go.set()

    async def rehearse(self, callbacks):
        self.asked += len(callbacks)
        await self.go.wait()
        if self.failure:
            raise self.failure
        return [items_of(self.normaliser, one) for one in callbacks]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    connections = (
        Connection(provider="ledger", name="main", account="acme", observe_only=True),
        Connection(provider="ledger", name="other", account="globex", observe_only=True),
    )
    return Settings(data_dir=tmp_path, kafka=KafkaSettings(partitions=3), connections=connections)


@pytest.fixture
def line(settings: Settings) -> WholeLine:
    """Of acme two facts, the one again, and what nobody could read; of globex one; and what came for nobody."""
    made = WholeLine(settings, Normaliser({"ledger": replace(LEDGER, normalise=short_sighted)}, settings.connections))
    said = status("m1", "sent"), status("m2", "sent"), status("m3", "delivered") | {"description": "v2"}
    for number, one in enumerate((said[0], said[1], said[0], said[2])):
        made.call_back("ledger", body_of(one), T0 + timedelta(minutes=number))
    made.call_back("ledger", body_of(status("x1", "sent")), T0 + timedelta(minutes=9), "other")
    made.call_back("nobody", b"{}", T0 + timedelta(minutes=10))
    made.run()
    return made


@pytest.fixture
def store(line: WholeLine, settings: Settings):
    with closing(Database(settings.data_dir / settings.store.path, settings.store)) as database:
        database.open()
        with closing(Reader(database, Skyline(), FixedClock(NOON), threads=1, limit_s=10)) as reader:
            yield AnalyticsStore(SimpleNamespace(reader=reader))


@pytest.fixture
def stages(settings) -> Stages:
    return Stages(Normaliser({"ledger": LEDGER}, settings.connections))


@pytest.fixture
def kafka() -> Kafka:
    return Kafka()


@pytest.fixture
def desk_over(settings, stages, store, kafka) -> Callable[..., ReplayDesk]:
    """A desk on the same folder, as another process would have one."""

    def made(**changed) -> ReplayDesk:
        told = settings.model_copy(update={"replays": ReplaySettings(**changed)})
        means = Means(stages=stages, store=store, perform=kafka.perform)
        return ReplayDesk(told, FixedClock(NOON), means)

    return made


@pytest.fixture
def parts(tmp_path, settings, desk_over):
    return replace(make_parts(tmp_path, replays=desk_over(most_open=2)), settings=settings)


@pytest.fixture
async def office(parts) -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """A desk that works, and clients with keys of these scopes and accounts."""
    parts.replays.start()
    clients = []

    def connect(*scopes: Scope, accounts=None) -> httpx2.AsyncClient:
        _, text = parts.ring.create(parts.clock, name="operations", scopes=scopes or [Scope.REPLAY], accounts=accounts)
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app_over(parts)),
            base_url="http://test",
            headers={"Authorization": f"Bearer {text}"},
        )
        clients.append(client)
        return client

    yield connect
    await parts.replays.stop()
    for client in clients:
        await client.aclose()


async def ordered(client, **body) -> dict:
    answer = await client.post("/v1/replays", json=MORNING | body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def ended(client, told: dict) -> dict:
    while told["state"] in {"queued", "running"}:
        await asyncio.sleep(0.01)
        told = (await client.get(f"/v1/replays/{told['id']}")).json()
    return told


def effects(told: dict) -> dict[str, dict[str, int]]:
    """Without noughts, by provider."""
    return {
        one["provider"]: {name: count for name, count in one.items() if name != "provider" and count}
        for one in told["effects"]
    }


class TestLookFirst:
    """A rehearsal writes nothing and says what a replay would do."""

    async def test_it_says_by_effect_what_would_change(self, office, kafka):
        client = office()
        told = await ended(client, await ordered(client, dry_run=True))

        assert (told["state"], told["is_dry_run"], told["progress"], told["reason"]) == ("done", True, 1.0, None)
        assert effects(told) == {"ledger": {"same": 4, "readable": 1}, "nobody": {"aside": 1}}
        assert [(one["before"], one["after"]) for one in told["examples"]] == [
            ("dead letter unreadable: there is no v2", "report delivered (code delivered)")
        ]
        assert (told["callback_count"], told["written_count"], kafka.written) == (6, 0, [])

    async def test_what_the_store_has_not_read_is_told_apart(self, office, line):
        line.call_back("ledger", body_of(status("m9", "sent")), T0 + timedelta(minutes=30))
        line.archive()
        client = office()

        assert effects(await ended(client, await ordered(client, dry_run=True)))["ledger"]["unstored"] == 1

    async def test_without_stages_it_says_what_to_see_to(self, office, stages):
        stages.failure = Refused(STREAMS_SILENT)
        client = office()
        told = await ended(client, await ordered(client, dry_run=True))

        assert (told["state"], told["reason"]) == ("failed", STREAMS_SILENT.advice)

    async def test_it_is_not_written_down(self, office, parts):
        await ordered(office(), dry_run=True)

        assert list(parts.audit.read()) == []

    def test_every_effect_is_told(self):
        assert set(EffectsOfReplay.model_fields) - {"provider"} == set(ReplayEffect)


class TestInEarnest:
    async def test_the_callbacks_of_the_span_are_written_once_more(self, office, kafka):
        client = office()
        told = await ended(client, await ordered(client, to=(T0 + timedelta(minutes=3)).isoformat()))

        assert (told["state"], told["written_count"], told["callback_count"]) == ("done", 3, 3)
        assert (told["effects"], told["archived_until"]) == ([], NOON.isoformat().replace("+00:00", "Z"))
        assert sorted(kafka.written) == [(0, 0), (1, 0), (2, 0)]

    @pytest.mark.parametrize(
        ("asked", "count"),
        [
            pytest.param({}, 6, id="all, also what nobody has configured"),
            pytest.param({"provider": "ledger"}, 5, id="of a provider"),
            pytest.param({"connection": "other"}, 1, id="of a connection"),
        ],
    )
    async def test_it_may_be_of_one_provider_or_connection(self, office, asked, count):
        client = office()

        assert (await ended(client, await ordered(client, **asked)))["written_count"] == count

    async def test_it_is_written_down_who_asked_for_what(self, office, parts):
        await ordered(office(), provider="ledger")
        (record,) = parts.audit.read()

        assert (record.deed, record.name) == (Deed.REPLAY_ASKED, "operations")
        assert record.details == {
            "begin": T0.isoformat(),
            "end": NOON.isoformat(),
            "provider": "ledger",
            "connection": None,
        }

    async def test_when_kafka_goes_away_it_says_that_it_may_be_ordered_again(self, office, kafka):
        kafka.failure = BrokerUnavailable("2 were written. Begin again, no fact counts twice")
        client = office()
        told = await ended(client, await ordered(client))

        assert (told["state"], told["reason"]) == ("failed", str(kafka.failure))

    async def test_how_far_it_is_is_told_and_one_that_is_not_wanted_ends(self, office, kafka):
        kafka.go.clear()
        client = office()
        told = await ordered(client)
        await until(lambda: kafka.written)
        running = (await client.get(f"/v1/replays/{told['id']}")).json()
        cancelled = await client.delete(f"/v1/replays/{told['id']}")
        kafka.go.set()
        following = await ended(client, await ordered(client, connection="other"))
        after = (await client.get(f"/v1/replays/{told['id']}")).json()

        assert (running["state"], running["written_count"], running["progress"]) == ("running", 1, round(1 / 6, 4))
        assert cancelled.status_code == 204
        assert (after["state"], after["written_count"]) == ("cancelled", 1)
        assert following["state"] == "done"
        assert len(kafka.written) == 3, "one of the first, one that was on its way, one of the second"

    async def test_one_that_is_done_can_be_forgotten(self, office):
        client = office()
        done = await ended(client, await ordered(client))
        await client.delete(f"/v1/replays/{done['id']}")

        assert (await client.get(f"/v1/replays/{done['id']}")).status_code == 404

    async def test_they_are_carried_out_one_after_the_other(self, office, kafka):
        kafka.go.clear()
        client = office()
        await ordered(client)
        await until(lambda: kafka.written)
        second = await ordered(office(), connection="other")
        kafka.go.set()

        assert second["state"] == "queued"
        assert (await ended(client, second))["state"] == "done"


class TestAgain:
    """The same request is the same replay."""

    async def test_the_same_order_while_one_is_not_done_is_the_same(self, office, kafka):
        kafka.go.clear()
        client = office()
        first, again = await ordered(client), await ordered(client)
        rehearsal = await ordered(client, dry_run=True)
        kafka.go.set()

        assert (again["id"], first["is_repeat"], again["is_repeat"]) == (first["id"], False, True)
        assert rehearsal["id"] != first["id"]

    async def test_when_it_is_done_it_is_another(self, office):
        client = office()
        done = await ended(client, await ordered(client))

        assert (await ordered(client))["id"] != done["id"]

    async def test_under_one_key_it_is_the_same_also_then(self, office):
        client = office()
        client.headers["Idempotency-Key"] = "mended"
        done = await ended(client, await ordered(client))
        refused = await client.post("/v1/replays", json=MORNING | {"dry_run": True})

        assert (await ordered(client))["id"] == done["id"]
        assert refused.json()["errors"][0]["rule"] == "idempotency_key_reused"


class TestOthers:
    """What is not yours is neither replayed nor told."""

    async def test_a_key_of_accounts_replays_what_came_by_their_connections(self, office, kafka):
        client = office(accounts=("acme",))
        told = await ended(client, await ordered(client))

        assert (told["accounts"], told["written_count"], told["callback_count"]) == (["acme"], 4, 4)

    async def test_and_is_told_of_no_other(self, office):
        client = office(accounts=("globex",))
        told = await ended(client, await ordered(client, dry_run=True))

        assert effects(told) == {"ledger": {"same": 1}}

    async def test_what_others_replay_looks_like_what_is_not_there(self, office):
        owner, client = office(), office(accounts=("acme",))
        done = await ended(owner, await ordered(owner))
        foreign = await client.get(f"/v1/replays/{done['id']}")
        absent = await client.get(f"/v1/replays/{ABSENT}")

        assert (foreign.status_code, foreign.json()["detail"]) == (404, absent.json()["detail"])
        assert (await client.delete(f"/v1/replays/{done['id']}")).status_code == 404
        assert (await client.get("/v1/replays")).json() == {"replays": []}


class TestLimits:
    async def test_a_key_may_have_so_many_open_ones(self, office, kafka):
        kafka.go.clear()
        client, other = office(), office()
        for connection in ("main", "other"):
            await ordered(client, connection=connection)
        refused = await client.post("/v1/replays", json=MORNING)
        taken = await other.post("/v1/replays", json=MORNING)
        kafka.go.set()

        assert (refused.status_code, refused.json()["type"]) == (429, "/problems/replays-full")
        assert taken.status_code == 202

    async def test_one_may_have_so_many_callbacks(self, desk_over, kafka):
        job = await carried_out(desk_over(most_callbacks=5), WANTED)

        assert (job.state, kafka.written) == (JobState.FAILED, [])
        assert job.reason == "there are 6 callbacks in this span and replays.most_callbacks is 5; replay it in parts"

    async def test_without_an_archive_there_is_nothing_to_replay(self, desk_over, line):
        (line.directory / "manifest.json").unlink()
        job = await carried_out(desk_over(), WANTED)

        assert job.reason == "nothing is archived here yet; the api process archives while it runs"


class TestRestart:
    """What an earlier process left."""

    async def test_what_was_being_written_ends_and_says_so(self, desk_over, kafka):
        left(desk_over(), WANTED, state=JobState.RUNNING, written_count=2)
        job = await carried_out(desk_over())

        assert (job.state, kafka.written) == (JobState.FAILED, [])
        assert "at least 2 callbacks were written. Order it again: no fact counts twice" in job.reason

    async def test_a_process_that_stops_in_order_says_how_much_was_written(self, office, parts, kafka, desk_over):
        kafka.go.clear()
        client = office()
        await ordered(client)
        await until(lambda: kafka.written)
        await parts.replays.stop()
        kafka.go.set()
        job = await carried_out(desk_over())

        assert (job.state, job.written_count, len(kafka.written)) == (JobState.FAILED, 1, 1)

    async def test_what_had_not_begun_is_carried_out(self, desk_over):
        left(desk_over(), WANTED)

        assert (await carried_out(desk_over())).state is JobState.DONE

    async def test_a_rehearsal_begins_anew(self, desk_over, kafka):
        left(desk_over(), msgspec.structs.replace(WANTED, is_dry_run=True), state=JobState.RUNNING, starts_count=1)
        job = await carried_out(desk_over())

        assert (job.state, job.starts_count, kafka.written) == (JobState.DONE, 2, [])

    async def test_a_rehearsal_that_ended_the_process_again_and_again_is_given_up(self, desk_over):
        left(desk_over(), msgspec.structs.replace(WANTED, is_dry_run=True), state=JobState.RUNNING, starts_count=3)

        assert "the process ended 3 times" in (await carried_out(desk_over())).reason

    async def test_a_rehearsal_in_a_process_that_stops_in_order_waits_for_the_next(self, office, parts, stages):
        stages.go.clear()
        await ordered(office(), dry_run=True)
        await until(lambda: stages.asked)
        await parts.replays.stop()
        (job,) = parts.replays.all()

        assert (job.state, job.starts_count) == (JobState.QUEUED, 0)


def left(desk: ReplayDesk, wanted: Wanted, **members) -> None:
    """As another process would have left it."""
    desk._book.put(ReplayJob(id=ABSENT, wanted=wanted, asker=Asker("k", "n"), requested_at=NOON, **members))


async def carried_out(desk: ReplayDesk, wanted: Wanted | None = None) -> ReplayJob:
    desk.start()
    if wanted is not None:
        desk.request(wanted, Asker("k", "n"))
    await until(lambda: not desk.all()[0].is_open)
    await desk.stop()
    return desk.all()[0]


@pytest.mark.parametrize(
    ("asked", "member", "advice"),
    [
        pytest.param({"from": None}, "from", "", id="no beginning"),
        pytest.param({"to": None}, "to", "", id="no end"),
        pytest.param({"to": MORNING["from"]}, "from", "begin before it ends", id="no length"),
        pytest.param({"from": "2026-01-01T00:00:00Z"}, "from", "100 days; replay it in parts", id="longer than may be"),
        pytest.param({"from": "1999-01-01T00:00:00Z"}, "from", "year 2000", id="before there was anything"),
        pytest.param({"from": "2026-11-21"}, "from", "with its zone", id="a day, which may be anybody's"),
        pytest.param({"provider": "a,b"}, "provider", "", id="two providers"),
        pytest.param({"rate": 5}, "rate", "", id="a member that there is not"),
    ],
)
async def test_what_makes_no_sense_is_named(office, asked, member, advice):
    body = {name: value for name, value in (MORNING | asked).items() if value is not None}
    answer = await office().post("/v1/replays", json=body)
    (error,) = answer.json()["errors"]

    assert (answer.status_code, error["place"], error["member"]) == (422, "body", member)
    assert advice in error["detail"]


@pytest.mark.parametrize(
    ("accounts", "asked", "named"),
    [
        pytest.param(None, {"connection": "gone"}, "ledger/main, ledger/other", id="that nobody has configured"),
        pytest.param(None, {"provider": "nobody"}, "ledger/main, ledger/other", id="of a provider without any"),
        pytest.param(("acme",), {"connection": "other"}, "ledger/main.", id="of another account"),
        pytest.param((), {}, "none", id="of no account at all"),
    ],
)
async def test_a_connection_that_is_not_known_is_refused_with_those_that_are(office, accounts, asked, named):
    answer = await office(accounts=accounts).post("/v1/replays", json=MORNING | asked)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/connection-unknown")
    assert named in answer.json()["detail"]
