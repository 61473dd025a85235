"""The supervisor, on children that do what a test says, and on one real process."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psutil
import pytest

from runtime.clock import FixedClock
from tidings.back_off import FIRST_PAUSE_S, LONGEST_PAUSE_S, QUIET_S, BackOff
from tidings.children import OwnProcess
from tidings.supervisor import EARLY_DEATHS, ProcessFailed, Supervisor

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class FakeChild:
    """Lives until it is killed or stopped; `journal` tells all in order."""

    def __init__(self, name: str, journal: list[str], *, lives: int = 100, becomes_ready: bool = True) -> None:
        self.name = name
        self._journal = journal
        self._lives = lives
        self._becomes_ready = becomes_ready
        self._ended = asyncio.Event()
        self.started = asyncio.Event()

    async def start(self) -> int:
        self._journal.append(f"{self.name} starts")
        self._lives -= 1
        self._ended.clear()
        self.started.set()
        if self._lives < 0:
            self._ended.set()
        return 4242

    async def wait(self) -> str:
        await self._ended.wait()
        return "ended"

    async def is_ready(self) -> bool:
        return self._becomes_ready

    async def stop(self, limit_s: float) -> None:
        self._journal.append(f"{self.name} stops")
        self._ended.set()

    def last_words(self) -> str:
        return f"last words of {self.name}"

    def kill(self) -> None:
        self.started.clear()
        self._ended.set()


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor(tmp_path, FixedClock(NOW), chance=Random(1))


@pytest.mark.parametrize(
    ("lives_s", "ceilings_s"),
    [
        pytest.param([0, 0, 0], [1, 2, 4], id="the pause doubles with every death"),
        pytest.param([0] * 9, [1, 2, 4, 8, 16, 32, 60, 60, 60], id="and has a limit"),
        pytest.param([0, 0, QUIET_S, 0], [1, 2, 1, 2], id="a quiet minute makes it short again"),
    ],
)
def test_back_off(lives_s, ceilings_s):
    back_off = BackOff(Random(7))

    pauses = [back_off.pause_after(lived_s) for lived_s in lives_s]

    ceilings = [min(ceiling * FIRST_PAUSE_S, LONGEST_PAUSE_S) for ceiling in ceilings_s]
    assert all(ceiling / 2 <= pause <= ceiling for pause, ceiling in zip(pauses, ceilings, strict=True))


def test_what_counts_as_quiet_may_be_shorter():
    back_off = BackOff(Random(7), quiet_s=2.0)

    assert max(back_off.pause_after(2.0) for _ in range(9)) <= FIRST_PAUSE_S


def test_two_back_offs_do_not_come_back_at_once():
    assert BackOff(Random(1)).pause_after(0) != BackOff(Random(2)).pause_after(0)


async def test_what_dies_is_started_again_and_the_file_tells_how_often(supervisor, tmp_path):
    journal: list[str] = []
    child = FakeChild("ingest", journal)
    await supervisor.start(child)
    await supervisor.wait_until_ready(5)

    child.kill()
    await child.started.wait()
    await asyncio.sleep(0)

    told = json.loads((tmp_path / "processes.json").read_text())
    assert told == {"ingest": {"pid": 4242, "started_at": NOW.isoformat(), "restarts": 1}}
    await supervisor.stop()


async def test_all_are_stopped_those_that_came_last_first_and_none_comes_back(supervisor, tmp_path):
    journal: list[str] = []
    await supervisor.start(FakeChild("broker", journal))
    await supervisor.start(FakeChild("ingest", journal), FakeChild("api", journal))

    await supervisor.stop()

    starts, stops = journal[:3], journal[3:]
    assert starts == ["broker starts", "ingest starts", "api starts"]
    assert stops == ["ingest stops", "api stops", "broker stops"]
    assert not (tmp_path / "processes.json").exists()


async def test_a_child_that_waits_for_its_restart_stays_down_when_all_stops(supervisor):
    journal: list[str] = []
    child = FakeChild("ingest", journal)
    await supervisor.start(child)
    await supervisor.wait_until_ready(5)
    child.kill()
    await asyncio.sleep(FIRST_PAUSE_S / 10)

    await supervisor.stop()

    assert journal.count("ingest starts") == 1


async def test_a_child_that_dies_before_it_was_ever_ready_is_given_up_with_its_last_words(supervisor):
    journal: list[str] = []
    await supervisor.start(FakeChild("api", journal, lives=0, becomes_ready=False))

    with pytest.raises(ProcessFailed, match="last words of api"):
        await supervisor.wait_until_ready(30)

    assert journal.count("api starts") == EARLY_DEATHS
    await supervisor.stop()


async def test_an_early_death_is_forgiven_while_what_the_child_needs_is_down(supervisor):
    journal: list[str] = []
    broker = FakeChild("broker", journal, lives=1)
    await supervisor.start(broker)
    broker.kill()
    await supervisor.start(FakeChild("api", journal, lives=0, becomes_ready=False))

    with pytest.raises(ProcessFailed, match="not ready after"):
        await supervisor.wait_until_ready(4)

    assert journal.count("api starts") > EARLY_DEATHS
    await supervisor.stop()


async def test_a_child_that_is_late_is_named(supervisor):
    await supervisor.start(FakeChild("streams", [], becomes_ready=False), FakeChild("api", []))

    with pytest.raises(ProcessFailed, match="not ready after 0 s: streams"):
        await supervisor.wait_until_ready(0.3)

    await supervisor.stop()


def own_process(tmp_path: Path, source: str) -> OwnProcess:
    """A process of one module that is written on the spot."""
    (tmp_path / "sleeper.py").write_text(textwrap.dedent(source))
    environment = {"PYTHONPATH": str(tmp_path)}
    return OwnProcess("sleeper", logs=tmp_path / "logs", environment=environment, ready_url="http://127.0.0.1:9")


STUBBORN = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(60)
"""


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_a_process_that_does_not_hear_is_killed(tmp_path):
    child = own_process(tmp_path, STUBBORN)
    pid = await child.start()
    wait_until(lambda: "deaf" in (tmp_path / "logs" / "sleeper.log").read_text())

    await child.stop(0.2)

    assert await child.wait() == "was ended by SIGKILL"
    assert not psutil.pid_exists(pid)


async def test_a_process_that_fails_says_so_in_its_log(tmp_path):
    child = own_process(tmp_path, "raise SystemExit('no such setting')")
    await child.start()

    assert await child.wait() == "ended with status 1"
    assert child.last_words().splitlines()[-1] == "no such setting"


async def test_its_last_words_are_those_of_its_newest_life(tmp_path):
    """What ended an earlier one, days ago, would lead whoever reads them astray."""
    for words in ("an old sorrow", "a new one"):
        child = own_process(tmp_path, f"raise SystemExit({words!r})")
        await child.start()
        await child.wait()

    assert child.last_words() == "a new one"


async def test_a_large_log_is_put_aside_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr("tidings.children.LARGEST_LOG_BYTES", 3)
    child = own_process(tmp_path, "print('first life')")
    for _ in range(2):
        await child.start()
        await child.wait()

    logs = [(tmp_path / "logs" / name).read_text() for name in ("sleeper.log", "sleeper.log.old")]
    assert [log.count("first life") for log in logs] == [1, 1]


TALKATIVE = """
    import time
    while True:
        print("and another thing", flush=True)
        time.sleep(0.01)
"""


async def test_a_large_log_is_cut_while_its_process_goes_on_writing(tmp_path, monkeypatch):
    monkeypatch.setattr("tidings.children.LARGEST_LOG_BYTES", 50)
    monkeypatch.setattr("tidings.children.LOG_LOOK_S", 0.05)
    child = own_process(tmp_path, TALKATIVE)
    await child.start()
    waiting = asyncio.create_task(child.wait())
    old, log = (tmp_path / "logs" / name for name in ("sleeper.log.old", "sleeper.log"))
    await asyncio.to_thread(wait_until, old.is_file)
    await asyncio.to_thread(wait_until, lambda: "another thing" in log.read_text())
    await child.stop(5)
    await waiting

    assert b"\x00" not in log.read_bytes()
    assert log.stat().st_size < 5_000


async def test_a_process_is_not_ready_while_nobody_answers(tmp_path):
    assert not await own_process(tmp_path, "").is_ready()


SUPERVISING = """
    import asyncio, sys
    from pathlib import Path
    from runtime.clock import SystemClock
    from tidings.children import OwnProcess
    from tidings.supervisor import Supervisor

    async def main():
        supervisor = Supervisor(Path(sys.argv[1]), SystemClock())
        await supervisor.start(OwnProcess("sleeper", logs=Path(sys.argv[1]), environment={}, ready_url=""))
        await asyncio.sleep(60)

    asyncio.run(main())
"""


def test_no_child_outlives_a_supervisor_that_was_killed(tmp_path):
    (tmp_path / "sleeper.py").write_text("import time; time.sleep(60)")
    script = tmp_path / "supervising.py"
    script.write_text(textwrap.dedent(SUPERVISING))
    supervising = subprocess.Popen(
        [sys.executable, script, tmp_path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )
    file = tmp_path / "processes.json"
    while not file.exists():
        with suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended with {supervising.wait(0.05)}")
    child = psutil.Process(json.loads(file.read_text())["sleeper"]["pid"])

    supervising.send_signal(signal.SIGKILL)
    supervising.wait()

    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
