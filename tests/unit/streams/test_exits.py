"""The last way out opens by itself, whatever else hangs, and is closed by an end in order."""

import subprocess
import sys

import pytest

HANGS = "import threading; threading.Event().wait()"


@pytest.mark.parametrize(
    ("goes_on", "status"),
    [
        pytest.param(HANGS, 1, id="a stop that hangs is ended"),
        pytest.param("pass", 0, id="who ends in order is not kept"),
    ],
)
def test_a_process_ends(goes_on, status):
    code = f"from streams.engine.exits import arm_hard_exit\narm_hard_exit(0.2)\n{goes_on}"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == status
    assert ("stop_hangs" in ended.stdout) == bool(status)
