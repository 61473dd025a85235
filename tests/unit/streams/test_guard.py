"""Who overslept ends; who was only busy goes on."""

import subprocess
import sys

import pytest

from streams.engine.guard import SleepGuard

SESSION_S = 10.0


@pytest.mark.parametrize(
    ("pauses", "ends"),
    [
        pytest.param([1.0] * 30, False, id="a ticking loop may live for long"),
        pytest.param([7.9], False, id="below 0.8 of the session"),
        pytest.param([8.1], True, id="above it"),
        pytest.param([1.0, 9.0, 0.0], True, id="the first look after waking ends it, whoever looks"),
    ],
)
def test_a_process_that_slept_past_its_session_ends(pauses, ends):
    now, ended = [100.0], []
    guard = SleepGuard(SESSION_S, clock=lambda: now[0], end=ended.append)
    for pause in pauses:
        now[0] += pause
        guard.check()

    assert bool(ended) is ends


def test_the_end_is_at_once_and_with_status_one():
    code = (
        "import atexit\n"
        "from streams.engine.guard import SleepGuard\n"
        "atexit.register(print, 'stopped in order')\n"
        "SleepGuard(10, clock=iter([0.0, 100.0]).__next__).check()\n"
        "print('went on')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert '"overslept"' in ended.stderr
