"""What an export says of itself, so that whoever has it can tell that it is whole."""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from analytics.exports.columns import SCHEMA_VERSION
from analytics.exports.order import Format, Order, Places, Split, Wanted
from analytics.freshness import Positions
from contracts.errors import ExportDamaged
from runtime.durable import replace

NAME = "manifest.json"


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file beside the manifest."""

    name: str
    rows: int
    bytes: int
    sha256: str


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column, in the order of the files."""

    name: str
    type: str
    """As Arrow calls it; in CSV and NDJSON times are ISO 8601 in UTC and decimals are texts."""
    meaning: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One export. A file that is not named here is no part of it."""

    what: str
    format: Format
    split: Split
    schema_version: int = SCHEMA_VERSION
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sorted_by: tuple[str, ...]
    rows_are: Literal["added", "replaced"]
    """`replaced`: a row takes the place of one of an earlier export with the same key."""
    accounts: tuple[str, ...] | None
    filter: dict[str, Any]
    is_continuation: bool
    """Whether it has only what changed since the places in `since`."""
    since: Positions | None
    watermark: Positions
    """Of each topic and partition, the offset up to which records are in the rows."""
    as_of: datetime | None
    forgotten_before: datetime | None = None
    """What was first heard of or received before had been dropped when it was ordered; null when nothing had."""
    made_at: datetime
    rows: int
    bytes: int
    files: tuple[File, ...]
    token: str
    """`changed_since` of the next export."""


_decode = msgspec.json.Decoder(Manifest).decode


def manifest_of(order: Order, files: list[File], *, made_at: datetime, token: str) -> Manifest:
    """What to say of `files`, which are what was ordered."""
    table = order.wanted.table
    return Manifest(
        what=order.wanted.what,
        format=order.format,
        split=order.split,
        columns=tuple(
            Column(name=name, type=str(kind), meaning=meaning) for name, (kind, meaning) in table.columns.items()
        ),
        key=table.key,
        sorted_by=table.sorted_by,
        rows_are="replaced" if table.replaces else "added",
        accounts=order.wanted.accounts,
        filter=filter_of(order.wanted),
        is_continuation=order.since is not None,
        since=None if order.since is None else _positions(order.since),
        watermark=_positions(order.until),
        as_of=order.as_of,
        forgotten_before=order.forgotten_before,
        made_at=made_at,
        rows=sum(file.rows for file in files),
        bytes=sum(file.bytes for file in files),
        files=tuple(files),
        token=token,
    )


def filter_of(wanted: Wanted) -> dict[str, Any]:
    """What was asked for, without what was left open."""
    span = {"from": wanted.from_, "to": wanted.to}
    return {name: moment for name, moment in span.items() if moment is not None} | {
        by.value: list(texts) for by, texts in wanted.filters.items()
    }


def _positions(places: Places) -> Positions:
    return {topic: dict(enumerate(offsets)) for topic, offsets in places.items()}


def load(path: Path) -> Manifest:
    """The manifest in the file `path`; raises `ExportDamaged` when it cannot be read."""
    try:
        return _decode(path.read_bytes())
    except (msgspec.MsgspecError, OSError) as exc:
        raise ExportDamaged(f"{path} is no manifest of an export: {exc}. Fetch it again") from exc


def rendered(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def save(directory: Path, manifest: Manifest) -> None:
    """Put it in place, last of all: from now on the export is there, and whole."""
    replace(directory / NAME, rendered(manifest))
