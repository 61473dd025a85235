"""docs/exports.md: its programs fetch, prove and merge real exports, and its tables are those of the code."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import uvicorn

from analytics.asking.reader import Reader
from analytics.exports.columns import TABLES, What
from analytics.exports.manifest import Manifest
from analytics.exports.order import Format
from analytics.freshness import Skyline
from analytics.sink.columns import hasher
from analytics.sink.writer import Writer
from analytics.store.database import Database
from analytics.upkeep.upkeep import Upkeep
from api.admission.keys import Scope
from api.application import create_app
from api.exports.desk import ExportDesk
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import ExportSettings, StoreSettings
from tests.support.exporting import exporter_of
from tests.support.store_line import Line
from tests.unit.api.fakes import make_parts

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "exports.md").read_text("utf-8")
BI = (DOCS / "bi.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:8000"
WHOLE = {"what": "messages", "status": "!unknown"}


def programs() -> dict[str, str]:
    """The Python of both pages by the name in its first line, or by its purpose."""
    found = re.findall(r"```python\n# (.+?)\n(.*?)```", PAGE + BI, re.DOTALL)
    return {title.partition(":")[0]: f"# {title}\n{text}" for title, text in found}


def shells() -> list[str]:
    return re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def first_column(heading: str) -> list[str]:
    """The names in the table that begins with `heading`."""
    table = PAGE[PAGE.index(f"| {heading} |") :].split("\n\n")[0]
    return [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]


class House:
    """A store that is written to, and an address that exports from it."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.address = directory, f"http://127.0.0.1:{port}"
        self.line = Line()
        self.database = Database(directory / "test.duckdb", StoreSettings())
        self.database.open()
        self.reader = Reader(self.database, Skyline(), SystemClock(), threads=1, limit_s=30)
        connection = self.database.cursor()
        self.writer = Writer(connection, hasher(b"a key for tests"), Upkeep(connection, Skyline()), seen_days=3)
        self._server: uvicorn.Server | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(port)), daemon=True)

    def start(self) -> None:
        self._thread.start()
        while not (self._server and self._server.started):
            assert self._thread.is_alive()
            threading.Event().wait(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.reader.close()
        self.writer.close()
        self.database.close()

    def store(self) -> None:
        self.writer.write(self.writer.prepare(self.writer.resume(), self.line.fetch()))

    def truth(self) -> dict[str, tuple[str, int]]:
        """By attempt where it stands and how many reports there were, counted without the questions of exports."""
        states: dict[str, tuple[str, int]] = {}
        for told in self.line.told:
            reports = states.get(told.attempt_id, ("", 0))[1] + (told.report is not None)
            states[told.attempt_id] = (told.status, reports)
        return states

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.directory, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def program(self, name: str, *arguments: str) -> str:
        return self.run(sys.executable, "-W", "error", "-c", programs()[name], *arguments)

    def fetch(self, folder: str, **order: object) -> str:
        return self.program("fetch_export.py", json.dumps(WHOLE | order), folder).strip()

    async def _serve(self, port: int) -> None:
        settings = ExportSettings()
        desk = ExportDesk(exporter_of(self.database, self.reader), settings, self.directory, SystemClock())
        parts = make_parts(self.directory, exports=desk)
        _, key = parts.ring.create(SystemClock(), name="docs", scopes=[Scope.EXPORT])
        self.environment = os.environ | {"KEY": key, "TIDINGS": self.address}
        self.environment["PATH"] = f"{Path(sys.executable).parent}:{self.environment['PATH']}"
        desk.start()
        config = uvicorn.Config(create_app(parts), port=port, log_config=None, lifespan="off")
        self._server = uvicorn.Server(config)
        await self._server.serve()
        await desk.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, free_port())
    for number, said in enumerate(("sent", "delivered", "seen", "failed")):
        made.line.report("accepted", of=f"root-{number}", connection="observed", country="GB", at_s=number)
        made.line.report(said, of=f"root-{number}", connection="observed", country="GB", at_s=number + 0.5)
    made.store()
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("form", Format)
def test_what_is_fetched_is_proven_by_a_program_of_nobody_of_us_and_equals_the_store(house, form):
    house.fetch("export-1", format=form)
    told = house.program("verify_export.py", "export-1")
    rows = _rows(house.directory / "export-1", form)

    assert told.startswith("4 rows as of ")
    assert rows == house.truth()


def test_what_was_changed_on_the_way_is_found_by_it(house):
    house.fetch("export-1")
    path = house.directory / "export-1" / "messages.parquet"
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(AssertionError, match="has another size"):
        house.program("verify_export.py", "export-1")


def test_exports_that_are_merged_as_the_page_says_equal_the_store(house):
    token = house.fetch("export-1")
    house.program("merge_exports.py", "warehouse.duckdb", "export-1")
    house.line.report("delivered", of="root-0", connection="observed", at_s=60)
    house.line.report("sent", of="root-9", connection="observed", at_s=61)
    house.store()
    house.fetch("export-2", changed_since=token)
    house.program("merge_exports.py", "warehouse.duckdb", "export-2")
    with duckdb.connect(house.directory / "warehouse.duckdb") as warehouse:
        rows = warehouse.execute("SELECT attempt_id, status, report_count FROM messages").fetchall()

    assert {attempt: (status, count) for attempt, status, count in rows} == house.truth()


def test_the_shell_lines_and_the_short_programs_do_what_they_say(house):
    house.fetch("export-1")
    order, verify, direct = (text.replace(ADDRESS, house.address) for text in shells())

    assert json.loads(house.run("sh", "-c", order))["state"] in {"queued", "running", "done"}
    assert house.run("sh", "-c", verify) == ""
    assert house.run("sh", "-c", direct) == ""
    assert len((house.directory / "now.csv").read_text().splitlines()) == 1 + 4
    assert "infobip" in house.program("with DuckDB")
    assert "delivered" in house.program("with Arrow")


@pytest.mark.parametrize(("tool", "needs"), [("DuckDB", "duckdb"), ("pandas", "pandas"), ("polars", "polars")])
def test_other_tools_read_what_the_page_fetches(house, tool, needs):
    pytest.importorskip(needs, reason="`make docs` brings it")
    [order] = re.findall(r"^\$ python fetch_export\.py '(.+)' export-1$", BI, re.MULTILINE)
    house.program("fetch_export.py", order, "export-1")

    assert "infobip" in house.program(tool)


@pytest.mark.parametrize("what", What)
def test_the_page_has_the_columns_as_the_code_has_them(what):
    rows = [f"| `{name}` | {kind} | {meaning} |" for name, (kind, meaning) in TABLES[what].columns.items()]

    assert "\n".join(rows) in PAGE


def test_the_page_tells_of_every_member_of_a_manifest():
    plain = {"what", "format", "split", "made_at", "rows", "bytes"}

    assert set(first_column("member of the manifest")) == set(Manifest.__struct_fields__) - plain


def test_the_page_names_every_format_and_table():
    assert all(f"`{word}`" in PAGE for word in (*Format, *What))


def _rows(folder: Path, form: Format) -> dict[str, tuple[str, int]]:
    found = duckdb.sql(f"SELECT attempt_id, status, report_count FROM {_readable(folder, form)}").fetchall()
    return {str(attempt): (status, int(count)) for attempt, status, count in found}


def _readable(folder: Path, form: Format) -> str:
    if form is Format.ARROW:
        duckdb.register("arrow_rows", pa.ipc.open_file(folder / "messages.arrow").read_all())
        return "arrow_rows"
    endings = {Format.PARQUET: "parquet", Format.CSV: "csv.gz", Format.NDJSON: "ndjson.gz"}
    readers = {Format.PARQUET: "read_parquet", Format.CSV: "read_csv", Format.NDJSON: "read_json"}
    return f"{readers[form]}('{folder}/messages.{endings[form]}')"
