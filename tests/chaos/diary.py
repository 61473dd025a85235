"""Takes down what happened when, for people to read while it runs and for the account at the end."""

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from rich.console import Console

ALL, CALM = "all", "calm"
MARKS = {"fault": "[red]✗[/red]", "well": "[green]✓[/green]", "note": "[dim]·[/dim]"}


class Diary:
    """One run's. A phase is named for a fault that is not healed yet; an answer under two faults belongs to both."""

    def __init__(self, file: Path, console: Console) -> None:
        self._file = file.open("w", encoding="utf-8")
        self._console = console
        self._began = monotonic()
        self._open: Counter[str] = Counter()
        self._left_at: dict[str, float] = {}
        self.kills: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.recoveries: defaultdict[str, list[float]] = defaultdict(list)
        self.answer_times: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self.answers: defaultdict[str, Counter[int]] = defaultdict(Counter)

    @property
    def elapsed_s(self) -> float:
        return monotonic() - self._began

    def begin(self) -> None:
        """The traffic begins now."""
        self._began = monotonic()

    def note(self, text: str, *, mark: str = "note", **fields: object) -> None:
        """One line, with the time of the run."""
        at_s = self.elapsed_s
        self._console.print(f"{at_s:7.1f} s {MARKS[mark]} {text}", highlight=False, soft_wrap=True)
        self._file.write(json.dumps({"at_s": round(at_s, 3), "what": text, **fields}) + "\n")
        self._file.flush()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """All answers meanwhile belong to `name`."""
        self._open[name] += 1
        try:
            yield
        finally:
            self._open -= Counter({name: 1})
            self._left_at[name] = monotonic()

    def recovered(self, name: str, took_s: float, *, behind: str = "") -> None:
        """What is called `name` is ready again, behind a fault of that kind."""
        self.recoveries[behind or name].append(took_s)
        self.note(f"{name} is ready again after {took_s:.1f} s", mark="well", took_s=round(took_s, 3))

    def answered(self, status: int, took_s: float) -> None:
        """A callback was answered; status 0 when it was not."""
        for phase in (ALL, *self._phases_since(monotonic() - took_s)):
            self.answers[phase][status] += 1
            if status:
                self.answer_times[phase].append(took_s)

    def close(self) -> None:
        self._file.close()

    def _phases_since(self, began: float) -> set[str]:
        """What was broken at any time since `began`."""
        return set(self._open) | {name for name, left_at in self._left_at.items() if left_at > began} or {CALM}
