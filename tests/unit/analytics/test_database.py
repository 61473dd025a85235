"""One process holds the store; whoever cannot have it is told why and what to do."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from analytics.store.database import Database
from contracts.errors import StoreUnavailable
from runtime.settings import StoreSettings

OPEN_IT = """
import sys
from pathlib import Path
from analytics.store.database import Database
from contracts.errors import StoreUnavailable
from runtime.settings import StoreSettings
try:
    Database(Path(sys.argv[1]), StoreSettings()).open()
except StoreUnavailable as exc:
    print(exc)
"""


def test_a_second_process_is_told_who_has_the_store(database, tmp_path):
    told = subprocess.run(
        [sys.executable, "-c", OPEN_IT, str(tmp_path / "test.duckdb")], capture_output=True, text=True, check=True
    ).stdout

    assert "another process has it open; stop that one, or give this one a store.path of its own" in told
    assert "PID" in told


def damaged(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda path: path.write_bytes(b"no store"), "the file is no store; the next", id="another file"),
        pytest.param(lambda path: damaged(path, 12_388), "the file is damaged; the next", id="a bit has flipped"),
    ],
)
def test_a_damaged_file_is_told_of_with_what_to_do(tmp_path, spoil, told):
    path = tmp_path / "store.duckdb"
    once = Database(path, StoreSettings())
    once.open()
    once.close()
    spoil(path)

    with pytest.raises(StoreUnavailable, match=told):
        Database(path, StoreSettings()).open()


FULL = "Could not write file: No space left on device"


@pytest.mark.parametrize(
    ("error", "is_lasting", "is_ill", "is_marked"),
    [
        pytest.param(duckdb.TransactionException("conflict"), False, False, False, id="what may pass"),
        pytest.param(duckdb.TransactionException(FULL), True, False, False, id="a full disk: of the writer alone"),
        pytest.param(duckdb.FatalException(FULL), True, True, False, id="a full disk at a checkpoint: all ends"),
        pytest.param(duckdb.Error("Corrupt database file"), True, True, True, id="damage: the next start looks"),
        pytest.param(duckdb.IOException("replaying WAL: " + FULL), True, False, False, id="a full disk is no damage"),
    ],
)
def test_what_an_error_means_for_the_process(database, error, is_lasting, is_ill, is_marked):
    judged = database.judge(error)

    assert (judged, bool(database.ailment), database.mark.exists()) == (is_lasting, is_ill, is_marked)


def test_reading_cannot_wait_for_the_network(database):
    with pytest.raises(duckdb.Error, match="read_xlsx"):
        database.cursor().execute("SELECT * FROM read_xlsx('x')")


def kept_for_later(connection: duckdb.DuckDBPyConnection) -> int:
    ((size,),) = connection.execute(
        "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"
    ).fetchall()
    return size


def limit_of(connection: duckdb.DuckDBPyConnection) -> str:
    return connection.execute("SELECT current_setting('memory_limit')").fetchone()[0]


def test_what_is_only_kept_for_later_is_dropped_and_the_limit_stays(database):
    connection = database.cursor()
    connection.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(100_000)").fetchall()
    connection.execute("CHECKPOINT").fetchall()
    connection.execute("SELECT sum(n) FROM numbers").fetchall()
    before, limit = kept_for_later(connection), limit_of(connection)

    database.shed()

    assert before > 0
    assert kept_for_later(connection) == 0
    assert limit_of(connection) == limit


def test_what_a_transaction_has_not_yet_stored_is_not_dropped(database):
    connection = database.cursor()
    connection.begin()
    connection.execute("CREATE TABLE numbers AS SELECT range AS n FROM range(100_000)").fetchall()

    database.shed()
    connection.commit()

    assert connection.execute("SELECT count(*), sum(n) FROM numbers").fetchall() == [(100_000, 4_999_950_000)]
