"""What every test may ask for."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from contracts.errors import BrokerUnavailable
from runtime.broker import BrokerSettings, LocalBroker, running_broker
from runtime.broker.fetcher import broker_classpath

OwnBroker = Callable[[], LocalBroker]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch what the broker needs before a test's clock runs; the fixture tells what went wrong, if anything did."""
    settings = BrokerSettings()
    if not settings.bootstrap_servers and any(item.get_closest_marker("broker") for item in session.items):
        with suppress(BrokerUnavailable):
            broker_classpath(settings)


def pytest_unconfigure() -> None:
    """Let go of what Hypothesis hangs on the collector: it keeps DuckDB's types alive, which then say so at the end."""
    gc.callbacks.clear()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap servers of a real Kafka, one for the whole run."""
    with running_broker(tmp_path_factory.mktemp("broker")) as bootstrap:
        yield bootstrap


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    """Makes started brokers that a test may stop and kill as it likes."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(LocalBroker(tmp_path_factory.mktemp("own-broker")))
