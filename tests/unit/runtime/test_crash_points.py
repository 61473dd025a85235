"""A process dies where it is told to, as often as it was told to pass before, and nowhere else."""

import signal
import subprocess
import sys

import pytest

from runtime.crash_points import CrashPoint

PASSES = """
from runtime.crash_points import crash_point
for _ in range(3):
    crash_point("sink.committed")
print("lived")
"""


@pytest.mark.parametrize(
    ("told", "passed", "deaths"),
    [
        pytest.param("sink.committed", ["sink.committed"], 1, id="dies at its place"),
        pytest.param("sink.committed", ["sink.begun"], 0, id="passes every other place"),
        pytest.param("sink.committed:2", ["sink.committed"], 0, id="passes as often as it was told"),
        pytest.param("sink.committed:2", ["sink.committed"] * 2, 1, id="and dies then"),
        pytest.param("sink.begun:2,sink.committed", ["sink.begun", "sink.committed"], 1, id="dies at one of several"),
    ],
)
def test_a_place_is_where_it_dies(told, passed, deaths):
    died = []
    point = CrashPoint(told, die=lambda: died.append(told))

    for name in passed:
        point.passing(name)

    assert len(died) == deaths


@pytest.mark.parametrize(
    ("variable", "status", "printed"),
    [
        pytest.param({"TIDINGS_CRASH_AT": "sink.committed:2"}, -signal.SIGKILL, "", id="told to die, it is killed"),
        pytest.param({}, 0, "lived\n", id="told nothing, it lives"),
    ],
)
def test_a_process_obeys_its_environment(variable, status, printed):
    ended = subprocess.run([sys.executable, "-c", PASSES], env=variable, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (status, printed)
