"""What can be asked about people's messages and wishes: filters, and where the last page ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from msgspec import Meta


class Place(NamedTuple):
    """Of the last row of a page; what is further back comes next. Rows that come meanwhile do not move it.

    Callers hand it in, so it is held to what the store's columns hold.
    """

    at: Annotated[datetime, Meta(tz=True)]
    partition: Annotated[int, Meta(ge=0, le=2**15 - 1)]
    offset: Annotated[int, Meta(ge=0, le=2**63 - 1)]


def further_back(place: Place | None) -> dict[str, Any]:
    """Parameters of a question whose rows begin behind `place`; null for the first page."""
    return dict(zip(("before_at", "before_partition", "before_offset"), place or (None, None, None), strict=True))


@dataclass(frozen=True, kw_only=True)
class InboundQuestion:
    """People's messages; a null leaves a filter out. `author` is a pseudonym."""

    accounts: tuple[str, ...] | None = None
    provider: str | None = None
    connection: str | None = None
    channel: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
    addressee: str | None = None
    author: int | None = None
    text: str | None = None
    """Somewhere in the text, whatever its case."""
    before: Place | None = None
    limit: int = 50

    def parameters(self) -> dict[str, Any]:
        """As `inbound.sql` names them."""
        return _parameters(self, before=self.before) | {"from": self.from_, "to": self.to}


@dataclass(frozen=True, kw_only=True)
class SuppressionsQuestion:
    """People's wishes; a null leaves a filter out. `recipient` is a pseudonym."""

    accounts: tuple[str, ...] | None = None
    sender: str | None = None
    """One of ours; what is about all senders is found by the empty text."""
    recipient: int | None = None
    with_lifted: bool = False
    before: Place | None = None
    limit: int = 50

    def parameters(self) -> dict[str, Any]:
        """As `suppressions.sql` names them."""
        return _parameters(self, before=self.before)


def _parameters(question: InboundQuestion | SuppressionsQuestion, *, before: Place | None) -> dict[str, Any]:
    members: Mapping[str, Any] = asdict(question)
    plain = {name: value for name, value in members.items() if name not in {"before", "from_", "to"}}
    return plain | further_back(before)
