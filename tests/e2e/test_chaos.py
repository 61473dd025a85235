"""A short run of the chaos harness, and the walk over all crash points; long ones are `make chaos`."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.crash_walk import WALK
from tests.chaos.plan import STREAMS

pytestmark = [pytest.mark.broker, pytest.mark.timeout(420)]

ROOT = Path(__file__).parents[2]
LIMIT_S = 400
GENTLY = ("--rate", "20", "--planned", "15")
"""Half of what `make chaos` posts a second: as many things happen, and each costs half as much."""
AT_THE_ENDS = (".decided", ".committed")
"""Nothing of a batch is written, or all of it: `python -m tests.chaos --walk` goes there, too."""
LAST_LINE = re.compile(
    r"received=(\d+) applied=\d+ repeated=\d+ outranked=\d+ parked=\d+ quarantined=0 in_flight=0 unexplained=0 "
    r"sends=(\d+) double_sends=0 in_doubt=0 kills=(\d+)"
)


def run_chaos(place, *options):
    """What the harness printed last, and whether all was right."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *options],
        cwd=ROOT,
        env={**os.environ, "TIDINGS_DATA_DIR": str(place), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return LAST_LINE.fullmatch(done.stdout.splitlines()[-1])


def test_nothing_is_lost_whatever_is_killed_paused_or_restarted(tmp_path):
    told = run_chaos(tmp_path, "--minutes", "0.4", "--seed", "22", "--rate", "15", "--planned", "8")

    assert told
    assert int(told[1]) > 1000
    assert int(told[2]) > 200
    assert int(told[3]) >= 4


@pytest.mark.long
def test_nothing_is_lost_wherever_a_process_dies(tmp_path):
    """Between outputs, state and claims, and in the store's transaction; tests of their own kill elsewhere."""
    places = [stop.name for stop in WALK if stop.process == STREAMS and not stop.name.endswith(AT_THE_ENDS)]
    places.append("sink.inserted")
    told = run_chaos(tmp_path, "--walk", "--seed", "12", *GENTLY, *(f"--at={name}" for name in dict.fromkeys(places)))

    assert told
    assert int(told[3]) == len(places)
