"""The real processes, started as a user starts them, on the Kafka of the test run."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.request import urlopen

import pytest

from runtime.settings import Settings, load_settings
from tidings.demo.setup import ensure_demo_settings, fresh_ports

READY_S = 150.0
STOP_S = 40.0


def environment(bootstrap: str, data_dir: Path) -> dict[str, str]:
    """What a command is told: nothing of ours but where Kafka and its data are."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TIDINGS_")}
    return {**inherited, "KAFKA_BOOTSTRAP_SERVERS": bootstrap, "TIDINGS_DATA_DIR": str(data_dir)}


def eventually(is_so: Callable[[], bool], limit_s: float, what: str) -> None:
    """Wait until it is so; fail with `what` when it does not come."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < deadline, f"not so after {limit_s:.0f} s: {what}"
        time.sleep(0.05)


def answers(url: str) -> bool:
    with suppress(OSError), urlopen(url, timeout=2) as answer:
        return answer.status == 200
    return False


def processes_of(data_dir: Path) -> dict[str, dict[str, int]]:
    """Who runs, as the supervisor tells it."""
    with suppress(FileNotFoundError):
        told: dict[str, dict[str, int]] = json.loads((data_dir / "processes.json").read_text())
        return told
    return {}


@dataclass
class Command:
    """A `tidings` command that runs."""

    process: subprocess.Popen[str]
    data_dir: Path

    def ended(self, limit_s: float) -> tuple[int, str]:
        """Its exit status and what it printed."""
        out, err = self.process.communicate(timeout=limit_s)
        return self.process.returncode, f"{out}\n{err}" if self.process.returncode else out

    def stop(self) -> int:
        """Ask it to stop, as a service manager would."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=STOP_S)
        return self.process.returncode


Launch = Callable[..., Command]


def launch(bootstrap: str, data_dir: Path, *arguments: str) -> Command:
    process = subprocess.Popen(
        [sys.executable, "-m", "tidings", *arguments],
        env=environment(bootstrap, data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Command(process, data_dir)


@pytest.fixture
def proof(broker: str, tmp_path: Path) -> Iterator[Launch]:
    """Starts `tidings demo --once` with the given options, in a data directory of its own."""
    started: list[Command] = []

    def start(*options: str) -> Command:
        started.append(launch(broker, tmp_path, "demo", "--once", *options))
        return started[-1]

    yield start
    for command in started:
        command.process.kill()
        command.process.communicate()


@dataclass
class Installed:
    """An installation that is up."""

    command: Command
    config: Path
    settings: Settings
    bootstrap: str

    def run(self, *arguments: str, **environ: str) -> str:
        """What a command prints when it does what it should."""
        done = subprocess.run(
            [sys.executable, "-m", "tidings", *arguments, "--config", str(self.config)],
            env=environment(self.bootstrap, self.settings.data_dir) | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """`tidings up` with the connections of the demo, ready; up only while it is asked, for it takes CPU."""
    place = tmp_path_factory.mktemp("installed")
    config = ensure_demo_settings(place, topic_prefix=f"e2e-{token_hex(4)}-", ports=fresh_ports())
    settings = load_settings(config)
    command = launch(broker, place, "up", "--config", str(config))
    ports = (settings.ingest.admin_port, settings.streams.admin_port, settings.api.port)
    try:
        for port in ports:
            eventually(lambda port=port: answers(f"http://127.0.0.1:{port}/readyz"), READY_S, f"{port} is ready")
        yield Installed(command, config, settings, broker)
    finally:
        command.process.terminate()
        try:
            command.process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            command.process.kill()
            command.process.communicate()
