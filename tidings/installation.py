"""One installation on this machine: Kafka, the topics, and the three processes under one supervisor."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from contracts.topics import load_topics
from runtime.broker import LocalBroker
from runtime.broker.installation import Installation as BrokerPlace
from runtime.clock import SystemClock
from runtime.kafka import ensure_topics
from runtime.settings import KafkaSettings, Settings
from tidings.back_off import QUIET_S
from tidings.children import OwnBroker, OwnProcess
from tidings.supervisor import Supervisor

READY_LIMIT_S = 90.0
Tell = Callable[[str], object]
"""Takes the name of what is up now, `broker`, `topics` or a process."""


@dataclass
class Installation:
    """Knows where everything is."""

    settings: Settings
    config: Path | None
    bootstrap: str = ""

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir.absolute()

    @property
    def has_own_broker(self) -> bool:
        """Whether nobody named a Kafka, so that one is started."""
        return "bootstrap_servers" not in self.settings.kafka.model_fields_set

    @property
    def kafka(self) -> KafkaSettings:
        """The settings with the broker that is really used; known once it runs."""
        return self.settings.kafka.model_copy(update={"bootstrap_servers": self.bootstrap})

    @property
    def callbacks_url(self) -> str:
        return reachable(self.settings.ingest.host, self.settings.ingest.port)

    @property
    def api_url(self) -> str:
        return reachable(self.settings.api.host, self.settings.api.port)

    @property
    def environment(self) -> dict[str, str]:
        """What the processes are told beside the settings file, so that all mean the same installation."""
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "TIDINGS_KAFKA__BOOTSTRAP_SERVERS": self.bootstrap,
            "TIDINGS_DATA_DIR": str(self.data_dir),
            # A name that survives a restart: Kafka gives a known member its partitions back at once.
            "TIDINGS_STREAMS__INSTANCE_ID": self.settings.streams.instance_id or _instance_id(self.data_dir),
        }
        return told | ({"TIDINGS_CONFIG": str(self.config.absolute())} if self.config else {})


def at_its_kafka(settings: Settings) -> Settings:
    """With the Kafka that is used: the one that is named, else where our own was started last."""
    installation = Installation(settings, None)
    own = BrokerPlace(installation.data_dir / "broker").last_address if installation.has_own_broker else None
    if own is None:
        return settings
    return settings.model_copy(update={"kafka": settings.kafka.model_copy(update={"bootstrap_servers": own})})


@asynccontextmanager
async def running(
    settings: Settings, config: Path | None, tell: Tell = lambda _name: None, *, quiet_s: float = QUIET_S
) -> AsyncIterator[tuple[Installation, Supervisor]]:
    """The installation, up and ready, for the time of the block; all of it is stopped behind the block.

    A process that lived for `quiet_s` is well: when it dies then, it is started again at once.
    Raises `BrokerUnavailable`, `ConfigurationInvalid` or `ProcessFailed` when it cannot be brought up.
    """
    installation = Installation(settings, config)
    installation.data_dir.mkdir(parents=True, exist_ok=True)
    supervisor = Supervisor(installation.data_dir, SystemClock(), quiet_s=quiet_s)
    try:
        await _bring_up(installation, supervisor, tell)
        yield installation, supervisor
    finally:
        await supervisor.stop()


async def _bring_up(installation: Installation, supervisor: Supervisor, tell: Tell) -> None:
    settings = installation.settings
    installation.bootstrap = settings.kafka.bootstrap_servers
    if installation.has_own_broker:
        broker = LocalBroker(installation.data_dir / "broker")
        await supervisor.start(OwnBroker(broker))
        await supervisor.wait_until_ready(READY_LIMIT_S, tell)
        installation.bootstrap = broker.bootstrap
    await ensure_topics(installation.kafka, list(load_topics().values()))
    tell("topics")
    await supervisor.start(*_processes(installation))
    await supervisor.wait_until_ready(READY_LIMIT_S, tell)


def _processes(installation: Installation) -> list[OwnProcess]:
    settings, logs = installation.settings, installation.data_dir / "logs"
    doors = {
        "ingest": reachable(settings.ingest.admin_host, settings.ingest.admin_port),
        "streams": reachable(settings.streams.admin_host, settings.streams.admin_port),
        "api": installation.api_url,
    }
    return [
        OwnProcess(module, logs=logs, environment=installation.environment, ready_url=f"{url}/readyz")
        for module, url in doors.items()
    ]


@asynccontextmanager
async def stop_signals() -> AsyncIterator[asyncio.Event]:
    """An event that SIGINT or SIGTERM sets; the second one ends this process at once, and with it its children."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        asked.set()
        _let_go(loop)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    try:
        yield asked
    finally:
        _let_go(loop)


def _let_go(loop: asyncio.AbstractEventLoop) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.remove_signal_handler(number)


def reachable(host: str, port: int) -> str:
    """Where to reach what listens on `host`; a wildcard is reached on this machine."""
    is_wildcard = host in {"0.0.0.0", "::", ""}  # noqa: S104  # compared with, not bound to
    return f"http://{'127.0.0.1' if is_wildcard else host}:{port}"


def _instance_id(data_dir: Path) -> str:
    digest = blake2b(str(data_dir).encode(), digest_size=4).hexdigest()
    return f"{socket.gethostname()}-{digest}"
