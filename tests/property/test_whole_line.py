"""The whole line against a model of it: callbacks and registrations in, verdicts, statuses and rollups out.

Everything is real but Kafka and HTTP: normalise, track with its state and changelog, the store in DuckDB. Callbacks
come in any order and again, registrations early, late or never; stages and sink are killed between any two of their
writes and begin again at what they had committed; every fetch is cut as chance will have it. The model knows none of
that: it remembers what was said, and whatever happened on the way, the tables in the end must say the same.
"""

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from analytics.freshness import Skyline
from analytics.queries import load_query
from analytics.sink.columns import hasher
from analytics.sink.intake import Fetched
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from contracts.codec import encode
from contracts.envelope import fixed_headers, with_id
from contracts.identity import attempt_key
from contracts.raw import origin_headers
from contracts.records import AttemptRegistered, Due
from contracts.status import DeliveryStatus
from runtime.partitioner import partition_of
from runtime.settings import Connection, Settings, StoreSettings
from streams.engine.stage import Stage
from streams.normalise.normaliser import Normaliser
from streams.normalise.stage import NORMALISE, NormaliseBatch
from streams.track.stage import TRACK
from tests.support.examples import share
from tests.support.ledger_provider import LEDGER, body_of, status
from tests.support.streams_world import KilledError, Worker, World

T0_MS = 1_795_000_000_000
DAY_MS = 86_400_000
PARTITIONS = 2
WATCHED, OWNED = "watched", "owned"
CONNECTIONS = (
    Connection(provider="ledger", name=WATCHED, observe_only=True),
    Connection(provider="ledger", name=OWNED),
)
DECIDE = {
    NORMALISE.name: NormaliseBatch(Normaliser({LEDGER.slug: LEDGER}, CONNECTIONS)),
    TRACK.name: TRACK.prepare(Settings(connections=CONNECTIONS)),
}
MESSAGE = "019aa5a1-0000-7000-8000-00000000{:04x}"
REFUSED = {"is": "rejected", "reason": "no id", "body": "eyJ9"}
STORED = ("callbacks", "inbound", "signals", "dead-letters", "updates")

Attempt = tuple[str, str]
"""Connection and root id."""

attempts = st.tuples(st.sampled_from([WATCHED, OWNED]), st.sampled_from(["m0", "m1", "m2"]))
statuses = st.sampled_from([str(one) for one in DeliveryStatus])
entries = st.lists(st.tuples(st.sampled_from(["m0", "m1", "m2"]), statuses) | st.just("refused"), max_size=3)


class Model:
    """What was said, in sets, so that neither order nor repetition can be in it."""

    def __init__(self) -> None:
        self.said: dict[Attempt, set[DeliveryStatus]] = defaultdict(set)
        self.registrations: Counter[Attempt] = Counter()
        self.reports = 0
        self.refused = 0
        self.is_time_up = False
        """Whether registrations that have not come by now are waited for no longer."""

    def hear(self, connection: str, told: list[tuple[str, str] | str]) -> None:
        for entry in told or ["refused"]:  # a callback without items is put aside as one
            if isinstance(entry, str):
                self.refused += 1
            else:
                self.reports += 1
                self.said[connection, entry[0]].add(DeliveryStatus(entry[1]))

    def statuses(self) -> dict[Attempt, DeliveryStatus]:
        """Where each attempt stands; a registration says at least that the provider took it."""
        known = {attempt: set(said) for attempt, said in self.said.items()}
        for attempt in self.registrations:
            known.setdefault(attempt, set()).add(DeliveryStatus.ACCEPTED)
        return {attempt: max(said, key=lambda one: one.rank) for attempt, said in known.items()}

    def conservation(self) -> dict[str, int]:
        facts = {attempt: len(said) for attempt, said in self.said.items()}
        parked = sum(n for attempt, n in facts.items() if attempt[0] == OWNED and attempt not in self.registrations)
        parked = 0 if self.is_time_up else parked
        return {
            "received": self.reports + self.refused,
            "told": sum(facts.values()) - parked,
            "repeated": self.reports - sum(facts.values()),
            "parked": parked,
            "quarantined": self.refused,
            "in_flight": 0,
            "unexplained": 0,
            "explained_twice": 0,
        }


class WholeLine(RuleBasedStateMachine):
    """One line and the model beside it."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.world = World(partitions=PARTITIONS)
        self.committed: dict[str, dict[tuple[str, int], int]] = {"normalise": {}, "track": {}}
        self.generation = 0
        self.bodies: list[tuple[str, list[tuple[str, str] | str]]] = []
        self.connection = self.database.cursor()
        for (table,) in self.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if table not in {"schema_version", "migration"}:
                self.connection.execute(f"DELETE FROM {table}")
        self._open_sink()

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.chance = random.Random(seed)

    @rule(connection=st.sampled_from([WATCHED, OWNED]), told=entries)
    def call_back(self, connection: str, told: list[tuple[str, str] | str]) -> None:
        self.bodies.append((connection, told))
        self.model.hear(connection, told)
        items = [REFUSED if isinstance(entry, str) else status(*entry) for entry in told]
        row = (None, body_of(*items), with_id(origin_headers("ledger", connection), b"a request"), T0_MS)
        self.world.append(self.world.name("callbacks"), self.chance.randrange(PARTITIONS), [row])

    @rule(which=st.integers(0, 100))
    def call_back_again(self, which: int) -> None:
        """The provider did not hear our answer."""
        if self.bodies:
            self.call_back(*self.bodies[which % len(self.bodies)])

    @rule(attempt=attempts)
    def register(self, attempt: Attempt) -> None:
        connection, root_id = attempt
        self.model.registrations[attempt] += 1
        key = attempt_key("ledger", connection, root_id)
        record = AttemptRegistered(
            provider="ledger",
            connection=connection,
            account="default",
            root_id=root_id,
            registered_at=datetime.fromtimestamp(T0_MS / 1000, UTC),
            message_id=MESSAGE.format(sum(key)),
        )
        row = (key, encode(record), with_id(fixed_headers("attempt", "api"), b"a request"), T0_MS)
        self.world.append(self.world.name("attempts"), partition_of(key, PARTITIONS), [row])

    @rule(attempt=attempts)
    def remind_too_early(self, attempt: Attempt) -> None:
        """A time that comes before it was asked for, twice, or for nobody, is no time."""
        self._remind(attempt, after_ms=DAY_MS)

    @rule(stage=st.sampled_from([NORMALISE, TRACK]), killed_after=st.integers(0, 12) | st.none())
    def run(self, stage: Stage, killed_after: int | None) -> None:
        """A life of the stage, to the end of what there is unless it is killed before."""
        self.generation += 1
        self.world.steps_left = killed_after
        worker = Worker(self.world, stage, DECIDE[stage.name], self.chance, self.committed[stage.name])
        with suppress(KilledError):
            asyncio.run(worker.live(self.generation))
        self.world.steps_left = None

    @rule(batches=st.integers(1, 4), is_killed=st.booleans())
    def store(self, batches: int, *, is_killed: bool) -> None:
        """Some batches into the store; a sink that is killed knows afterwards what the store knows."""
        for _ in range(batches):
            self._store_some()
        if is_killed:
            self._open_sink()

    def teardown(self) -> None:
        self.run(NORMALISE, None)
        self.run(TRACK, None)
        self.model.is_time_up = self.chance.random() < 0.5
        for attempt in self.model.said if self.model.is_time_up else ():
            self._remind(attempt, after_ms=8 * DAY_MS)
        self.run(TRACK, None)
        while self._store_some():
            """Until nothing is left."""
        self._compare()
        self.connection.close()

    def _remind(self, attempt: Attempt, *, after_ms: int) -> None:
        key = attempt_key("ledger", *attempt)
        value = encode(Due(due_at=datetime.fromtimestamp((T0_MS + after_ms) / 1000, UTC)))
        row = (key, value, with_id(fixed_headers("due", "track"), b"a tick"), T0_MS + after_ms)
        self.world.append(self.world.name("track-due"), partition_of(key, PARTITIONS), [row])

    def _compare(self) -> None:
        ends = [len(self.world.logs[self.world.name("callbacks"), number]) for number in range(PARTITIONS)]
        sql = load_query("conservation").sql
        ((settled,),) = self.connection.execute(load_query("settled").sql).fetchall()
        told = {"partitions": list(range(PARTITIONS)), "below": ends, "settled": settled}
        cursor = self.connection.execute(sql, told)
        counts = dict(zip([column[0] for column in cursor.description], cursor.fetchall()[0], strict=True))
        counts["told"] = counts.pop("applied") + counts.pop("outranked")
        expected = self.model.statuses()

        assert {name: counts[name] for name in self.model.conservation()} == self.model.conservation()
        assert self._statuses() == expected
        assert self._rollup() == Counter(map(str, expected.values()))
        assert self._registrations() == self.model.registrations

    def _statuses(self) -> dict[Attempt, DeliveryStatus]:
        """The highest that was told of each attempt."""
        rows = self.connection.execute(
            "SELECT connection, root_id, attempt_status FROM report UNION "
            "SELECT connection, root_id, attempt_status FROM registration"
        ).fetchall()
        found: dict[Attempt, set[DeliveryStatus]] = defaultdict(set)
        for connection, root_id, told in rows:
            found[connection, root_id].add(DeliveryStatus(told))
        return {attempt: max(told, key=lambda one: one.rank) for attempt, told in found.items()}

    def _rollup(self) -> Counter[str]:
        rows = self.connection.execute(
            "SELECT status, sum(attempt_count)::BIGINT AS n FROM hour_delta GROUP BY status HAVING n <> 0"
        )
        return Counter(dict(rows.fetchall()))

    def _registrations(self) -> Counter[Attempt]:
        rows = self.connection.execute("SELECT connection, root_id FROM registration").fetchall()
        return Counter((connection, root_id) for connection, root_id in rows)

    def _open_sink(self) -> None:
        self.writer = Writer(self.connection, hasher(b"k" * 16), Upkeep(self.connection, Skyline()), seen_days=3)
        self.intake = self.writer.resume()

    def _store_some(self) -> bool:
        """A batch of what is unread, cut as chance will have it, and some of what came before; whether it was any."""
        begins = {place: max(0, at - self.chance.choice([0, 0, 2])) for place, at in self.intake.next_offsets.items()}
        unread = {
            (word, number): log
            for word in STORED
            for number in range(PARTITIONS)
            if (log := self.world.logs[self.world.name(word), number][begins.get((word, number), 0) :])
        }
        chosen = self.chance.sample(sorted(unread), self.chance.randint(1, len(unread))) if unread else []
        fetched = [Fetched(*place, unread[place][: self.chance.randint(1, 6)]) for place in chosen]
        self.writer.write(self.writer.prepare(self.intake, fetched))
        return any(log[-1].offset >= self.intake.next_offsets.get(place, 0) for place, log in unread.items())


def test_whatever_happens_on_the_way_the_tables_are_those_of_the_model(tmp_path: Path) -> None:
    database = Database(tmp_path / "line.duckdb", StoreSettings())
    database.open()
    machine = type("Line", (WholeLine,), {"database": database})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=share(0.4), stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
    finally:
        database.close()
