"""Whether a record is what its topic promises, member by member: asked only when a batch could not be inserted."""

from functools import cache
from uuid import UUID

from contracts import alarms, conversations, plans, records
from contracts.codec import decode
from contracts.topics import load_topics
from contracts.vocabulary import Verdict


def check(topic: str, value: bytes) -> None:
    """Raises `PayloadInvalid` or `ValueError` when `value` is no record of `topic`."""
    value.decode()  # also of members that we do not know
    found = decode(_kind(load_topics()[topic].record), value)
    if isinstance(found, conversations.AboutSession):
        return  # what was heard too late may have been told by any sender, in ids of its own
    _check_ids(found)
    if isinstance(found, records.StatusChanged):
        if UUID(found.attempt_id).version != 7:
            raise ValueError(f"attempt_id {found.attempt_id} does not begin with a time; ids of attempts are UUIDv7")
        answered = [said for said in (found.report, found.registration) if said is not None]
        if len(answered) != (found.verdict is not Verdict.UNCLAIMED):
            raise ValueError("an update answers one report or one registration; one that says unclaimed, none")
        _check_ids(found.report or found.registration)


@cache
def _kind(name: str) -> type[records.Record]:
    """The record of that name, or the union of those that travel on one topic."""
    room = next(room for room in (records, plans, conversations, alarms) if hasattr(room, name))
    kind: type[records.Record] = getattr(room, name)
    return kind


def _check_ids(record: records.Record | None) -> None:
    for name in ("event_id", "attempt_id", "message_id"):
        if (text := getattr(record, name, None)) is not None:
            UUID(text)
