"""Which alarms are open, and what is to be told after a look: each once when it begins and once when it is over. Pure.

One look may err; so several in a row are needed, and more to clear an alarm than to raise it.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec import structs

from analytics.alarms import Finding, Look, Weight
from contracts.alarms import Alarm, AlarmTold, Subject, alarm_id

OVER = "There is nothing of it any more."


class AlarmBook:
    """The open alarms, and for how many looks something else has been seen."""

    def __init__(self, opened: Iterable[Alarm], *, raise_after: int, clear_after: int) -> None:
        self.open = {one.subject: one for one in opened}
        self._raise_after = raise_after
        self._clear_after = clear_after
        self._streaks: Counter[Subject] = Counter()
        self._untaken: dict[Subject, Alarm] = {}
        self._as_of: datetime | None = None

    def words(self, look: Look, now: datetime) -> list[Alarm]:
        """What is to be told; a word that was not taken is told again as it was, for perhaps it was written.

        A look that sees no further than the one before counts for nothing.
        """
        if look.as_of == self._as_of:
            return list(self._untaken.values())
        self._as_of = look.as_of
        found = {finding.subject: finding for finding in look.findings}
        # What nothing is found of has nothing wrong: its reports stand no longer, or its connection is gone.
        gone = [one for one in self.open if one.kind in look.kinds and one not in found]
        findings = [*found.values(), *(Finding(one, Weight.WELL, OVER) for one in gone)]
        for finding in findings:
            if finding.subject not in self._untaken and self._is_due(finding):
                self._untaken[finding.subject] = self._word(finding, now)
        self._forget(found)
        return list(self._untaken.values())

    def take(self, word: Alarm) -> None:
        """`word` is written; from now on that is so."""
        self._untaken.pop(word.subject, None)
        self._streaks.pop(word.subject, None)
        if word.told is AlarmTold.RAISED:
            self.open[word.subject] = word
        else:
            self.open.pop(word.subject, None)

    def _is_due(self, finding: Finding) -> bool:
        is_open = finding.subject in self.open
        if finding.weight is not (Weight.WELL if is_open else Weight.BAD):
            self._streaks.pop(finding.subject, None)
            return False
        self._streaks[finding.subject] += 1
        return self._streaks[finding.subject] >= (self._clear_after if is_open else self._raise_after)

    def _word(self, finding: Finding, now: datetime) -> Alarm:
        raised = self.open.get(finding.subject)
        if raised is not None:
            return structs.replace(
                raised,
                told=AlarmTold.CLEARED,
                told_at=now,
                detail=finding.detail,
                value=finding.value,
                usual=finding.usual,
            )
        return Alarm(
            alarm_id=alarm_id(finding.subject, now),
            told=AlarmTold.RAISED,
            told_at=now,
            raised_at=now,
            detail=finding.detail,
            value=finding.value,
            usual=finding.usual,
            **finding.subject._asdict(),
        )

    def _forget(self, found: dict[Subject, Finding]) -> None:
        """Streaks are of looks in a row: what was not found in this one begins anew."""
        for subject in [one for one in self._streaks if one not in found and one not in self.open]:
            del self._streaks[subject]
