"""How the span of a question is taken apart: whole hours, as they are kept, and the rest, counted from the facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.buckets import HOUR, first_id, floored

STEP = timedelta(minutes=1)
"""Ends are kept by how many of these they took."""


@dataclass(frozen=True)
class Span:
    """Attempts first heard of in [from_, to): those of [begin, end) as they are kept, but for [cut, cut_end)."""

    from_: datetime
    begin: datetime
    cut: datetime
    cut_end: datetime
    end: datetime
    to: datetime
    silent_after: timedelta
    old_before: datetime | None
    """Those that were first heard of by then are old enough to be silent."""

    @classmethod
    def of(cls, from_: datetime, to: datetime, *, silent_after: timedelta, as_of: datetime | None) -> "Span":
        """In the hour in which attempts cease to be old enough each is looked at; and all are, when silence is no whole
        number of the steps by which ends are kept.
        """
        begin, end = floored(from_ - timedelta(microseconds=1), HOUR) + HOUR, floored(to, HOUR)
        if end < begin or silent_after % STEP:
            begin = end = from_
        old_before = None if as_of is None else as_of - silent_after
        cut = cut_end = end
        if old_before is not None and begin <= (hour := floored(old_before, HOUR)) < end:
            cut, cut_end = hour, hour + HOUR
        return cls(from_, begin, cut, cut_end, end, to, silent_after, old_before)

    @property
    def is_kept(self) -> bool:
        """Whether it is whole hours, all of which are kept."""
        return (self.from_, self.cut, self.to) == (self.begin, self.cut_end, self.end)

    def parameters(self) -> Mapping[str, Any]:
        """As `trust_counts_kept` has them."""
        return {
            "whole_from": self.begin,
            "whole_to": self.end,
            "cut_from": self.cut,
            "cut_to": self.cut_end,
            "old_before": self.old_before,
            "steps": self.silent_after // self._step,
        }

    def bounds(self) -> Mapping[str, Any]:
        """What `trust_counts` needs beside them."""
        moments = {
            "first": self.from_,
            "whole_first": self.begin,
            "cut_first": self.cut,
            "cut_until": self.cut_end,
            "whole_until": self.end,
            "until": self.to,
        }
        ids = {name: first_id(moment) for name, moment in moments.items()}
        return {**ids, "step_us": self._step // timedelta(microseconds=1)}

    @property
    def _step(self) -> timedelta:
        return self.silent_after if self.silent_after % STEP else STEP
