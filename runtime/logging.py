"""Logs: one event name with fields, JSON for machines and colour for people."""

import logging
import sys

import structlog

SECRET_WORDS = ("secret", "password", "api_key", "token", "authorization")


def configure_logging(process: str, *, level: str = "INFO", as_json: bool | None = None) -> None:
    """Set up structlog and the standard library once, at the door of a process.

    Lines go to standard error. JSON is the default unless a person watches a terminal.
    """
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    _route_standard_library(shared, last, level)


def _route_standard_library(
    shared: list[structlog.typing.Processor], last: structlog.typing.Processor, level: str
) -> None:
    """Lines of libraries come out in the same form; they are quiet below warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.getLevelNamesMapping()[level], logging.WARNING))


def _hide_secrets(
    _logger: structlog.typing.WrappedLogger, _name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for field in event:
        if any(word in field.lower() for word in SECRET_WORDS):
            event[field] = "hidden"
    return event
