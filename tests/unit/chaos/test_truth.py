"""The comparison at the end of a chaos run: what is wrong in the store or in the counts does not pass it."""

from collections import Counter
from datetime import UTC, datetime
from importlib import resources

import duckdb
import pytest

from contracts.status import DeliveryStatus
from tests.chaos.truth import _unequal, differences_of_store
from tidings.simulation.outcome import AttemptOutcome

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
BLANK = {
    "VARCHAR": "",
    "UUID": "00000000-0000-7000-8000-000000000000",
    "TIMESTAMP": NOW.replace(tzinfo=None),
    "BOOLEAN": False,
}
MESSAGE = "00000000-0000-7000-8000-000000000001"
REGISTERED = AttemptOutcome("telesign", "main", "R1", MESSAGE, DeliveryStatus.DELIVERED, is_conflict=False, reports=1)

REPORT = {
    "provider": "telesign",
    "connection": "main",
    "root_id": "R1",
    "message_id": MESSAGE,
    "verdict": "applied",
    "attempt_status": "delivered",
    "previous_status": "accepted",
}
REGISTRATION = {**REPORT, "attempt_status": "accepted", "previous_status": None, "kafka_offset": 1}
READ = [
    ("begun", {"topic": "callbacks", "first_offset": 0}),
    ("offsets", {"topic": "callbacks", "next_offset": 1}),
]
"""One callback has been read."""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tidings.duckdb"


def write(file, *rows):
    """A store with these rows; what a row leaves open is blank."""
    with duckdb.connect(str(file)) as store:
        for migration in sorted(resources.files("analytics.store.migrations").iterdir(), key=lambda one: one.name):
            if migration.name.endswith(".sql"):
                store.execute(migration.read_text(encoding="utf-8"))
        for table, told in rows:
            columns = {name: kind for name, kind, *_ in store.execute(f"DESCRIBE {table}").fetchall()}
            row = {name: told[name] if name in told else BLANK.get(kind, 0) for name, kind in columns.items()}
            store.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", list(row.values()))


def test_a_store_that_agrees_passes(file):
    write(file, ("report", REPORT), ("registration", REGISTRATION), ("callback", {}), *READ)

    assert differences_of_store(file, [REGISTERED], set()) == []


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([("registration", REGISTRATION)], id="a report is missing"),
        pytest.param([("report", REPORT)], id="the registration is missing"),
        pytest.param(
            [("report", {**REPORT, "attempt_status": "sent"}), ("registration", REGISTRATION)], id="a status is wrong"
        ),
        pytest.param(
            [("report", {**REPORT, "is_conflict": True}), ("registration", REGISTRATION)], id="a conflict is made up"
        ),
        pytest.param(
            [
                ("report", REPORT),
                ("report", {**REPORT, "kafka_offset": 5, "cause_offset": 5, "previous_status": "delivered"}),
                ("registration", REGISTRATION),
            ],
            id="a report counts twice",
        ),
        pytest.param(
            [
                ("report", REPORT),
                ("registration", {**REGISTRATION, "attempt_id": "00000000-0000-7000-8000-000000000009"}),
            ],
            id="an attempt has two ids",
        ),
        pytest.param(
            [("report", REPORT), ("registration", REGISTRATION), ("report", {**REPORT, "root_id": "R2"})],
            id="an attempt is made up",
        ),
        pytest.param(
            [("report", REPORT), ("registration", REGISTRATION), *READ, *[("callback", {})] * 2],
            id="a callback stands twice",
        ),
        pytest.param([("report", REPORT), ("registration", REGISTRATION), *READ], id="a callback has no row"),
        pytest.param(
            [("report", REPORT), ("report", {**REPORT, "kafka_offset": 9}), ("registration", REGISTRATION)],
            id="an item is explained twice",
        ),
    ],
)
def test_a_store_that_departs_does_not(file, rows):
    write(file, *rows)

    assert differences_of_store(file, [REGISTERED], set())


def test_rollups_are_compared_both_ways():
    place = ("telesign", "delivered", NOW)
    row = {"provider": "telesign", "status": "delivered", "bucket_at": "2026-11-21T10:00:00", "sent": 2, "conflicts": 1}

    assert _unequal([row], Counter({place: 2}), Counter({place: 1})) == []
    assert len(_unequal([row], Counter({place: 3}), Counter({place: 1}))) == 1
    assert len(_unequal([row], Counter(), Counter())) == 1
    assert len(_unequal([], Counter({place: 2}), Counter())) == 1
