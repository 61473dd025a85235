"""What the installation weighs at rest: all Python processes of an idle demo, supervisor included."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bench.figures import Figure, figure
from tidings.demo.setup import ensure_demo_settings, fresh_ports

GROUP = "memory"
READY_LIMIT_S = 120.0
SETTLE_S = 10.0
PROCESSES = ("ingest", "streams", "api")


def measure() -> list[Figure]:
    """Three looks a few seconds apart at one idle installation; resident megabytes."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as place:
        data_dir = Path(place) / "data"
        file = ensure_demo_settings(data_dir, topic_prefix="bench-", ports=fresh_ports())
        up = subprocess.Popen(
            [sys.executable, "-m", "tidings", "up", "--config", str(file)],
            env={**os.environ, "TIDINGS_DATA_DIR": str(data_dir)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_up(up, data_dir / "processes.json")
            looks = []
            for _ in range(3):
                time.sleep(SETTLE_S)
                looks.append(_weigh(up.pid, data_dir / "processes.json"))
        finally:
            up.terminate()
            up.wait(60)
    return [
        *(figure(GROUP, f"{name}, idle", [look[name] for look in looks], unit="MB") for name in looks[0]),
        figure(GROUP, "all Python processes, idle", [sum(look.values()) for look in looks], unit="MB", goal="<= 700"),
    ]


def _wait_until_up(up: subprocess.Popen[bytes], processes: Path) -> None:
    deadline = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < deadline and up.poll() is None:
        if processes.exists() and set(PROCESSES) <= set(json.loads(processes.read_text())):
            return
        time.sleep(0.2)
    raise RuntimeError("the installation did not come up; run `tidings up` to see why")


def _weigh(supervisor_pid: int, processes: Path) -> dict[str, float]:
    """Resident megabytes by process, children included; the broker is Java and not counted."""
    pids = {name: row["pid"] for name, row in json.loads(processes.read_text()).items() if name in PROCESSES}
    weights = {name: _resident(psutil.Process(pid), deep=True) for name, pid in pids.items()}
    return {**weights, "supervisor": _resident(psutil.Process(supervisor_pid), deep=False)}


def _resident(process: psutil.Process, *, deep: bool) -> float:
    family = [process, *(process.children(recursive=True) if deep else [])]
    return sum(one.memory_info().rss for one in family) / 1e6
