"""Archived records without a person."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Protocol

import pyarrow as pa

from analytics.archive.rows import records_of, table_of
from contracts.archived import Archived

BLANKED = ("blanked", b"1")
"""The header of records that are not as they came any more."""
SAID = frozenset({"query", "hint"})
"""Headers that a provider has filled."""


class Spelled(Protocol):
    """What has to be known of a person: `analytics.erasure.spelling.Spelling`."""

    def may_stand_in(self, data: bytes | memoryview) -> bool: ...
    def blanked(self, data: bytes) -> bytes: ...


class Blanking:
    """Takes a person out of rows of the archive; rows that hold nothing of the person come back as they are.

    `about` are the places of records that are known to be about the person. Where the person stands in one of them in
    no spelling that is looked for, all that the provider said in it is blanked.
    """

    def __init__(self, spelling: Spelled, about: frozenset[tuple[int, int]] = frozenset()) -> None:
        self._spelling = spelling
        self._about = about
        self.places: set[tuple[int, int]] = set()
        """Of the records that were changed."""

    def __call__(self, rows: pa.Table) -> pa.Table:
        if not self._may_hold(rows):
            return rows
        records = list(records_of(rows))
        blanked = [self._blanked(record) for record in records]
        if blanked == records:
            return rows
        found = groupby(blanked, key=attrgetter("partition"))
        return pa.concat_tables(table_of(partition, list(same)) for partition, same in found)

    def _may_hold(self, rows: pa.Table) -> bool:
        if any(map(self._spelling.may_stand_in, _bytes_of(rows))):
            return True
        if not self._about:
            return False
        places = zip(rows.column("partition").to_pylist(), rows.column("offset").to_pylist(), strict=True)
        return not self._about.isdisjoint(places)

    def _blanked(self, record: Archived) -> Archived:
        blank = self._spelling.blanked
        blanked = record._replace(
            key=record.key and blank(record.key),
            value=record.value and blank(record.value),
            headers=tuple((name, value and blank(value)) for name, value in record.headers),  # Kafka has null ones, too
        )
        place = (record.partition, record.offset)
        if blanked == record and place in self._about and BLANKED not in record.headers:
            blanked = _silent(record)
        if blanked == record:
            return record
        self.places.add(place)
        return blanked if BLANKED in record.headers else blanked._replace(headers=(*blanked.headers, BLANKED))


def _silent(record: Archived) -> Archived:
    """The record without what the provider said."""
    headers = tuple((name, b"" if name in SAID else value) for name, value in record.headers)
    return record._replace(value=b"", headers=headers)


def _bytes_of(rows: pa.Table) -> Iterator[memoryview]:
    """All bytes of keys, bodies and headers, a column's at a time: one search is quicker than one for each row."""
    for name in ("key", "value", "headers"):
        for chunk in rows.column(name).chunks:
            values = chunk.flatten().field("value") if name == "headers" else chunk
            if (data := values.buffers()[2]) is not None:
                yield memoryview(data)
