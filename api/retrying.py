"""Tries dead letters again: their callbacks are written once more and take the way of all callbacks."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.archive.again import again
from api.answers.dead_letters import CallbackPlace, LetterRetried, RetryAnswer, WouldBe
from api.evidence import OTHER_ORIGIN
from api.parts import Parts
from contracts.archived import Archived, Item

Row = Mapping[str, Any]
Place = tuple[int, int]

MOST_SHOWN = 50
"""Items of one callback."""
NO_CALLBACK = "It stems from no callback: a record of our own could not be read, which a retry would not change."


async def retry(parts: Parts, letters: Sequence[Row], *, may_be_more: bool) -> RetryAnswer:
    """Write the callbacks of `letters` once more, each once; letters whose callback cannot be had say why.

    Raises `BrokerUnavailable` when Kafka does not acknowledge them.
    """
    found = await _callbacks_of(parts, letters)
    had = {place: one for place, one in found.items() if isinstance(one, Archived)}
    records = [again(parts.past.topic, one) for one in had.values()]
    written = dict(zip(had, await parts.registrar.write_callbacks(records), strict=True))
    told = [_told(row, written, found) for row in letters]
    return RetryAnswer(
        is_dry_run=False,
        letters=told,
        written_count=len(written),
        absent_count=sum(one.written is None for one in told),
        may_be_more=may_be_more,
    )


async def rehearse(parts: Parts, letters: Sequence[Row], *, may_be_more: bool) -> RetryAnswer:
    """What would come of a retry of `letters`; nothing is written. Raises `Refused` when no stage answers."""
    found = await _callbacks_of(parts, letters)
    had = {place: one for place, one in found.items() if isinstance(one, Archived)}
    items = dict(zip(had, await parts.rehearsal.rehearse(list(had.values())), strict=True))
    told = [_rehearsed(row, items, _told(row, {}, found)) for row in letters]
    return RetryAnswer(
        is_dry_run=True,
        letters=told,
        written_count=0,
        absent_count=sum(one.would_be is None for one in told),
        may_be_more=may_be_more,
    )


async def _callbacks_of(parts: Parts, letters: Sequence[Row]) -> dict[Place, Archived | str]:
    """The callbacks that `letters` stem from, each once, or why one cannot be had."""
    origins = {_place(row): (row["provider"], row["connection"]) for row in letters if row["cause_partition"] >= 0}
    found = await parts.past.read(list(origins))
    return {place: _if_of(origins[place], one) for place, one in found.items()}


def _if_of(origin: tuple[str, str], found: Archived | str) -> Archived | str:
    """The callback, unless another connection's stands there now; what names none is nobody else's."""
    if isinstance(found, str):
        return found
    named = dict(found.headers)
    told = tuple(named.get(name, b"unknown").decode(errors="replace") for name in ("provider", "connection"))
    return found if told == origin else OTHER_ORIGIN


def _rehearsed(row: Row, items: Mapping[Place, Sequence[Item]], told: LetterRetried) -> LetterRetried:
    """A letter that is one item of its callback is judged by that item, when there are still as many."""
    if _place(row) not in items:
        return told
    whole = items[_place(row)]
    own = [one for one in whole if one.number == row["cause_index"]] if len(whole) == row["cause_items"] else whole
    would_be = [WouldBe(number=one.number, kind=one.kind, says=one.said) for one in own[:MOST_SHOWN]]
    came_to = "aside" if any(one.is_aside for one in own) else "taken"
    return told.model_copy(update={"absent_because": None, "would_come_to": came_to, "would_be": would_be})


def _told(row: Row, written: Mapping[Place, Place], found: Mapping[Place, Archived | str]) -> LetterRetried:
    letter_id, place = f"{row['kafka_partition']}-{row['kafka_offset']}", _place(row)
    if place in written:
        partition, offset = written[place]
        return LetterRetried(id=letter_id, written=CallbackPlace(partition=partition, offset=offset))
    why = found.get(place)
    return LetterRetried(id=letter_id, written=None, absent_because=why if isinstance(why, str) else NO_CALLBACK)


def _place(row: Row) -> Place:
    return row["cause_partition"], row["cause_offset"]
