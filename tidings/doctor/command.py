"""Runs the checks and shows what they find: a table for people, lines for pipes, JSON for programs."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.errors import ConfigurationInvalid
from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.logging import configure_logging
from runtime.settings import load_settings
from runtime.version import installed_version
from tidings.doctor.examination import AT_REST, CHECKS, Check, examine
from tidings.doctor.patient import BETWEEN_LOOKS_S, Patient
from tidings.doctor.signs import Finding, State, fault, status_of
from tidings.pictures import draw

MARKS = {State.WELL: "[green]✓[/]", State.SKIPPED: "[dim]·[/]", State.WARNING: "[yellow]![/]", State.FAULT: "[red]✗[/]"}


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What is to be looked at, and how it is judged."""

    only: tuple[str, ...] = ()
    is_offline: bool = False
    """Only what can be told while nothing runs."""
    is_strict: bool = False
    """A warning is a failure too."""
    between_looks_s: float = BETWEEN_LOOKS_S
    picture: Path | None = None
    """Where what is shown is to be kept."""

    def checks(self) -> tuple[Check, ...]:
        """Raises `ConfigurationInvalid` for a name that is none."""
        known = {check.name: check for check in CHECKS}
        if wrong := [name for name in self.only if name not in known]:
            raise ConfigurationInvalid(f"there is no check {wrong[0]}; known: {', '.join(known)}")
        wanted = AT_REST if self.is_offline else CHECKS
        return tuple(check for check in wanted if not self.only or check.name in self.only)


def run(config: Path | None, wishes: Wishes, *, as_json: bool) -> Exit:
    """Look, show, and say how it is."""
    # What a client has to say while nobody answers is said by the finding.
    configure_logging("doctor", level="CRITICAL")
    checks, console = wishes.checks(), Console()
    findings = _found(config, wishes, checks, is_quiet=as_json)
    status = status_of(findings, is_strict=wishes.is_strict)
    if wishes.picture is not None:
        draw(wishes.picture, "tidings doctor", pictured(findings), summary(findings))
    if as_json:
        typer.echo(json.dumps(told(findings, status), indent=2))
    elif console.is_terminal:
        console.print(pictured(findings))
        console.print(summary(findings))
    else:
        for finding in findings:
            typer.echo(line(finding))
        typer.echo(summary(findings), err=True)
    return status


def _found(config: Path | None, wishes: Wishes, checks: Sequence[Check], *, is_quiet: bool) -> list[Finding]:
    try:
        settings = load_settings(config)
    except ConfigurationInvalid as exc:
        mend = "mend the settings file or the environment: docs/configuration.md; nothing else can be looked at before"
        sign = fault(str(exc), mend, status=Exit.CONFIGURATION)
        return [Finding("settings", "No process starts with settings that are wrong.", sign)]
    patient = Patient(settings, config, SystemClock(), wishes.between_looks_s)
    with Console(stderr=True, quiet=is_quiet).status("looking"):
        return asyncio.run(_all(patient, tuple(checks)))


async def _all(patient: Patient, checks: tuple[Check, ...]) -> list[Finding]:
    return [finding async for finding in examine(patient, checks)]


def told(findings: Sequence[Finding], status: Exit) -> dict[str, Any]:
    """For programs."""
    return {
        "is_healthy": status is Exit.DONE,
        "exit_status": int(status),
        "version": installed_version(),
        "findings": [
            {
                "check": finding.check,
                "state": finding.sign.state,
                "what": finding.sign.what,
                "why": finding.why,
                "mend": finding.sign.mend or None,
            }
            for finding in findings
        ],
    }


def line(finding: Finding) -> str:
    """One finding for `grep`: its state, its check, what is so, and what to do."""
    mend = f" -> {finding.sign.mend}" if finding.sign.mend else ""
    return f"{finding.sign.state:8}{finding.check:17}{finding.sign.what}{mend}"


def pictured(findings: Sequence[Finding]) -> Table:
    """For people: under what is not well stand the reason and the way out."""
    table = Table("", "check", "what is so", show_edge=False, pad_edge=False)
    before = ""
    for finding in findings:
        sign = finding.sign
        said = Text(sign.what, style="dim" if sign.state is State.SKIPPED else "")
        if sign.mend:
            said.append(f"\n{finding.why}", style="dim")
            said.append(f"\n→ {sign.mend}", style="bold")
        table.add_row(MARKS[sign.state], "" if finding.check == before else finding.check, said)
        before = finding.check
    return table


def summary(findings: Sequence[Finding]) -> str:
    """The last line."""
    counts = {state: sum(finding.sign.state is state for finding in findings) for state in State}
    told_of = {State.FAULT: "to mend", State.WARNING: "to look at", State.SKIPPED: "not looked at", State.WELL: "well"}
    return ", ".join(f"{counts[state]} {words}" for state, words in told_of.items() if counts[state])
