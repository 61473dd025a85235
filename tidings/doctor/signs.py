"""What a look finds, and what a check makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from runtime.exits import Exit


class State(StrEnum):
    """How a thing is."""

    WELL = "well"
    SKIPPED = "skipped"
    """It could not be looked at, and what is told says why."""
    WARNING = "warning"
    """It works, and somebody should look before it does not."""
    FAULT = "fault"
    """It does not work, or a promise is not kept."""


@dataclass(frozen=True)
class Sign:
    """One thing that was looked at."""

    state: State
    what: str
    mend: str = ""
    """What to do, commands in backticks; empty when nothing is to be done."""
    status: Exit = Exit.FAILED
    """How a command ends for this fault."""


@dataclass(frozen=True)
class Finding:
    """A sign with the check that it is of, and why that matters."""

    check: str
    why: str
    sign: Sign


def well(what: str) -> Sign:
    """Nothing is to be done."""
    return Sign(State.WELL, what)


def skipped(what: str) -> Sign:
    """Nobody knows, and this is why."""
    return Sign(State.SKIPPED, what)


def warning(what: str, mend: str) -> Sign:
    """Somebody should look."""
    return Sign(State.WARNING, what, mend)


def fault(what: str, mend: str, *, status: Exit = Exit.FAILED) -> Sign:
    """Somebody has to mend it."""
    return Sign(State.FAULT, what, mend, status)


def status_of(findings: Iterable[Finding], *, is_strict: bool) -> Exit:
    """What a script is told: what has to be mended first decides."""
    signs = [finding.sign for finding in findings]
    statuses = {sign.status for sign in signs if sign.state is State.FAULT}
    for status in (Exit.CONFIGURATION, Exit.NO_BROKER, Exit.FAILED):
        if status in statuses:
            return status
    has_warning = any(sign.state is State.WARNING for sign in signs)
    return Exit.FAILED if is_strict and has_warning else Exit.DONE
