"""Rows as text, a column at a time: CSV that no spreadsheet takes for formulas, and JSON lines."""

from collections.abc import Callable

import msgspec
import pyarrow as pa

from analytics import compute as pc

MOMENT = "%Y-%m-%dT%H:%M:%SZ"
"""Arrow writes the fraction of a second with the seconds."""
FORMULA = r"^[=+\-@\t\r\n'\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
"""A spreadsheet may run what begins so, in full width too (OWASP, "CSV Injection"). An apostrophe before it makes it
text; texts that begin with one get another, so that whoever takes the first away has what was meant."""

_json = msgspec.json.encode


def for_csv(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows with times in ISO 8601 and texts that are no formulas."""
    return pa.RecordBatch.from_arrays([_cell(column) for column in batch.columns], names=batch.schema.names)


def for_ndjson(batch: pa.RecordBatch) -> bytes:
    """A JSON object for each row, each with its line's end."""
    if not batch.num_rows:
        return b""
    pieces: list[pa.Array | str] = []
    for index, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        pieces += [f"{',' if index else '{'}{_json(name).decode()}:", _literal(column)]
    lines = pc.binary_join_element_wise(*pieces, "}\n", "")
    joined: bytes = b"".join(lines.cast(pa.binary()).to_pylist())
    return joined


def _cell(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, MOMENT)
    if not pa.types.is_string(column.type):
        return column
    is_formula = pc.fill_null(pc.match_substring_regex(column, FORMULA), fill_value=False)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)


def _literal(column: pa.Array) -> pa.Array:
    """Each value as JSON has it; decimals are texts, because most readers make floats of numbers."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _each(pc.strftime(column, MOMENT), lambda text: f'"{text}"')
    if pa.types.is_decimal(kind):
        return _each(column.cast(pa.string()), lambda text: f'"{text}"')
    if pa.types.is_string(kind):
        return _each(column, lambda text: _json(text).decode())
    return pc.fill_null(column.cast(pa.string()), "null")


def _each(column: pa.Array, written: Callable[[str], str]) -> pa.Array:
    """What `written` makes of each value, found once for equal ones; null where there is none."""
    coded = column.dictionary_encode()
    words = pa.array([written(text) for text in coded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(words.take(coded.indices), "null")
