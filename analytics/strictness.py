"""Whether a record is what its topic promises, member by member: asked only when a batch could not be inserted."""

from uuid import UUID

from contracts import records as contract
from contracts.codec import decode
from contracts.topics import load_topics
from contracts.vocabulary import Verdict


def check(topic: str, value: bytes) -> None:
    """Raises `PayloadInvalid` or `ValueError` when `value` is no record of `topic`."""
    found = decode(getattr(contract, load_topics()[topic].record), value)
    _check_ids(found)
    if isinstance(found, contract.StatusChanged):
        if UUID(found.attempt_id).version != 7:
            raise ValueError(f"attempt_id {found.attempt_id} does not begin with a time; ids of attempts are UUIDv7")
        answered = [said for said in (found.report, found.registration) if said is not None]
        if len(answered) != (found.verdict is not Verdict.UNCLAIMED):
            raise ValueError("an update answers one report or one registration; one that says unclaimed, none")
        _check_ids(found.report or found.registration)


def _check_ids(record: contract.Record | None) -> None:
    for name in ("event_id", "attempt_id", "message_id"):
        if (text := getattr(record, name, None)) is not None:
            UUID(text)
