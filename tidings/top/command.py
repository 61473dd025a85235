"""Shows figures again and again: on a terminal in place, for programs one JSON object a line, or just once."""

import asyncio
import json
import signal
from asyncio import Event
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.live import Live

from runtime.clock import SystemClock
from runtime.exits import Exit
from runtime.logging import configure_logging
from runtime.settings import load_settings
from tidings.doctor.patient import Patient
from tidings.pictures import draw
from tidings.top.figures import Json, figures
from tidings.top.keyboard import ended_by_key
from tidings.top.reading import Reader, reading
from tidings.top.view import picture

HINT = "q ends"
FIRST_INTERVAL_S = 1.0
"""Nobody wants to wait long for the first picture."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How it is shown."""

    key: str = ""
    interval_s: float = 2.0
    is_once: bool = False
    as_json: bool = False
    picture: Path | None = None
    """Where what is shown once is to be kept."""


def run(config: Path | None, wishes: Wishes) -> Exit:
    """Show, until `q` or Ctrl-C where it is not for once; a process that does not answer once makes that a failure."""
    # What a client has to say while nobody answers stands in the picture.
    configure_logging("top", level="CRITICAL")
    patient = Patient(load_settings(config), config, SystemClock())
    console = Console()
    if wishes.is_once or wishes.picture or not (wishes.as_json or console.is_terminal):
        return show_once(asyncio.run(_once(patient, wishes.key)), wishes, console)
    with suppress(KeyboardInterrupt):
        asyncio.run(show_for_long(patient, wishes, console))
    return Exit.DONE


def show_once(told: Json, wishes: Wishes, console: Console) -> Exit:
    """One picture; the status says whether every process is ready."""
    if wishes.picture is not None:
        draw(wishes.picture, "tidings top", picture(told))
    if wishes.as_json:
        typer.echo(json.dumps(told, indent=2))
    else:
        console.print(picture(told))
    return Exit.DONE if all(process["is_ready"] for process in told["processes"]) else Exit.FAILED


async def _once(patient: Patient, key: str) -> Json:
    async with reading(patient, key) as reader:
        before = await reader.read()
        await asyncio.sleep(FIRST_INTERVAL_S)
        return figures(before, await reader.read())


async def show_for_long(patient: Patient, wishes: Wishes, console: Console) -> None:
    """In place, or an object a line, until a key or a signal ends it."""
    with ended_by_key() as ended, _ended_by_signal(ended):
        async with reading(patient, wishes.key) as reader:
            if wishes.as_json:
                async for told in _followed(reader, wishes.interval_s, ended):
                    typer.echo(json.dumps(told))
                return
            with Live(console=console, screen=True, auto_refresh=False) as live:
                async for told in _followed(reader, wishes.interval_s, ended):
                    live.update(picture(told, hint=HINT), refresh=True)


async def _followed(reader: Reader, interval_s: float, ended: Event) -> AsyncIterator[Json]:
    """Figures, one interval apart, until `ended`."""
    before, pause_s = await reader.read(), min(interval_s, FIRST_INTERVAL_S)
    while not await _is_set_within(ended, pause_s):
        now = await reader.read()
        yield figures(before, now)
        before, pause_s = now, interval_s


async def _is_set_within(event: Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


@contextmanager
def _ended_by_signal(ended: Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
