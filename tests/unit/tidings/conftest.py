"""Actors that play both providers, and a play that is the same for every test."""

import logging
from datetime import UTC, datetime

import pytest
import structlog

from runtime.settings import Connection
from tidings.simulation.schedule import Actor, Play, cast_of

CONNECTIONS = (
    Connection(provider="telesign", name="main", customer_id="8DA09C4A", api_keys=("c2ltdWxhdGVk",)),
    Connection(provider="infobip", name="main", observe_only=True, username="tidings", passwords=("made-up",)),
)


@pytest.fixture(scope="session")
def cast() -> list[Actor]:
    return cast_of(CONNECTIONS)


@pytest.fixture
def play() -> Play:
    return Play(
        seed=7,
        rate_per_s=200,
        start=datetime(2026, 11, 21, 9, tzinfo=UTC),
        message_count=300,
        duplicates=0.05,
        is_shuffled=True,
        unregistered=0.1,
        speed=600,
    )


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    """A command sets up the logs of its process; here that is the process of all tests."""
    handlers = logging.root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in (None, "aiokafka")}
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
