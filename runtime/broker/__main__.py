"""`python -m runtime.broker`: just the broker, until Ctrl-C."""

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from contracts.errors import TidingsError
from runtime.broker.jars import KAFKA_VERSION
from runtime.broker.local import LocalBroker
from runtime.broker.settings import BrokerSettings
from runtime.logging import configure_logging


def main(
    data: Annotated[Path, typer.Option(help="Where its data and logs are kept.")] = Path(".tidings/broker"),
    port: Annotated[int | None, typer.Option(help="The port for clients; a free one when not given.")] = None,
    heap: Annotated[str, typer.Option(help="Java's heap.")] = "512m",
) -> None:
    """Run Apache Kafka on this machine in the foreground; Ctrl-C stops it."""
    configure_logging("broker", level="WARNING")
    settings = BrokerSettings()
    if settings.bootstrap_servers:
        typer.echo(f"KAFKA_BOOTSTRAP_SERVERS names {settings.bootstrap_servers}; nothing is started")
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        _run(LocalBroker(data, heap=heap, port=port, settings=settings))
    except TidingsError as exc:
        typer.echo(str(exc), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("stopped")


def _run(broker: LocalBroker) -> None:
    with broker:
        typer.echo(f"Apache Kafka {KAFKA_VERSION} answers at {broker.bootstrap}")
        typer.echo(f"data and logs are in {broker.installation.directory}; Ctrl-C stops it")
        broker.watch()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(main)
