"""The comparison of messages with plans at the end of a chaos run: who is stuck does not pass it."""

from datetime import UTC, datetime
from importlib import resources

import duckdb
import pytest

from tests.chaos.sends import differences_of_plans

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC).replace(tzinfo=None)
MESSAGE = "00000000-0000-7000-8000-000000000001"
SEND = f"{MESSAGE}-0-0"
OF = {"message_id": MESSAGE, "account": "default", "step": 0, "send_id": SEND}
BLANK = {"VARCHAR": "", "UUID": MESSAGE, "TIMESTAMP": NOW, "BOOLEAN": False}

PLAN = ("plan", {**OF, "told": "planned"})
COMMAND = ("command", {**OF, "told": "commanded"})
TAKEN = ("outcome", {**OF, "outcome": "accepted"})
DOUBT = ("outcome", {**OF, "outcome": "in_doubt"})
SENT = ("decision", {**OF, "decision": "send"})
OVER = ("decision", {**OF, "decision": "stop"})
REGISTERED = ("registration", {"message_id": MESSAGE, "external_id": SEND})


@pytest.fixture
def told(tmp_path):
    """What is said of a store with these rows; what a row leaves open is blank."""

    def tell(*rows):
        file = tmp_path / "tidings.duckdb"
        with duckdb.connect(str(file)) as store:
            for migration in sorted(resources.files("analytics.store.migrations").iterdir(), key=lambda one: one.name):
                if migration.name.endswith(".sql"):
                    store.execute(migration.read_text(encoding="utf-8"))
            for table, given in rows:
                columns = store.execute(f"DESCRIBE {table}").fetchall()
                row = [
                    given.get(name, BLANK.get(kind, None if null == "YES" else 0)) for name, kind, null, *_ in columns
                ]
                store.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        return differences_of_plans(file)

    return tell


def test_what_was_decided_and_told_passes(told):
    assert told(PLAN, COMMAND, SENT, TAKEN, OVER) == []


def test_a_doubt_that_a_report_ended_passes(told):
    assert told(PLAN, COMMAND, SENT, DOUBT, REGISTERED, OVER) == []


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        pytest.param([PLAN, COMMAND, SENT, TAKEN], "is stuck", id="nothing more is decided"),
        pytest.param([PLAN], "is stuck", id="nothing was ever decided"),
        pytest.param([PLAN, COMMAND, SENT, DOUBT, OVER], "nothing certain", id="a doubt is open"),
        pytest.param([PLAN, COMMAND, SENT, OVER], "nothing certain", id="nothing was told of a send"),
    ],
)
def test_what_is_stuck_does_not(told, rows, says):
    found = told(*rows)

    assert len(found) == 1
    assert says in found[0]
