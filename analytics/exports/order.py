"""An export as it is ordered: which rows, between which places on Kafka, and in what form."""

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import msgspec

from analytics.asking.wanted import wanted_by
from analytics.asking.words import Dimension
from analytics.exports.columns import TABLES, Table, What
from contracts.filters import parse_filter

Places = dict[str, tuple[int, ...]]
"""Topic to the next offset of each of its partitions, in order."""


class Format(StrEnum):
    """How the rows are written."""

    PARQUET = "parquet"
    ARROW = "arrow"
    CSV = "csv"
    NDJSON = "ndjson"


ENDINGS = {Format.PARQUET: "parquet", Format.ARROW: "arrow", Format.CSV: "csv.gz", Format.NDJSON: "ndjson.gz"}


class Split(StrEnum):
    """How the rows are shared out to files; by day, an attempt belongs to the UTC day on which we first heard of it."""

    NONE = "none"
    DAY = "day"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: the same question, whenever it is asked."""

    what: What
    accounts: tuple[str, ...] | None = None
    """Only of these; null for all."""
    from_: datetime | None = None
    to: datetime | None = None
    filters: dict[Dimension, tuple[str, ...]] = {}
    """As they were written."""

    @property
    def table(self) -> Table:
        return TABLES[self.what]

    @property
    def is_of_facts(self) -> bool:
        """Whether its rows are dropped when they are old; sessions are kept."""
        return self.what is not What.SESSIONS

    @property
    def digest(self) -> str:
        """The same for the same question, in whatever order its members were written."""
        plain = msgspec.to_builtins(self)
        plain["filters"] = {by: sorted(texts) for by, texts in plain["filters"].items()}
        plain["accounts"] = None if self.accounts is None else sorted(self.accounts)
        return _digest(plain)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Rows in a form, from the places `since` up to the places `until`. Carried out at any time, it gives the same."""

    wanted: Wanted
    format: Format = Format.PARQUET
    split: Split = Split.NONE
    since: Places | None = None
    """Null: from the beginning."""
    until: Places
    as_of: datetime | None = None
    """All callbacks that were received before are in the rows."""
    revision: int = 0
    """Of the store when it was ordered; what is added without a place on Kafka makes a new one too."""
    forgotten_before: datetime | None = None
    """Older rows were not there any more when it was ordered; null when all were."""

    @property
    def digest(self) -> str:
        """The same for an order that gives the same files."""
        asked = {"wanted": self.wanted.digest, "format": self.format, "split": self.split, "revision": self.revision}
        return _digest(asked | {"since": self.since, "until": self.until, "forgotten_before": self.forgotten_before})

    def lacks(self, forgotten_before: datetime | None) -> bool:
        """Whether rows that it ought to have went since it was ordered, when those of before are gone now."""
        if self.since is not None or not self.wanted.is_of_facts or forgotten_before in {None, self.forgotten_before}:
            return False
        return self.wanted.from_ is None or self.wanted.from_ < forgotten_before

    def parameters(self) -> dict[str, Any]:
        """As `export_*_minutes.sql` want them."""
        topic = self.wanted.table.topic
        accounts = self.wanted.accounts
        return {
            "from": _stored(self.wanted.from_),
            "to": _stored(self.wanted.to),
            "since": None if self.since is None else list(self.since.get(topic, ())),
            "until": list(self.until.get(topic, ())),
            "accounts": None if accounts is None else list(accounts),
        }

    def row_parameters(self) -> dict[str, Any]:
        """As the questions for rows want them, but for the span of ids."""
        filters = {by: parse_filter(texts) for by, texts in self.wanted.filters.items()}
        return self.parameters() | wanted_by(filters, Dimension)

    def file_name(self, day: str) -> str:
        """Of the file with the rows of `day`, or with all when it is empty."""
        return f"{self.wanted.what}{'-' if day else ''}{day}.{ENDINGS[self.format]}"


def _stored(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def _digest(plain: object) -> str:
    return blake2b(msgspec.json.encode(plain, order="sorted"), digest_size=16).hexdigest()
