"""A person is erased: then nothing that the installation keeps tells of the person, and the others are all there."""

import asyncio
import gzip
from dataclasses import replace
from pathlib import Path
from shutil import copy, copytree

import duckdb
import pytest

from analytics.archive.draft import groups_of
from analytics.archive.rows import records_of
from analytics.archive.verification import wrong
from analytics.erasure import scan
from analytics.erasure.eraser import Erased, Eraser
from analytics.erasure.spelling import Spelling
from analytics.sink.pseudonyms import keep_to
from contracts.errors import ConfigurationInvalid, StoreUnavailable
from runtime.clock import FixedClock
from runtime.settings import KafkaSettings, Settings, StoreSettings
from tests.support.illness import held_elsewhere
from tests.support.lived_in import NUMBER, contents, lived_in, spelled
from tests.unit.api.tenants import ACME, GLOBEX, HASHED, NOW

HASH_KEY = b"a key for tests"
NOTE = f"Rang from 07700 900 105; call {NUMBER} back"


class FakeArchivist:
    """Kafka has nothing that the archive lacks."""

    async def turn(self, *, at_once: bool = False) -> None:
        assert at_once


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """With copies and remains of all kinds, and words in which the person is named."""
    folder = lived_in(tmp_path_factory.mktemp("installation"))
    store = folder / "test.duckdb"
    with duckdb.connect(str(store)) as changed:
        keep_to(changed, HASH_KEY)
        changed.execute("UPDATE inbound SET text = ?", [NOTE])
        changed.execute("UPDATE report SET external_id = ? WHERE account = 'acme'", [NUMBER])
        changed.execute("UPDATE suppression SET note = 'Asked by letter'")
    (folder / "snapshots").mkdir()
    copy(store, folder / "snapshots" / "20261121T100000000000Z-1.duckdb")
    copy(store, folder / "test.duckdb.damaged-20261121T100000000000Z")
    (folder / "exports" / "one").mkdir()
    (folder / "exports" / "one" / "inbound.csv.gz").write_bytes(gzip.compress(NOTE.encode()))
    (folder / "logs").mkdir()
    (folder / "logs" / "api.log").write_text('{"event":"sent","recipient":"+44*******05"}\n')
    return folder


@pytest.fixture(scope="module")
def after(before, tmp_path_factory) -> tuple[Path, Erased]:
    """The same without the person, and what was told of it."""
    folder = Path(copytree(before, tmp_path_factory.mktemp("erased") / "installation"))
    return folder, asyncio.run(eraser_of(folder, NUMBER).erase(FakeArchivist()))


@pytest.fixture(scope="module")
def erased(after) -> Path:
    return after[0]


@pytest.fixture
def folder(before, tmp_path) -> Path:
    """To be changed by one test."""
    return Path(copytree(before, tmp_path / "installation"))


def eraser_of(folder: Path, person: str, *, hash_key: bytes = HASH_KEY, **wishes: bool) -> Eraser:
    settings = Settings(
        data_dir=folder, store=StoreSettings(path=Path("test.duckdb")), kafka=KafkaSettings(topic_prefix="test-")
    )
    return Eraser(settings, FixedClock(NOW), person, hash_key=hash_key, **wishes)


def ask(folder: Path, sql: str) -> list:
    with duckdb.connect(str(folder / "test.duckdb"), read_only=True) as store:
        return store.sql(sql).fetchall()


def test_nothing_is_left_to_read_anywhere(before, erased):
    readable = {name for name, content in contents(before).items() if spelled(content)}
    left = {name for name, content in contents(erased).items() if spelled(content)}

    assert {name.split("/")[0] for name in readable} >= {"opened", "test.duckdb", "snapshots"}
    assert left == set()
    assert eraser_of(erased, NUMBER).still_readable() == []


def test_the_proof_finds_what_is_there_before(before):
    found = {place.removeprefix(f"{before}/") for place in eraser_of(before, NUMBER).still_readable()}

    assert found == {
        "archive/callbacks/day=2026-11-21/000000000.parquet",
        "exports/one/inbound.csv.gz",
        *(
            f"{store}: {column}"
            for store in (
                "snapshots/20261121T100000000000Z-1.duckdb",
                "test.duckdb",
                "test.duckdb.damaged-20261121T100000000000Z",
            )
            for column in ("dead_letter.body", "inbound.text", "report.external_id")
        ),
    }


def test_the_file_of_the_store_has_no_remains(erased):
    """DuckDB leaves what was changed in its place until other rows need it."""
    files = [path for path in erased.rglob("*") if path.is_file()]

    assert not [path for path in files if spelled(path.read_bytes())]
    assert len([path for path in files if path.suffix == ".duckdb"]) == 2
    assert not [path for path in files if "damaged" in path.name or "renewed" in path.name]


def test_the_others_are_all_there(before, erased):
    assert ask(erased, COUNTED) == ask(before, COUNTED)
    assert ask(erased, OF_OTHERS) == ask(before, OF_OTHERS)
    assert list(wrong(erased / "archive" / "callbacks")) == []


COUNTED = """
    SELECT 'report', count(*), count(DISTINCT recipient_hash) FROM report
    UNION ALL SELECT 'inbound', count(*), count(DISTINCT author_hash) FROM inbound
    UNION ALL SELECT 'plan', count(*), count(DISTINCT recipient_hash) FROM plan
    UNION ALL SELECT 'command', count(*), count(DISTINCT recipient_hash) FROM command
    UNION ALL SELECT 'session_word', count(*), count(DISTINCT recipient_hash) FROM session_word
    UNION ALL SELECT 'dead_letter', count(*), 0 FROM dead_letter
    UNION ALL SELECT 'offsets', count(*), sum(next_offset) FROM offsets
    UNION ALL SELECT 'schema_version', count(*), max(step) FROM schema_version
    ORDER BY ALL
"""
OF_OTHERS = f"SELECT * FROM report WHERE recipient_hash = {HASHED(GLOBEX.person)} ORDER BY ALL"


def test_of_a_batch_the_others_stay(erased):
    (path,) = (erased / "archive").rglob("*.parquet")
    bodies = [record.value for rows in groups_of(path) for record in records_of(rows)]

    assert bodies == [
        f'{{"results":[{{"to":"+440000000000","id":"1"}},{{"to":"{GLOBEX.person}","id":"2"}}]}}'.encode(),
        b"{}",
    ]


def test_the_rows_have_a_pseudonym_that_the_number_does_not_lead_to(erased):
    asked = "SELECT {0} FROM {1} WHERE {0} IS NOT NULL"
    tables = ("report", "registration", "plan", "command", "session_word")
    people = [asked.format("recipient_hash", table) for table in tables] + [asked.format("author_hash", "inbound")]
    found = ask(erased, " UNION ".join(people))

    assert (HASHED(GLOBEX.person),) in found
    assert (HASHED(ACME.person),) not in found
    assert len(found) == 2


def test_who_does_not_want_to_be_written_to_stays_on_the_list_without_words(erased):
    asked = f"SELECT note FROM suppression WHERE recipient_hash = {HASHED(ACME.person)}"

    assert ask(erased, asked) == [(None,)]


def test_what_is_told_is_what_was_done(after):
    _, told = after

    assert told.archive == {"callbacks": 1}
    assert told.store.rows["inbound"] == 1
    assert told.store.cells == {"dead_letter.body": 1, "inbound.text": 1, "report.external_id": 3}
    assert (told.copies_removed, told.exports_removed) == (2, 3)


def test_a_look_changes_nothing_and_tells_the_same(after, folder):
    kept = contents(folder)
    looked = eraser_of(folder, NUMBER).look()

    assert contents(folder) == kept
    assert looked == replace(after[1], copies_removed=0, exports_removed=0)


async def test_words_of_the_person_go_whether_they_name_anybody_or_not_and_a_wish_when_told(folder):
    with duckdb.connect(str(folder / "test.duckdb")) as store:
        store.execute("UPDATE inbound SET text = 'I live in the green house'")
    await eraser_of(folder, NUMBER, wishes_too=True).erase(FakeArchivist())

    assert sorted(ask(folder, "SELECT text FROM inbound"), key=str) == [("I live in the green house",), (None,)]
    assert ask(folder, f"SELECT 1 FROM suppression WHERE recipient_hash = {HASHED(ACME.person)}") == []


@pytest.mark.long
async def test_erased_once_more_there_is_nothing_to_do_and_copies_of_the_archive_are_noise(before, folder):
    (path,) = (before / "archive").rglob("*.parquet")
    first = await eraser_of(folder, NUMBER).erase(FakeArchivist())
    copy(path, folder / "archive" / "callbacks" / "day=2026-11-21" / "000000777.parquet")
    again = await eraser_of(folder, NUMBER).erase(FakeArchivist())

    assert (first.archive, again.archive) == ({"callbacks": 1}, {"callbacks": 0})
    assert (again.store.rows, again.store.cells) == ({"suppression": 1}, {})
    assert eraser_of(folder, NUMBER).still_readable() == []


async def test_nothing_is_done_while_somebody_has_the_store(folder):
    kept = {name: content for name, content in contents(folder).items() if "duckdb" not in name}
    with held_elsewhere(folder / "test.duckdb"), pytest.raises(StoreUnavailable):
        await eraser_of(folder, NUMBER).erase(FakeArchivist())

    assert {name: content for name, content in contents(folder).items() if "duckdb" not in name} == kept


def test_by_another_key_nobody_would_be_found_so_nothing_is_begun(folder):
    kept = contents(folder)
    with pytest.raises(ConfigurationInvalid, match="by another key"):
        asyncio.run(eraser_of(folder, NUMBER, hash_key=b"a key of elsewhere").erase(FakeArchivist()))

    assert contents(folder) == kept


def test_the_proof_finds_what_stands_where_two_pieces_of_a_file_meet(tmp_path, monkeypatch):
    monkeypatch.setattr(scan, "PIECE", 16)
    (tmp_path / "some.log").write_text(f"0123456789 {NUMBER} 0123456789")

    assert list(scan.readable([tmp_path], Spelling(NUMBER))) == [str(tmp_path / "some.log")]
    assert list(scan.readable([tmp_path], Spelling(NUMBER), apart=[tmp_path])) == []
