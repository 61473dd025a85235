"""A provider's codes as a table with sources: `codes.csv` in its folder."""

import csv
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Reason


class Meaning(NamedTuple):
    """What a code stands for, ready for the hot path; of one that no row has that is nothing."""

    code: str
    status: DeliveryStatus = DeliveryStatus.UNKNOWN
    reason: Reason | None = None
    is_permanent: bool | None = None
    may_fall_back: bool = False
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """One row: what the provider's code means to us."""

    scale: str
    """Which of the provider's number ranges the code belongs to."""
    code: str
    meaning: str
    status: DeliveryStatus | None
    """Null for codes that say nothing about a message's status."""
    reason: Reason | None
    is_permanent: bool | None
    may_fall_back: bool
    source: str

    def read(self) -> Meaning:
        """What the row says."""
        status = self.status or DeliveryStatus.UNKNOWN
        return Meaning(self.code, status, self.reason, self.is_permanent, self.may_fall_back, is_known=True)


class CodeTable:
    """Look-up by (scale, code); an unknown code is an answer, not an error."""

    def __init__(self, rows: list[Code]) -> None:
        self.rows = tuple(rows)
        self._by_code = MappingProxyType({(row.scale, row.code): row for row in rows})
        if len(self._by_code) != len(rows):
            raise ConfigurationInvalid("a code table names a (scale, code) twice")

    def find(self, scale: str, code: str) -> Code | None:
        """The row of `code`, or null when nobody has told us about it."""
        return self._by_code.get((scale, code))


def load_codes(package: str) -> CodeTable:
    """The table in the folder of `package`; raises `ConfigurationInvalid` naming the wrong line."""
    text = files(package).joinpath("codes.csv").read_text(encoding="utf-8")
    rows = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            rows.append(_code(row))
        except (KeyError, ValueError) as exc:
            raise ConfigurationInvalid(f"{package}/codes.csv line {line}: {exc}") from exc
    return CodeTable(rows)


def _code(row: dict[str, str]) -> Code:
    if not row["source"]:
        raise ValueError("a code needs its source")
    return Code(
        scale=row["scale"],
        code=row["code"],
        meaning=row["meaning"],
        status=DeliveryStatus(row["status"]) if row["status"] else None,
        reason=Reason(row["reason"]) if row["reason"] else None,
        is_permanent={"yes": True, "no": False, "": None}[row["permanent"]],
        may_fall_back={"yes": True, "no": False}[row["may_fall_back"]],
        source=row["source"],
    )
