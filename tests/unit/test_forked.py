"""Processes that tests start behind their imports are processes as any other."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.forked import Forked, start_module

MODULE = "tests.support.forked_example"
ORDER_AND_BE_KILLED = f"""
import os, signal, sys
from tests.support.forked import start_module
print(start_module("{MODULE}", "sleep", environment=os.environ).pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
ROOT = Path(__file__).parents[2]


def start(*arguments: str, log: Path, **told: str) -> Forked:
    return start_module(MODULE, *arguments, environment=os.environ | told, log=log)


def test_it_is_told_what_to_do_and_by_what_environment(tmp_path):
    process = start("tell", "WHO", log=tmp_path / "out", WHO="a stage")

    assert process.wait(20) == 0
    assert (tmp_path / "out").read_text() == f"{process.pid}: a stage\n"
    assert process.pid != os.getpid()


@pytest.mark.parametrize(
    ("deed", "status", "said"),
    [
        pytest.param("exit", 7, "", id="a status"),
        pytest.param("raise", 1, "ValueError: as it happens", id="an error, with its traceback"),
        pytest.param("die", -signal.SIGKILL, "", id="a signal"),
    ],
)
def test_its_end_is_told_as_of_a_process(tmp_path, deed, status, said):
    process = start(deed, log=tmp_path / "out")

    assert process.wait(20) == status
    assert (process.poll(), process.returncode) == (status, status)
    assert said in (tmp_path / "out").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_it_runs_until_a_signal_ends_it_alone(tmp_path, number):
    victim, other = start("sleep", log=tmp_path / "victim"), start("sleep", log=tmp_path / "other")

    with pytest.raises(subprocess.TimeoutExpired):
        victim.wait(0.2)
    victim.send_signal(number)

    assert victim.wait(20) == -number
    assert other.poll() is None
    other.kill()
    assert other.wait(20) == -signal.SIGKILL
    other.kill()  # harmless


def test_it_does_not_outlive_who_ordered_it():
    ended = subprocess.run([sys.executable, "-c", ORDER_AND_BE_KILLED], cwd=ROOT, capture_output=True, check=False)
    deadline = time.monotonic() + 20
    while psutil.pid_exists(int(ended.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
