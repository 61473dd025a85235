"""One real Kafka for all processes of a test run, because each costs as much as fifty tests."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from runtime.broker import BrokerSettings, LocalBroker
from tests.support.patience import LIMIT_S

PAUSE_S = 0.1


@contextmanager
def shared_broker(place: Path, who: str) -> Iterator[str]:
    """The bootstrap servers. The first of a run who comes starts it, and stays until the others have gone."""
    place.mkdir(exist_ok=True)
    user, address = place / f"user-{who}", place / "address"
    with ExitStack() as stack:
        with _alone(place / "lock"):
            if not address.exists():
                address.write_text(stack.enter_context(_mortal_broker(place / "broker")), encoding="utf-8")
                stack.callback(_wait_for_others, place)
            user.touch()
        stack.callback(user.unlink)
        yield address.read_text(encoding="utf-8")


@contextmanager
def _mortal_broker(place: Path) -> Iterator[str]:
    """That of the environment, else our own. It is killed: what it would write at its end nobody is there to read."""
    if named := BrokerSettings().bootstrap_servers:
        yield named
        return
    broker = LocalBroker(place)
    broker.start()
    try:
        yield broker.bootstrap
    finally:
        broker.kill()


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait_for_others(place: Path) -> None:
    deadline = time.monotonic() + LIMIT_S
    while any(place.glob("user-*")) and time.monotonic() < deadline:
        time.sleep(PAUSE_S)
