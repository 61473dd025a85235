"""What a replay changes: the items of a callback as the store has them, beside the items as they would be now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from contracts.archived import Item


class ReplayEffect(StrEnum):
    """What becomes of one item."""

    SAME = "same"
    """The fact is known; a replay counts it as repeated."""
    CHANGED = "changed"
    """Another fact than before stems from this item. A replay adds it; the old one stays in the record."""
    NEW = "new"
    """A fact where there was none."""
    READABLE = "readable"
    """A fact where something had been put aside."""
    ASIDE = "aside"
    """Still put aside; a replay puts it aside once more."""
    GONE = "gone"
    """A fact that would not be made now. A replay takes nothing back."""
    UNSTORED = "unstored"
    """The store that is compared with has not read this callback."""


TOLD = (ReplayEffect.CHANGED, ReplayEffect.NEW, ReplayEffect.READABLE, ReplayEffect.GONE)
"""What people want to see examples of."""


class Change(NamedTuple):
    """One item before and after."""

    effect: ReplayEffect
    before: Item | None
    after: Item | None


@dataclass
class Tally:
    """Effects by provider, and the first examples of those that change something."""

    limit: int = 20
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    examples: list[dict[str, object]] = field(default_factory=list)

    def note(self, origin: tuple[str, str], place: tuple[int, int], change: Change) -> None:
        """One change of a callback of `origin` (provider, connection) at `place`."""
        provider, connection = origin
        self.counts.setdefault(provider, Counter())[change.effect] += 1
        if change.effect in TOLD and len(self.examples) < self.limit:
            told = {"provider": provider, "connection": connection, "partition": place[0], "offset": place[1]}
            self.examples.append({**told, "effect": str(change.effect), **_words(change)})


def changes(before: Sequence[Item], after: Sequence[Item]) -> list[Change]:
    """One change for each item of `after`, and one for each fact of `before` that is no more.

    Facts are compared by identity, so that a code which means another status now, or a time that is read otherwise, is
    another fact, and one that only stands at another place in its callback is the same.
    """
    known = {item.event_id for item in before if not item.is_aside}
    kept = {item.event_id for item in after}
    lost = {item.number: item for item in before if not item.is_aside and item.event_id not in kept}
    aside = {item.number: item for item in before if item.is_aside}
    found: list[Change] = []
    for item in after:
        if item.is_aside:
            gone = lost.pop(item.number, None)
            found.append(
                Change(ReplayEffect.GONE if gone else ReplayEffect.ASIDE, gone or aside.get(item.number), item)
            )
        elif item.event_id in known:
            found.append(Change(ReplayEffect.SAME, item, item))
        elif item.number in lost:
            found.append(Change(ReplayEffect.CHANGED, lost.pop(item.number), item))
        elif was := aside.get(item.number) or _whole(before):
            found.append(Change(ReplayEffect.READABLE, was, item))
        else:
            found.append(Change(ReplayEffect.NEW, None, item))
    return found + [Change(ReplayEffect.GONE, item, None) for item in lost.values()]


def _whole(before: Sequence[Item]) -> Item | None:
    """The dead letter that stood for the whole callback."""
    return before[0] if len(before) == 1 and before[0].is_aside else None


def _words(change: Change) -> dict[str, object]:
    return {
        "item": (change.after or change.before or Item("", 0, None, "")).number,
        "before": _said(change.before),
        "after": _said(change.after),
    }


def _said(item: Item | None) -> str | None:
    return None if item is None else f"{item.kind} {item.said}".strip()
