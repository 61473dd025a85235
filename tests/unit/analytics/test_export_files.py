"""The files themselves: cells that are no formulas, and what their manifest proves."""

import gzip
import io
import json
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.exports.columns import TABLES, What
from analytics.exports.formats import PENS
from analytics.exports.lines import for_csv, for_ndjson
from analytics.exports.manifest import NAME
from analytics.exports.order import Format, Split, Wanted
from analytics.exports.verification import wrong
from contracts.errors import ExportDamaged
from runtime.exits import Exit
from tests.support.exporting import exported, exporter_of
from tidings.exports import verify_export

FORMULAS = [
    "=1+1",
    "+44 7700 900105",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    "\uff1d1",
    "'quoted",
    "=cmd|' /C calc'!A0",
]
HARMLESS = ["", "Shop", "1=1", "a@b", " =1", "\u00e9"]


def batch(*texts: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})


@pytest.mark.parametrize("text", FORMULAS)
def test_a_spreadsheet_takes_no_text_for_a_formula(text):
    (cell,) = for_csv(batch(text)).column("text").to_pylist()

    assert cell == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_as_they_are(text):
    assert for_csv(batch(text)).column("text").to_pylist() == [text]


def test_whoever_takes_the_apostrophe_away_has_what_was_meant():
    cells = for_csv(batch(*FORMULAS, *HARMLESS)).column("text").to_pylist()

    assert [cell.removeprefix("'") for cell in cells] == [*FORMULAS, *HARMLESS]


@pytest.mark.parametrize("form", [Format.PARQUET, Format.ARROW])
def test_what_lies_under_a_null_is_in_no_file(form):
    """It is whatever the memory held, so the same rows would be other bytes each time."""
    table = TABLES[What.REPORTS]
    files = []
    for under_null in (0, 1_700_000_000):
        nothing = [pa.nulls(2, kind) for kind, _ in table.columns.values()]
        values = pa.py_buffer(struct.pack("<qq", 7, under_null))
        nothing[table.schema.names.index("latency_ms")] = pa.Array.from_buffers(
            pa.int64(), 2, [pa.py_buffer(b"\x01"), values]
        )
        pen = PENS[form](file := io.BytesIO(), table)
        pen.write(pa.RecordBatch.from_arrays(nothing, schema=table.schema))
        pen.close()
        files.append(file.getvalue())

    assert files[0] == files[1]


def test_numbers_stay_numbers():
    numbers = pa.RecordBatch.from_pydict({"latency_ms": pa.array([-5, None], pa.int64())})

    assert for_csv(numbers).column("latency_ms").to_pylist() == [-5, None]


@pytest.mark.parametrize("text", [*FORMULAS, *HARMLESS, '"', "\\", "\x00", "\u2028", None])
def test_every_text_is_one_line_of_json(text):
    written = for_ndjson(batch(text, text))

    assert [json.loads(line) for line in written.splitlines()] == [{"text": text}] * 2


@pytest.fixture
async def made(database, reader, writer, line, tmp_path):
    """A function that makes an export in a format, and has its folder."""
    for of in "abc":
        line.report("sent", of=of, at_s=ord(of) * 10_000, sender="=cmd()", campaign="two\r\nlines")
    writer.write(writer.prepare(writer.resume(), line.fetch()))

    async def make(form: Format = Format.PARQUET, split: Split = Split.NONE):
        directory = tmp_path / f"{form}-{split}"
        await exported(exporter_of(database, reader), directory, Wanted(what=What.REPORTS), form=form, split=split)
        return directory

    return make


class TestProof:
    @pytest.mark.parametrize("split", Split)
    @pytest.mark.parametrize("form", Format)
    async def test_an_export_that_is_whole_is_found_so(self, made, form, split):
        directory = await made(form, split)

        assert list(wrong(directory)) == []
        assert list(wrong(directory / NAME)) == []

    @pytest.mark.parametrize("form", Format)
    async def test_a_byte_that_changed_is_found(self, made, form):
        directory = await made(form)
        (path,) = directory.glob("reports*")
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

        assert list(wrong(directory)) == [f"{path.name}: is not the file that was written; fetch it again"]

    async def test_a_missing_file_is_found(self, made):
        directory = await made()
        (directory / "reports.parquet").unlink()

        assert list(wrong(directory)) == ["reports.parquet: is missing; fetch it again"]

    @pytest.mark.parametrize(
        ("member", "value", "said"),
        [
            pytest.param("rows", 4, "have not the 4 rows", id="another count"),
            pytest.param("columns", [], "has the columns", id="other columns"),
            pytest.param("schema_version", 99, "newer Tidings", id="a later version"),
        ],
    )
    @pytest.mark.parametrize("form", Format)
    async def test_a_manifest_of_something_else_is_found(self, made, form, member, value, said):
        directory = await made(form)
        told = json.loads((directory / NAME).read_bytes())
        (directory / NAME).write_text(json.dumps(told | {member: value}))

        assert any(said in found for found in wrong(directory))

    async def test_a_count_of_one_file_that_is_wrong_is_found(self, made):
        directory = await made(Format.NDJSON)
        told = json.loads((directory / NAME).read_bytes())
        told["files"][0]["rows"] = told["rows"] = 2
        (directory / NAME).write_text(json.dumps(told))

        assert list(wrong(directory)) == ["reports.ndjson.gz: has 3 rows, the manifest says 2"]

    async def test_a_manifest_cannot_point_elsewhere(self, made):
        directory = await made()
        told = json.loads((directory / NAME).read_bytes())
        told["files"][0]["name"] = "../reports.parquet"
        (directory / NAME).write_text(json.dumps(told))

        assert "lies elsewhere" in next(wrong(directory))

    @pytest.mark.parametrize("spoilt", [b"", b"{", b'{"rows": 1}'])
    def test_without_a_manifest_there_is_no_telling(self, tmp_path, spoilt):
        (tmp_path / NAME).write_bytes(spoilt)

        with pytest.raises(ExportDamaged, match="Fetch it again"):
            list(wrong(tmp_path))

    async def test_the_command_says_it_with_its_status(self, made, capsys):
        directory = await made()
        done = verify_export(directory, as_json=False)
        (directory / "reports.parquet").unlink()
        failed = verify_export(directory, as_json=True)

        assert (done, failed) == (Exit.DONE, Exit.FAILED)
        assert json.loads(capsys.readouterr().out) == {"wrong": ["reports.parquet: is missing; fetch it again"]}


async def test_parquet_is_compressed_with_zstd_and_says_how_it_is_sorted(made):
    group = pq.ParquetFile((await made()) / "reports.parquet").metadata.row_group(0)

    assert group.column(0).compression == "ZSTD"
    assert [column.column_index for column in group.sorting_columns] == [1, 36, 37]


async def test_lines_of_csv_end_as_rfc_4180_has_it(made):
    text = gzip.decompress(((await made(Format.CSV)) / "reports.csv.gz").read_bytes())

    assert text.count(b"\r\n") == 1 + 3 * 2
    assert text.startswith(b"event_id,attempt_id,")
