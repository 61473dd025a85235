"""Attempts to send messages, listed newest first: by filters, or by a name that was given to them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from analytics.asking.buckets import HOUR, first_id, floored
from analytics.asking.reader import Answer, Ask, Reader, Row
from analytics.asking.wanted import wanted_by
from analytics.asking.words import Dimension
from contracts.filters import Filter
from contracts.status import DeliveryStatus

NAMED_AT_ONCE = 1000
"""So many that bear a name are looked at for one page; those behind them are for the next."""
LOOKED_UP_AT_ONCE = 50
"""Of no more ids than these DuckDB finds out which of its row groups may have them, and leaves out the rest unread."""
NEWEST = timedelta(days=1)
"""Most pages need no more, so that the hours of the whole span are counted only when this is not enough."""
ROOM = 2
"""A first look is at so many times what a page holds, by how many there are in the hour on average,"""
WIDER = 4
"""and each further one at so many times as much."""


class Stretch(NamedTuple):
    """A stretch of time, and how many attempts that are wanted were first heard of in it."""

    begin: datetime
    end: datetime
    attempt_count: int


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

    def likeness(self) -> dict[str, Any]:
        """By which filters it can be told of an attempt that it is none of those that are wanted, before all that is
        known of it is summed up: those that want nothing of which nothing is told. Of one that stands at `unknown`
        nothing need be told that is in force.
        """
        telling = {name: one for name, one in self.filters.items() if not one.matches(None)}
        if (status := telling.get(Dimension.STATUS)) and status.matches(DeliveryStatus.UNKNOWN):
            del telling[Dimension.STATUS]
        return wanted_by(telling, Dimension) if telling else {}

    def beyond(self, end: datetime) -> str:
        """Above what is asked for: the end of a span, or the place of the page before."""
        beyond = first_id(end)
        return beyond if self.before is None else min(beyond, self.before.replace("-", ""))

    @property
    def end(self) -> datetime:
        """Behind the newest attempt that may be on the page."""
        if self.before is None:
            return self.to
        before_ms = int(self.before.replace("-", "")[:12], 16) + 1
        return min(self.to, datetime.fromtimestamp(before_ms / 1000, UTC))

    def spans(self, stretch: Stretch) -> Iterator[tuple[str, str]]:
        """Spans of ids in the stretch, the newest first, each wider than the one before: most pages are full after the
        first.
        """
        begin, end, width = stretch.begin, stretch.end, stretch.end - stretch.begin
        width *= min(1.0, ROOM * self.limit / stretch.attempt_count)
        while end > begin:
            start = max(end - width, begin)
            yield first_id(start), self.beyond(end)
            end, width = start, width * WIDER


@dataclass(frozen=True)
class Page(Answer):
    """Attempts, newest first."""

    next_before: str | None
    """The attempt behind which the next page begins; null when there is none."""


async def messages(reader: Reader, question: MessagesQuestion) -> Page:
    """A page of attempts, each where it stands."""
    is_named = any(name is not None for name in question.names.values())

    def look(ask: Ask) -> tuple[list[Row], str | None]:
        return _named(ask, question) if is_named else newest(ask, question)

    (rows, next_before), fresh = await reader.look(look, is_lookup=is_named)
    return Page(rows, fresh, next_before)


def newest(ask: Ask, question: MessagesQuestion) -> tuple[list[Row], str | None]:
    """The newest attempts that the filters leave, and behind which of them the next page begins."""
    rows: list[Row] = []
    likeness = question.likeness()

    def wanting() -> int:
        return question.limit - len(rows)

    for stretch in _stretches(_hours(ask, question), wanting, room=ROOM * question.limit):
        for first, beyond in question.spans(stretch):
            span = {"first": first, "beyond": beyond}
            if likeness and stretch.attempt_count <= ROOM * question.limit:
                like = ask("attempts_like", likeness | span | {"accounts": question.accounts})
                rows += _of(ask, question, [row["attempt_id"] for row in like], wanting())
            else:
                rows += ask("messages", question.parameters() | span | {"limit": wanting()})
            if len(rows) == question.limit:
                return rows, rows[-1]["attempt_id"]
    return rows, None


def _of(ask: Ask, question: MessagesQuestion, ids: list[str], limit: int) -> list[Row]:
    """Those of the attempts `ids`, which are the newest first, that the filters leave; no more than `limit`."""
    rows: list[Row] = []
    for begin in range(0, len(ids), LOOKED_UP_AT_ONCE):
        chosen = {"attempts": ids[begin : begin + LOOKED_UP_AT_ONCE], "limit": limit - len(rows)}
        rows += ask("messages_of", question.parameters() | chosen)
        if len(rows) == limit:
            break
    return rows


def _hours(ask: Ask, question: MessagesQuestion) -> Iterator[Stretch]:
    """The hours in which there are any, newest first. They are counted by the hour, so nothing else need be read."""
    middle = max(floored(question.end - NEWEST, HOUR), floored(question.from_, HOUR))
    for begin, end in ((middle, question.end), (floored(question.from_, HOUR), middle)):
        if begin < end:
            for row in ask("attempt_hours", question.parameters() | {"from": begin, "to": end}):
                hour = row["hour_at"]
                yield Stretch(max(hour, question.from_), min(hour + HOUR, question.end), row["attempt_count"])


def _stretches(hours: Iterator[Stretch], wanting: Callable[[], int], *, room: int) -> Iterator[Stretch]:
    """Hours that touch together as one, until they have what is still wanted, and no more than `room`: looking once is
    quicker than often.
    """
    held: Stretch | None = None
    for hour in hours:
        if held is not None and hour.end == held.begin and held.attempt_count < wanting():
            together = Stretch(hour.begin, held.end, held.attempt_count + hour.attempt_count)
            if together.attempt_count <= room:
                held = together
                continue
        if held is not None:
            yield held
        held = hour
    if held is not None:
        yield held


def _named(ask: Ask, question: MessagesQuestion) -> tuple[list[Row], str | None]:
    span = {"first": first_id(question.from_), "beyond": question.beyond(question.to)}
    # As a number of its own it lets DuckDB leave out unread what is below it.
    (row,) = ask("settled_batch", {})
    known = question.names | span | row | {"accounts": question.accounts, "limit": NAMED_AT_ONCE}
    ids = [row["attempt_id"] for row in ask("messages_named", known)]
    rows = _of(ask, question, ids, question.limit)
    if len(rows) == question.limit:
        return rows, rows[-1]["attempt_id"]
    return rows, ids[-1] if len(ids) == NAMED_AT_ONCE else None
