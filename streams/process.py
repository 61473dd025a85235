"""The process of the stages, from its settings to its end."""

import asyncio
import sys

import stamina.instrumentation
import structlog

from contracts.errors import ConfigurationInvalid, TidingsError
from runtime.exits import Exit, exit_of
from runtime.logging import configure_logging
from runtime.loops import new_loop
from runtime.settings import load_settings
from streams.companions import companions_of
from streams.engine.process import run_stages
from streams.rehearsing import routes_of
from streams.topology import stages_named


def main(names: list[str]) -> Exit:
    """Run the stages until stopped, and say how that ended."""
    try:
        settings = load_settings()
        stages = stages_named(names)
    except TidingsError as exc:
        print(f"streams: {exc}", file=sys.stderr)  # noqa: T201  # before there is a log
        return exit_of(exc)
    configure_logging("streams", level=settings.log_level)
    structlog.contextvars.bind_contextvars(stages=",".join(names or [stage.name for stage in stages]))
    stamina.instrumentation.set_on_retry_hooks([])  # who asks says once what came of it
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            beside, routes = companions_of(names, settings), routes_of(stages, settings)
            return runner.run(run_stages(stages, settings, beside, routes=routes))
    except ConfigurationInvalid as exc:  # of a file that only a stage reads
        structlog.get_logger().critical("stages_cannot_begin", reason=str(exc))
        return exit_of(exc)
