"""A replay that changes nothing: what today's adapters make of archived callbacks, beside what the store has."""

from collections.abc import Iterator, Sequence

from analytics.archive.known import KnownItems
from analytics.replays.difference import Change, ReplayEffect, Tally, changes
from contracts.archived import Archived, Item

FACTS = frozenset({ReplayEffect.CHANGED, ReplayEffect.NEW, ReplayEffect.READABLE})
"""Of which the store may have heard from another callback."""

Placed = tuple[Archived, Change]


class Rehearsal:
    """Takes callbacks and says into `tally` what a replay would do with them."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._made: set[str] = set()
        """Facts that the replay itself would have brought by then."""

    def take(self, known: KnownItems, callbacks: Sequence[Archived], items: Sequence[Sequence[Item]]) -> None:
        """Some callbacks, as many as are looked up together, and the items that each would have now."""
        found = list(_changes(known, callbacks, items))
        heard = known.events([event_id for _, change in found if (event_id := _made_by(change))])
        for callback, change in found:
            event_id = _made_by(change)
            is_known = event_id is not None and (event_id in heard or event_id in self._made)
            self._made |= {event_id} if event_id else set()
            told = change._replace(effect=ReplayEffect.SAME) if is_known else change
            self.tally.note(_origin(callback), (callback.partition, callback.offset), told)


def _changes(known: KnownItems, callbacks: Sequence[Archived], items: Sequence[Sequence[Item]]) -> Iterator[Placed]:
    stored = known.items(callbacks)
    for callback, after in zip(callbacks, items, strict=True):
        before = stored.get((callback.partition, callback.offset))
        if before is None:
            yield callback, Change(ReplayEffect.UNSTORED, None, None)
        else:
            yield from ((callback, change) for change in changes(before, after))


def _made_by(change: Change) -> str | None:
    """The fact that the change would bring into the store."""
    return change.after.event_id if change.after and change.effect in FACTS else None


def _origin(callback: Archived) -> tuple[str, str]:
    named = dict(callback.headers)
    provider, connection = named.get("provider") or b"", named.get("connection") or b""
    return provider.decode(errors="replace"), connection.decode(errors="replace")
