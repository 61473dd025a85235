"""What every test may ask for."""

import gc
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress

import pytest
from hypothesis import settings as hypothesis_settings

from contracts.errors import BrokerUnavailable
from runtime.broker import BrokerSettings, LocalBroker
from runtime.broker.fetcher import broker_classpath
from runtime.collector import loading
from tests.support.shared_broker import shared_broker

OwnBroker = Callable[[], LocalBroker]

LOG_END_LINES = 60

# Some twenty brokers live for a minute each, in which what Java's best compiler gains is less than what it costs.
# Measured: a start takes 6.7 seconds of CPU instead of 10.2.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")

# Each run draws examples of its own, so that many runs together see much; `make prove` draws many at once.
hypothesis_settings.register_profile("short", max_examples=50, deadline=None)
hypothesis_settings.register_profile("long", max_examples=1000, deadline=None)
hypothesis_settings.load_profile("short")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Without the garbage collector, which would look through ten thousand tests again and again, then and later."""
    with loading():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that nobody waits for a last file while others have nothing left to do."""
    items.sort(key=lambda item: item.get_closest_marker("broker") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch what the broker needs before a test's clock runs; the fixture tells what went wrong, if anything did."""
    settings = BrokerSettings()
    if not settings.bootstrap_servers and any(item.get_closest_marker("broker") for item in session.items):
        with suppress(BrokerUnavailable):
            broker_classpath(settings)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Let go of what Hypothesis hangs on the collector: it keeps DuckDB's types alive, which then say so at the end."""
    gc.callbacks.clear()
    gc.unfreeze()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The bootstrap servers of a real Kafka, one for the whole run."""
    base = tmp_path_factory.getbasetemp()
    of_the_run = base if worker_id == "master" else base.parent
    with shared_broker(of_the_run / "broker", worker_id) as bootstrap:
        yield bootstrap


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnBroker]:
    """Makes started brokers that a test may stop and kill as it likes."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(LocalBroker(tmp_path_factory.mktemp("own-broker")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed tells what the processes that it started had to say last: its directory may soon be gone."""
    report = yield
    place = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and place is not None:
        for log in sorted(place.rglob("*.log")):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_END_LINES:]
            report.sections.append((f"the end of {log.relative_to(place)}", "\n".join(lines)))
    return report
