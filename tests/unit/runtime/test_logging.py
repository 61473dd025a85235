"""Logs: one event name with fields; secrets never."""

import json
import logging

import pytest
import structlog

from runtime.logging import configure_logging


@pytest.fixture(autouse=True)
def leave_no_trace():
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_is_json_with_event_process_and_time(capsys):
    configure_logging("ingest", as_json=True)
    structlog.get_logger().info("callback_accepted", provider="telesign")

    line = json.loads(capsys.readouterr().err)

    assert line["event"] == "callback_accepted"
    assert line["process"] == "ingest"
    assert line["provider"] == "telesign"
    assert line["timestamp"].endswith("Z")


def test_a_field_that_sounds_like_a_secret_is_hidden(capsys):
    configure_logging("ingest", as_json=True)
    structlog.get_logger().info("connection_loaded", api_key="c2VjcmV0", basic_password="hush")

    said = capsys.readouterr().err

    assert "c2VjcmV0" not in said
    assert "hush" not in said


def test_a_library_speaks_in_the_same_form_and_only_from_warnings_up(capsys):
    configure_logging("streams", as_json=True)
    logging.getLogger("aiokafka").info("chatter")
    logging.getLogger("aiokafka").warning("heartbeat failed")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert [line["event"] for line in lines] == ["heartbeat failed"]


def test_a_library_that_fails_leaves_its_traceback(capsys):
    configure_logging("api", as_json=True)
    try:
        1 / 0  # noqa: B018  # the failure is the point
    except ZeroDivisionError:
        logging.getLogger("uvicorn").exception("request failed")

    line = json.loads(capsys.readouterr().err)

    assert line["event"] == "request failed"
    assert line["exception"].endswith("ZeroDivisionError: division by zero")
