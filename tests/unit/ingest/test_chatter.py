"""What libraries log, thinned out."""

import logging
from datetime import UTC, datetime

import pytest

from ingest.chatter import Thrift
from ingest.limits import LINES_PER_WINDOW, LOG_WINDOW_S
from runtime.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 21, tzinfo=UTC))


def line(lineno: int = 7) -> logging.LogRecord:
    return logging.LogRecord("aiokafka.conn", logging.ERROR, "conn.py", lineno, "no %s", ("broker",), None)


def test_of_one_place_a_few_lines_a_minute_pass(clock):
    thrift = Thrift(clock)
    passed = [thrift.filter(line()) for _ in range(100)]

    assert sum(passed) == LINES_PER_WINDOW
    assert thrift.filter(line(lineno=8))


def test_the_next_one_tells_how_many_were_left_out(clock):
    thrift = Thrift(clock)
    for _ in range(LINES_PER_WINDOW + 3):
        thrift.filter(line())
    clock.advance(LOG_WINDOW_S)
    later = line()
    thrift.filter(later)

    assert later.getMessage() == "no broker (left out before: 3)"
