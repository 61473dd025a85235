"""Some hundred messages through everything: all accounted for, whoever is killed on the way."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from runtime.settings import load_settings
from tests.e2e.conftest import eventually, processes_of

pytestmark = pytest.mark.broker

MESSAGES = 150
ENOUGH_TAKEN = 100
"""Callbacks, of about five hundred: now the run is in its middle."""
LIMIT_S = 280
LAST_LINE = re.compile(
    r"received=(\d+) applied=(\d+) repeated=(\d+) outranked=(\d+) parked=(\d+) quarantined=0 in_flight=0 unexplained=0 "
    r"sends=(\d+) double_sends=0 in_doubt=0"
)
LEAST_SENDS = 45
"""Of forty messages with plans at least; of some a second step has to leave."""


def callbacks_taken(data_dir: Path) -> float:
    """How many callbacks ingest has answered with 200 since it lives."""
    config = data_dir / "tidings.toml"
    if not config.exists():
        return 0
    with suppress(OSError), urlopen(f"http://127.0.0.1:{load_settings(config).ingest.admin_port}/metrics") as page:
        lines = page.read().decode().splitlines()
        return sum(
            float(line.split()[-1]) for line in lines if re.match(r'tidings_callbacks_total{.*status="200"', line)
        )
    return 0


def assert_proven(status: int, told: str) -> None:
    assert status == 0, told
    numbers = LAST_LINE.fullmatch(told.splitlines()[-1])
    assert numbers, told
    received, *parts, sends = map(int, numbers.groups())
    assert received == sum(parts)
    assert sends >= LEAST_SENDS


def test_every_message_is_accounted_for(proof):
    command = proof("--messages", str(MESSAGES), "--seed", "7")

    assert_proven(*command.ended(LIMIT_S))


@pytest.mark.long
def test_every_message_is_accounted_for_though_one_process_after_the_other_is_killed(proof):
    command = proof("--messages", str(MESSAGES), "--rate", "100", "--seed", "7")
    place = command.data_dir / "once"
    eventually(lambda: callbacks_taken(place) > ENOUGH_TAKEN, LIMIT_S, "the run is in its middle")

    for victim in ("api", "streams", "ingest"):
        os.kill(processes_of(place)[victim]["pid"], signal.SIGKILL)
        eventually(lambda name=victim: processes_of(place)[name]["restarts"] == 1, LIMIT_S, f"{victim} is back")

    pids = [process["pid"] for process in processes_of(place).values()]
    assert_proven(*command.ended(LIMIT_S))
    assert not any(map(psutil.pid_exists, pids))
