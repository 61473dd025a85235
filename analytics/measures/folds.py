"""What is kept of what was told, made up to date behind the batches; and how far that is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from analytics.asking.reader import Ask

TOO_MANY = 500_000
"""Of so many reports that are not folded a question is quicker without what is."""


class Fold(StrEnum):
    """What is folded; each goes on from where it is, so one that is new takes its time and no other waits for it."""

    TRUST = "trust"
    """What routes are known by."""
    FOLLOWED = "followed"
    """Behind which attempts another left for the same message."""
    ANSWERED = "answered"
    """What people answered. Its rule is the window in which an answer is looked for."""
    LATER_STEPS = "later_steps"
    """What became of the steps of plans behind the first."""


def rule_of(reply_window_s: float) -> str:
    """How `ANSWERED` is folded; what was folded by another rule is folded anew."""
    return f"within {reply_window_s:g} s"


@dataclass(frozen=True)
class Reached:
    """How far a fold is, as a question finds it."""

    folded: int
    """The batch up to which it has all that was told,"""
    newest: int
    """and the newest there is."""
    is_far_behind: bool

    @property
    def rest(self) -> Mapping[str, int]:
        """As parameters: the batches that a question has to look through; none when all is folded."""
        return {"folded": self.folded, "newest": self.newest} if self.newest > self.folded else {}


def reached(ask: Ask, fold: Fold, rule: str = "") -> Reached:
    (row,) = ask("folded", {"fold": str(fold), "rule": rule, "many": TOO_MANY})
    return Reached(**row)
