"""Whether an export is what its manifest says: for whoever has received one."""

import csv
import gzip
import hashlib
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from analytics.exports.columns import SCHEMA_VERSION
from analytics.exports.manifest import NAME, File, Manifest, load
from analytics.exports.order import Format
from contracts.errors import ExportDamaged

FETCH_AGAIN = "fetch it again"

UNREADABLE = (pa.ArrowException, OSError, EOFError, zlib.error, csv.Error, msgspec.MsgspecError, UnicodeDecodeError)

_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def wrong(place: Path) -> Iterator[str]:
    """What is wrong with the export in the folder `place`, or with the manifest of that name, in words.

    Raises `ExportDamaged` when there is no telling.
    """
    path = place / NAME if place.is_dir() else place
    manifest = load(path)
    if manifest.schema_version > SCHEMA_VERSION:
        yield f"{path.name}: is of schema version {manifest.schema_version}; verify it with a newer Tidings"
        return
    if sum(file.rows for file in manifest.files) != manifest.rows:
        yield f"{path.name}: its files have not the {manifest.rows} rows that it tells of; {FETCH_AGAIN}"
    for file in manifest.files:
        if found := _wrong_file(path.parent, file, manifest):
            yield f"{file.name}: {found}"


def _wrong_file(directory: Path, file: File, manifest: Manifest) -> str:
    if Path(file.name).name != file.name:
        return "lies elsewhere, which no manifest of ours tells"
    path = directory / file.name
    try:
        if path.stat().st_size != file.bytes or _digest(path) != file.sha256:
            return f"is not the file that was written; {FETCH_AGAIN}"
        rows = _counted(path, manifest)
    except FileNotFoundError:
        return f"is missing; {FETCH_AGAIN}"
    except ExportDamaged as exc:
        return str(exc)
    except UNREADABLE as exc:
        return f"cannot be read: {exc}"
    return "" if rows == file.rows else f"has {rows} rows, the manifest says {file.rows}"


def _counted(path: Path, manifest: Manifest) -> int:
    """How many rows there are; raises `ExportDamaged` when one has not the columns of the manifest."""
    names = [column.name for column in manifest.columns]
    match manifest.format:
        case Format.PARQUET:
            with pq.ParquetFile(path) as file:
                _require_schema(file.schema_arrow, manifest)
                return sum(batch.num_rows for batch in file.iter_batches())
        case Format.ARROW:
            with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as file:
                _require_schema(file.schema, manifest)
                return sum(file.get_batch(number).num_rows for number in range(file.num_record_batches))
        case Format.CSV:
            return _counted_csv(path, names)
        case Format.NDJSON:
            return _counted_ndjson(path, names)


def _counted_csv(path: Path, names: list[str]) -> int:
    csv.field_size_limit(sys.maxsize)  # else a long text would be told as damage
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        lines = csv.reader(file, strict=True)
        _require_columns(next(lines, []), names)
        count = 0
        for count, cells in enumerate(lines, 1):
            if len(cells) != len(names):
                raise ExportDamaged(f"row {count} has {len(cells)} cells, the manifest has {len(names)} columns")
        return count


def _counted_ndjson(path: Path, names: list[str]) -> int:
    with gzip.open(path, "rb") as file:
        count = 0
        for line in file:
            _require_columns(list(_object(line)), names)
            count += 1
        return count


def _require_schema(schema: pa.Schema, manifest: Manifest) -> None:
    told = [f"{column.name} {column.type}" for column in manifest.columns]
    _require_columns([f"{field.name} {field.type}" for field in schema], told)


def _require_columns(found: Sequence[str], told: Sequence[str]) -> None:
    if list(found) != list(told):
        raise ExportDamaged(f"has the columns {', '.join(found)}; the manifest has {', '.join(told)}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
