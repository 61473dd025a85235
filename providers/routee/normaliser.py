"""A callback of Routee as facts. What it is, its shape says, so one address may get all kinds."""

from collections.abc import Iterator, Sequence

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers._kit.facts import Item, RejectedItem
from providers._kit.pieces import Pieces
from providers._kit.reading import read_json
from providers.routee.failover import read_failover
from providers.routee.hints import Hint, read_hint
from providers.routee.inbound import read_inbound, read_progress
from providers.routee.reports import read_report

_EXPECTED = "expected a report (status), a cascade (messages), an inbound message or the progress of a campaign"


def normalise(callback: RawCallback) -> Sequence[Item]:
    """The facts of one callback, or of one answer of a look-up, which may be a list or a page of reports."""
    value = read_json(callback.body)
    hint, pieces = read_hint(callback.hint), Pieces(callback.body)
    if isinstance(value, dict):
        page = value.get("content")
        if not isinstance(page, list) or "status" in value:
            return list(_read(value, hint, pieces)) if value else []
        return _read_list(page, hint, pieces, ("content",))
    if isinstance(value, list):
        return _read_list(value, hint, pieces, ())
    raise PayloadInvalid(f"{_EXPECTED}; the body is no object")


def _read_list(entries: list[object], hint: Hint, pieces: Pieces, place: tuple[str, ...]) -> Sequence[Item]:
    items: list[Item] = []
    for index, entry in enumerate(entries):
        if isinstance(entry, dict):
            items += _read(entry, hint, pieces, (*place, index))
        else:
            items.append(RejectedItem(reason=_EXPECTED, body=pieces.at(*place, index, value=entry)))
    return items


def _read(
    entry: dict[str, object], hint: Hint, pieces: Pieces, place: tuple[str | int, ...] = ()
) -> Iterator[Item] | tuple[Item]:
    if "messages" in entry or "terminationChannel" in entry:
        return read_failover(entry, hint, pieces, place)
    try:
        return (_read_one(entry, hint),)
    except PayloadInvalid as exc:
        return (RejectedItem(reason=str(exc), body=pieces.at(*place, value=entry)),)


def _read_one(entry: dict[str, object], hint: Hint) -> Item:
    direction = entry.get("direction")
    if isinstance(direction, str) and direction.lower() == "inbound":
        return read_inbound(entry, hint)
    if "status" in entry:
        return read_report(entry, hint)
    if "messageStatuses" in entry or "campaignStatus" in entry:
        return read_progress(entry)
    if "sentDate" in entry or "receivedDate" in entry:
        return read_inbound(entry, hint)
    raise PayloadInvalid(f"{_EXPECTED}; none of them is there")
