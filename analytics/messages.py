"""Attempts to send messages, listed newest first: by filters, or by a name that was given to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from analytics.buckets import first_id
from analytics.reader import Answer, Ask, Reader, Row
from analytics.wanted import wanted_by
from analytics.words import Dimension
from contracts.filters import Filter

NAMED_AT_ONCE = 1000
"""So many that bear a name are looked at for one page; those behind them are for the next."""
NEWEST = timedelta(minutes=15)
WIDER = 4


@dataclass(frozen=True, kw_only=True)
class MessagesQuestion:
    """Attempts first heard of in [from_, to); a null leaves a name out. `recipient` is a pseudonym."""

    from_: datetime
    to: datetime
    accounts: tuple[str, ...] | None = None
    filters: Mapping[Dimension, Filter] = field(default_factory=dict)
    provider_message_id: str | None = None
    recipient: int | None = None
    external_id: str | None = None
    before: str | None = None
    """The attempt behind which the page begins."""
    limit: int = 50

    @property
    def names(self) -> dict[str, Any]:
        """As `messages_named.sql` has them."""
        return {
            "provider_message_id": self.provider_message_id,
            "recipient": self.recipient,
            "external_id": self.external_id,
        }

    def parameters(self) -> dict[str, Any]:
        """What does not change from step to step."""
        return {"accounts": self.accounts} | wanted_by(self.filters, Dimension)

    def beyond(self, end: datetime) -> str:
        """Above what is asked for: the end of a span, or the place of the page before."""
        beyond = first_id(end)
        return beyond if self.before is None else min(beyond, self.before.replace("-", ""))

    def spans(self) -> Iterator[tuple[str, str]]:
        """Spans of ids, the newest first, each wider than the one before: most pages are full after the first.

        The place of the page before cuts them off; whatever lies above it is skipped.
        """
        end, width = self.to, NEWEST
        while end > self.from_:
            begin = max(end - width, self.from_)
            first, beyond = first_id(begin), self.beyond(end)
            if first < beyond:
                yield first, beyond
            end, width = begin, width * WIDER


@dataclass(frozen=True)
class Page(Answer):
    """Attempts, newest first."""

    next_before: str | None
    """The attempt behind which the next page begins; null when there is none."""


async def messages(reader: Reader, question: MessagesQuestion) -> Page:
    """A page of attempts, each where it stands."""
    is_named = any(name is not None for name in question.names.values())

    def look(ask: Ask) -> tuple[list[Row], str | None]:
        return _named(ask, question) if is_named else _newest(ask, question)

    (rows, next_before), fresh = await reader.look(look, is_lookup=is_named)
    return Page(rows, fresh, next_before)


def _newest(ask: Ask, question: MessagesQuestion) -> tuple[list[Row], str | None]:
    rows: list[Row] = []
    for first, beyond in question.spans():
        span = {"first": first, "beyond": beyond, "limit": question.limit - len(rows)}
        rows += ask("messages", question.parameters() | span)
        if len(rows) == question.limit:
            return rows, rows[-1]["attempt_id"]
    return rows, None


def _named(ask: Ask, question: MessagesQuestion) -> tuple[list[Row], str | None]:
    span = {"first": first_id(question.from_), "beyond": question.beyond(question.to)}
    known = question.names | span | {"accounts": question.accounts, "limit": NAMED_AT_ONCE}
    ids = [row["attempt_id"] for row in ask("messages_named", known)]
    if not ids:
        return [], None
    chosen = span | {"first": ids[-1], "attempts": ids, "limit": question.limit}
    rows = ask("messages", question.parameters() | chosen)
    if len(rows) == question.limit:
        return rows, rows[-1]["attempt_id"]
    return rows, ids[-1] if len(ids) == NAMED_AT_ONCE else None
