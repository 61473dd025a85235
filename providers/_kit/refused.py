"""What a provider's refusal means: its `errors.csv`, one row for each code of its facts, with its source."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

from contracts.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    ProviderThrottled,
    RequestInvalid,
    SendError,
    SendInDoubt,
)
from contracts.people import without_numbers

_LONGEST_TEXT = 1000
_ERRORS = {kind.__name__: kind for kind in SendError.__subclasses__()}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A code of the provider's API, or an HTTP status where `code` is empty, and the class that says what follows."""

    code: str
    http_status: int | None
    error: type[SendError]
    meaning: str
    source: str


class RefusalTable:
    """Finds the row for an answer: by code and status, by code alone, then by status alone."""

    def __init__(self, rows: Iterable[Refusal]) -> None:
        self.rows = tuple(rows)
        self._by_both = {(row.code, row.http_status): row for row in self.rows}

    def error(
        self, text: str, *, code: str | None = None, http_status: int, retry_after_s: float | None = None
    ) -> SendError:
        """The error to raise for an answer that is no success; `text` is what the provider says.

        It is bounded here, and long numbers in it are left out: some providers quote the recipient's, which belongs
        into no log.

        A code that is in no row, with a status that is in none, is judged by the status: 429 asks for patience, other
        4xx and 3xx will not get better, and behind a 5xx or a 2xx without sense the message may have been taken.
        """
        found = self._found(code or "", http_status)
        kind = found.error if found else _by_status(http_status)
        words = without_numbers(text[:_LONGEST_TEXT])
        meaning = f"{found.meaning}: {words}" if found else words
        return kind(meaning, code=code, http_status=http_status, retry_after_s=retry_after_s)

    def _found(self, code: str, http_status: int) -> Refusal | None:
        places = [("", http_status)] if not code else [(code, http_status), (code, None), ("", http_status)]
        return next((self._by_both[place] for place in places if place in self._by_both), None)


def load_refusals(package: str) -> RefusalTable:
    """The table in the folder of `package`; raises `ConfigurationInvalid` naming the wrong line.

    Its columns are `code,http_status,error,meaning,source`; `error` is the name of a `SendError`.
    """
    text = files(package).joinpath("errors.csv").read_text(encoding="utf-8")
    rows = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            rows.append(_refusal(row))
        except (KeyError, ValueError) as exc:
            raise ConfigurationInvalid(f"{package}/errors.csv line {line}: {exc}") from exc
    return RefusalTable(rows)


def retry_after_s(header: str | None) -> float | None:
    """The seconds of a `Retry-After`; a date, which providers do not send, and nonsense are null."""
    return min(float(header), 86_400.0) if header and header.strip().isdecimal() else None


def _refusal(row: dict[str, str]) -> Refusal:
    if not row["meaning"] or not row["source"]:
        raise ValueError("an error needs its meaning and its source")
    return Refusal(
        code=row["code"],
        http_status=int(row["http_status"]) if row["http_status"] else None,
        error=_ERRORS[row["error"]],
        meaning=row["meaning"],
        source=row["source"],
    )


def _by_status(http_status: int) -> type[SendError]:
    if http_status in {401, 403}:
        return CredentialsRefused
    if http_status == 429:
        return ProviderThrottled
    return RequestInvalid if 300 <= http_status < 500 else SendInDoubt
