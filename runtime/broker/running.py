"""The broker to use: the one that the user names, else one of our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.broker.local import LocalBroker
from runtime.broker.settings import BrokerSettings


@contextmanager
def running_broker(data_dir: Path, settings: BrokerSettings | None = None) -> Iterator[str]:
    """The bootstrap servers for the time of the block.

    `KAFKA_BOOTSTRAP_SERVERS` when it is set, and then nothing is started; else those of a broker on `data_dir`.
    """
    settings = settings or BrokerSettings()
    if settings.bootstrap_servers:
        yield settings.bootstrap_servers
        return
    with LocalBroker(data_dir, settings=settings) as broker:
        yield broker.bootstrap
