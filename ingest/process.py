"""The ingest process from its settings to its end."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from contracts.errors import TidingsError
from ingest.server import Ingest
from providers import load_providers
from providers._kit.provider import Provider
from runtime.exits import Exit, exit_of
from runtime.logging import configure_logging
from runtime.loops import new_loop
from runtime.settings import Settings, load_settings

log = structlog.get_logger()


def main() -> Exit:
    """Run until stopped, and say how that ended."""
    configure_logging("ingest")
    try:
        settings = load_settings()
        configure_logging("ingest", level=settings.log_level)
        run(settings, load_providers())
    except TidingsError as exc:
        log.error("ingest_failed", error=type(exc).__name__, reason=str(exc))  # noqa: TRY400  # for people, not a trace
        return exit_of(exc)
    return Exit.DONE


def run(settings: Settings, providers: Mapping[str, Provider[Any]]) -> None:
    """Run on a loop of its own until stopped. Raises `TidingsError` when it cannot start or go on."""

    async def live() -> None:
        await Ingest(settings, providers).run()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(live())
