"""A replay that changes nothing: the archive normalised in this process, and compared with what the store has."""

from collections.abc import Iterator, Sequence

from analytics.archive.known import KnownItems
from contracts.archived import Archived
from streams.normalise.normaliser import Normaliser
from streams.rehearsing import items_of
from tidings.replay.difference import Change, Effect, Tally, changes

FACTS = frozenset({Effect.CHANGED, Effect.NEW, Effect.READABLE})
"""Of which the store may have heard from another callback."""

Placed = tuple[Archived, Change]


class Rehearsal:
    """Takes callbacks and says into `tally` what a replay would do with them."""

    def __init__(self, normaliser: Normaliser, known: KnownItems, tally: Tally) -> None:
        self._normaliser = normaliser
        self._known = known
        self._tally = tally
        self._made: set[str] = set()
        """Facts that the replay itself would have brought by then."""

    def take(self, callbacks: Sequence[Archived]) -> None:
        """Some callbacks, as many as are looked up together."""
        found = list(self._changes(callbacks))
        asked = [event_id for _, change in found if (event_id := _made_by(change))]
        heard = self._known.events(asked) if asked else set()
        for callback, change in found:
            event_id = _made_by(change)
            is_known = event_id is not None and (event_id in heard or event_id in self._made)
            self._made |= {event_id} if event_id else set()
            told = change._replace(effect=Effect.SAME) if is_known else change
            self._tally.note(_origin(callback), (callback.partition, callback.offset), told)

    def _changes(self, callbacks: Sequence[Archived]) -> Iterator[Placed]:
        known = self._known.items(callbacks)
        for callback in callbacks:
            before = known.get((callback.partition, callback.offset))
            if before is None:
                yield callback, Change(Effect.UNSTORED, None, None)
            else:
                yield from ((callback, change) for change in changes(before, items_of(self._normaliser, callback)))


def _made_by(change: Change) -> str | None:
    """The fact that the change would bring into the store."""
    return change.after.event_id if change.after and change.effect in FACTS else None


def _origin(callback: Archived) -> tuple[str, str]:
    named = dict(callback.headers)
    provider, connection = named.get("provider") or b"", named.get("connection") or b""
    return provider.decode(errors="replace"), connection.decode(errors="replace")
