"""`tidings up` and `tidings broker`: run until told to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from contracts.errors import ConfigurationInvalid
from ingest.routes import make_routes
from providers import load_providers
from runtime.broker import BrokerSettings, LocalBroker
from runtime.broker.fetcher import broker_classpath
from runtime.clock import SystemClock
from runtime.logging import configure_logging
from runtime.settings import Settings, load_settings
from tidings.installation import Installation, running, stop_signals

T = TypeVar("T")

CONSOLE = Console(stderr=True)


def stay_up(config: Path | None) -> None:
    """Run the installation until SIGINT or SIGTERM. Raises `ConfigurationInvalid` before anything is started."""
    configure_logging("tidings", level="WARNING")
    settings = load_settings(config)
    if not settings.connections:
        raise ConfigurationInvalid(
            "no connection is configured, so no callback would be taken; add [[connections]] to tidings.toml, or try "
            "`tidings demo`"
        )
    make_routes(settings.connections, load_providers(), SystemClock())  # as ingest will, but before anything runs
    prepare_broker(settings)
    run_until_stopped(_stay_up(settings, config))


async def _stay_up(settings: Settings, config: Path | None) -> None:
    async with running(settings, config, announce) as (installation, supervisor):
        CONSOLE.print(places(installation))
        await supervisor.accompany(asyncio.Event().wait())


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`; SIGINT or SIGTERM cancels it, what it opened is closed, and there is none."""
    return asyncio.run(_until_stopped(work))


async def _until_stopped(work: Coroutine[Any, Any, T]) -> T | None:
    async with stop_signals() as asked:
        task, stop = asyncio.create_task(work), asyncio.create_task(asked.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not task.done():
            CONSOLE.print("stopping")
            task.cancel()
        await asyncio.wait({task})
    return None if task.cancelled() else task.result()


def prepare_broker(settings: Settings) -> None:
    """Fetch what a broker of one's own needs, before anything runs; Ctrl-C still simply ends it."""
    if Installation(settings, None).has_own_broker:
        broker_classpath(BrokerSettings())


def announce(name: str) -> None:
    """Say that one more part is up."""
    CONSOLE.print(f"[green]✓[/green] {name}")


def places(installation: Installation) -> Table:
    """What runs where."""
    settings = installation.settings
    table = Table.grid(padding=(0, 2))
    table.add_row("page and API", installation.api_url)
    table.add_row("callbacks", f"{installation.callbacks_url}/callbacks/<provider>/<connection>")
    for connection in settings.connections:
        table.add_row("", f"[dim]/callbacks/{connection.provider}/{connection.name}[/dim]")
    table.add_row("Kafka", f"{installation.bootstrap}, topics {settings.kafka.topic_prefix}…")
    table.add_row("data and logs", str(installation.data_dir))
    return table


def run_broker(config: Path | None, port: int | None) -> None:
    """Run only the broker of the installation, until SIGINT or SIGTERM."""
    configure_logging("broker", level="WARNING")
    settings = load_settings(config)
    if not Installation(settings, config).has_own_broker:
        CONSOLE.print(f"Kafka at {settings.kafka.bootstrap_servers} is configured; nothing is started")
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with LocalBroker(settings.data_dir.absolute() / "broker", port=port) as broker:
            CONSOLE.print(f"Apache Kafka answers at {broker.bootstrap}; Ctrl-C stops it")
            broker.watch()
    except KeyboardInterrupt:
        CONSOLE.print("stopped")


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
