"""The rows of the store without a person: another pseudonym, which nobody can come to by the number, and no words."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from analytics.erasure.spelling import Spelling
from analytics.store.database import Connection

WORDS = {
    "inbound": (
        *("text", "media_url", "tracking", "reply_id", "external_id"),
        *("tracking_number", "reply_id_number", "external_id_number"),
    ),
    "report": ("description",),
    "suppression": ("note",),
}
"""What people wrote, or others about them, in rows that have their pseudonym."""
WISHES = "suppression"
"""Who must not be written to; a list by pseudonym, which may outlive the person."""
TEXTS = ("VARCHAR", "BLOB")
NAMES = ("root_id", "provider_message_id", "external_id")
"""Names of attempts, kept besides as numbers by which they are found,"""
NAMED = ("report", "registration")
"""as these tell them, and their recipients with them."""
NUMBERED = ("reply_to", "reply_id", "tracking", "external_id")
"""What people's messages name, which stands beside it as a number."""


class Column(NamedTuple):
    table: str
    name: str
    kind: str


class Forgotten(NamedTuple):
    """How many rows were about the person, by table, and in how many cells of which column the person stood."""

    rows: dict[str, int]
    cells: dict[str, int]


def places_of(connection: Connection, pseudonym: int) -> frozenset[tuple[int, int]]:
    """The callbacks from which something about the person was made."""
    columns = list(columns_of(connection))
    caused = {one.table for one in columns if one.name == "cause_partition"}
    found: set[tuple[int, int]] = set()
    for column in columns:
        if is_pseudonym(column) and column.table in caused:
            sql = f'SELECT DISTINCT cause_partition, cause_offset FROM "{column.table}" WHERE "{column.name}" = ?'  # noqa: S608  # names of our own tables
            found.update(connection.execute(sql, [pseudonym]).fetchall())
    return frozenset(found)


@dataclass(frozen=True)
class Forgetting:
    """One person, to be taken out of the rows of a store; nothing is done before somebody commits."""

    spelling: Spelling
    pseudonym: int
    wishes_too: bool

    def run(self, connection: Connection) -> Forgotten:
        """What was changed, in the transaction that runs."""
        return Forgotten(self._forget_rows(connection), _blank_cells(connection, self.spelling))

    def _forget_rows(self, connection: Connection) -> dict[str, int]:
        _clear_notes(connection, self.pseudonym)
        another = secrets.randbits(64)
        counts: dict[str, int] = {}
        for table, name, _ in filter(is_pseudonym, list(columns_of(connection))):
            changes = [f'"{word}" = NULL' for word in WORDS.get(table, ())]
            changes += [f'"{name}" = {another}'] if table != WISHES or self.wishes_too else []
            sql = f'UPDATE "{table}" SET {", ".join(changes)} WHERE "{name}" = ?'  # noqa: S608  # names of our own tables
            ((count,),) = connection.execute(sql, [self.pseudonym]).fetchall()
            counts |= {table: count} if count else {}
            if table in NAMED:
                _rename(
                    connection, f'"{table}" WHERE "{name}" = $of', another, "person_hash", (self.pseudonym, another)
                )
        return counts


def columns_of(connection: Connection) -> Iterator[Column]:
    """All columns of all tables."""
    sql = (
        "SELECT c.table_name, c.column_name, c.data_type FROM duckdb_columns() c "
        "JOIN duckdb_tables() t USING (database_name, schema_name, table_name) "
        "WHERE NOT t.temporary AND c.database_name = current_database() ORDER BY ALL"
    )
    yield from (Column(*row) for row in connection.execute(sql).fetchall())


def is_pseudonym(column: Column) -> bool:
    return column.kind == "UBIGINT" and column.name.endswith("_hash")


def columns_with(connection: Connection, spelling: Spelling) -> list[Column]:
    """The columns in which the person may stand; each table is read once."""
    found: list[Column] = []
    for table, columns in groupby(columns_of(connection), key=attrgetter("table")):
        if connection.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() is None:  # noqa: S608  # names of our own tables
            continue  # to plan the question below takes far longer than to see that there is nobody to ask
        asked = list(columns)
        counts = ", ".join(f'count_if(regexp_matches("{column.name}"::VARCHAR, $1))' for column in asked)
        (told,) = connection.execute(f'SELECT {counts} FROM "{table}"', [spelling.hint]).fetchall()  # noqa: S608  # names of our own tables
        found += [column for column, count in zip(asked, told, strict=True) if count]
    return found


def cells_with(connection: Connection, column: Column, spelling: Spelling) -> Iterator[tuple[int, object]]:
    """The row numbers and contents of cells in which the person stands."""
    sql = f'SELECT rowid, "{column.name}" FROM "{column.table}" WHERE regexp_matches("{column.name}"::VARCHAR, ?)'  # noqa: S608  # names of our own tables
    for row, content in connection.execute(sql, [spelling.hint]).fetchall():
        if spelling.stands_in(_bytes(content)):
            yield row, content


def _clear_notes(connection: Connection, pseudonym: int) -> None:
    """Notes on sends, whose rows do not name the person."""
    connection.execute(
        "UPDATE outcome SET note = NULL WHERE note IS NOT NULL AND message_id IN "
        "(SELECT message_id FROM command WHERE recipient_hash = ? UNION SELECT message_id FROM plan "
        "WHERE recipient_hash = ?)",
        [pseudonym, pseudonym],
    ).fetchall()


def _blank_cells(connection: Connection, spelling: Spelling) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column in [one for one in columns_with(connection, spelling) if one.kind in TEXTS]:
        found = list(cells_with(connection, column, spelling))
        for row, content in found:
            blanked = spelling.blanked(_bytes(content))
            sql = f'UPDATE "{column.table}" SET "{column.name}" = ? WHERE rowid = ?'  # noqa: S608  # names of our own tables
            value = blanked if isinstance(content, bytes) else blanked.decode("utf-8", "surrogatepass")
            connection.execute(sql, [value, row]).fetchall()
            if column.table == "inbound" and column.name in NUMBERED:
                sql = f"UPDATE inbound SET {column.name}_number = name_hash({column.name}) WHERE rowid = ?"  # noqa: S608  # names of our own tables
                connection.execute(sql, [row]).fetchall()
            if column.table in NAMED and column.name in NAMES:
                _rename(connection, f'"{column.table}" WHERE rowid = $of', row, "name_hash", (content, value))
        counts |= {f"{column.table}.{column.name}": len(found)} if found else {}
    return counts


def _rename(connection: Connection, rows: str, of: object, number: str, names: tuple[object, object]) -> None:
    """Let attempts that facts tell of be found by the second of the names, and no more by the first."""
    old, new = names
    sql = (
        f"UPDATE attempt_name SET name_hash = {number}($new) WHERE name_hash = {number}($old) "  # noqa: S608  # names of our own tables
        f"AND first_tick IN (SELECT tick_of(attempt_id) FROM {rows})"
    )
    connection.execute(sql, {"new": new, "old": old, "of": of}).fetchall()


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogatepass")
