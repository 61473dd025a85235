"""Tries dead letters again: their callbacks are written once more and take the way of all callbacks."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.archive.again import again
from analytics.archive.rows import Archived
from api.answers.dead_letters import CallbackPlace, LetterRetried, RetryAnswer
from api.parts import Parts

Row = Mapping[str, Any]
Place = tuple[int, int]

NO_CALLBACK = "It stems from no callback: a record of our own could not be read, which a retry would not change."


async def retry(parts: Parts, letters: Sequence[Row], *, may_be_more: bool) -> RetryAnswer:
    """Write the callbacks of `letters` once more, each once; letters whose callback cannot be had say why.

    Raises `BrokerUnavailable` when Kafka does not acknowledge them.
    """
    places = list(dict.fromkeys(_place(row) for row in letters if row["cause_partition"] >= 0))
    found = await parts.past.read(places)
    had = {place: one for place, one in found.items() if isinstance(one, Archived)}
    records = [again(parts.past.topic, one) for one in had.values()]
    written = dict(zip(had, await parts.registrar.write_callbacks(records), strict=True))
    told = [_told(row, written, found) for row in letters]
    return RetryAnswer(
        letters=told,
        written_count=len(written),
        absent_count=sum(one.written is None for one in told),
        may_be_more=may_be_more,
    )


def _told(row: Row, written: Mapping[Place, Place], found: Mapping[Place, Archived | str]) -> LetterRetried:
    letter_id, place = f"{row['kafka_partition']}-{row['kafka_offset']}", _place(row)
    if place in written:
        partition, offset = written[place]
        return LetterRetried(id=letter_id, written=CallbackPlace(partition=partition, offset=offset))
    why = found.get(place)
    return LetterRetried(id=letter_id, written=None, absent_because=why if isinstance(why, str) else NO_CALLBACK)


def _place(row: Row) -> Place:
    return row["cause_partition"], row["cause_offset"]
