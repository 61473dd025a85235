"""Half an hour of steady callbacks: whether memory, logs or spool grow. `make soak`, or `python -m bench.soak 5`.

After the warm-up no attempt is new, because what is remembered of new ones is meant to grow with them: 350 bytes an
attempt, for as many days as the settings say. There are so many that each comes back once or twice, for what the store
looks at grows with what was said of one attempt, and in life that is ten reports. A log is cut when it is large, so
what counts is how fast it comes there. Rows and records on the disk grow with what comes, and are left out too; the
store's share of memory is set so low that it is used up in the warm-up, in which three times as much comes in a minute.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import aiohttp

from bench.figures import Figure, figure, print_table
from bench.ingest import CUSTOMER_ID, KEY, PATH, signed_callbacks
from bench.resident import resident
from providers._kit.script import SimulatedCallback
from runtime.broker.ports import free_port
from tidings.children import LARGEST_LOG_BYTES

GROUP = "soak"
RATE_PER_S = 200
MINUTES = 30.0
DIFFERENT, WARM_UP_RATE_PER_S = 240_000, 1000
WARM_UP_LIMIT_S = 1200.0
"""In the warm-up each comes once, as fast as it is taken, so that every buffer has had its largest batch."""
POSTERS = 8
EVERY_S, WINDOW_S = 5.0, 150.0
"""What a batch, a copy of the store or the archive needs for a moment comes and goes within a window: its lowest
reading tells what is kept."""
PROCESSES = ("ingest", "streams", "api")
FOLDERS = ("logs", "spool")
MB = 1_000_000
HOUR_S = 3600.0
READY_LIMIT_S = 120.0
PART = ", of that "
"""In the name of what is a part of something else: it shows where that grows, and has no goal of its own."""

Samples = dict[str, list[tuple[float, float]]]
"""What was looked at, to (seconds, megabytes)."""


def measure(minutes: float = MINUTES) -> list[Figure]:
    """One run; the change of what is kept within an hour, by least squares, as a share of the mean."""
    with tempfile.TemporaryDirectory(prefix="tidings-bench-") as name:
        place, ports = Path(name) / "data", _four_ports()
        up = subprocess.Popen(
            [sys.executable, "-m", "tidings", "up", "--config", str(_settings(Path(name), place, ports))],
            env={**os.environ, "TIDINGS_DATA_DIR": str(place)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            samples = asyncio.run(_soak(place, minutes, *ports))
        finally:
            up.terminate()
            up.wait(60)
    return [one for name, found in sorted(samples.items()) for one in _figures(name, found)]


def _four_ports() -> list[int]:
    """For callbacks, and where ingest, streams and api tell whether they are ready."""
    first = free_port()
    return [first, *(free_port(besides=first) for _ in PROCESSES)]


def _settings(directory: Path, place: Path, ports: Sequence[int]) -> Path:
    settings = directory / "tidings.toml"
    settings.write_text(
        f'data_dir = "{place}"\n[ingest]\nport = {ports[0]}\nadmin_port = {ports[1]}\n'
        f"[streams]\nadmin_port = {ports[2]}\n[api]\nport = {ports[3]}\n"
        '[store]\nmemory_limit = "96MB"\nsnapshot_every_s = 120\n[archive]\nevery_s = 30\n'
        f'[[connections]]\nprovider = "telesign"\nname = "main"\nobserve_only = true\nrate_per_s = 5000\n'
        f'customer_id = "{CUSTOMER_ID}"\napi_keys = ["{KEY}"]\n'
    )
    return settings


async def _soak(place: Path, minutes: float, port: int, *doors: int) -> Samples:
    url = f"http://127.0.0.1:{port}{PATH}"
    callbacks = signed_callbacks(DIFFERENT)
    async with aiohttp.ClientSession() as session:
        await _wait_until_all_are_ready(session, doors)
        warming = iter(callbacks)
        async with asyncio.timeout(WARM_UP_LIMIT_S), asyncio.TaskGroup() as posters:
            for _ in range(POSTERS):
                posters.create_task(_post(session, url, warming, WARM_UP_RATE_PER_S / POSTERS))
        posting = asyncio.create_task(_post(session, url, cycle(callbacks), RATE_PER_S))
        samples: Samples = defaultdict(list)
        began = time.monotonic()
        while not posting.done() and (at_s := time.monotonic() - began) < minutes * 60:
            for name, size in _look(place).items():
                samples[name].append((at_s, size))
            print(f"\r{at_s / 60:5.1f} of {minutes:g} minutes", end="", file=sys.stderr, flush=True)
            await asyncio.sleep(EVERY_S)
        print(file=sys.stderr)
        posting.cancel()
        await asyncio.wait([posting])
        if not posting.cancelled():
            posting.result()
        return samples


async def _wait_until_all_are_ready(session: aiohttp.ClientSession, doors: Sequence[int]) -> None:
    """What comes in while they start takes from the start, and piles up."""
    deadline = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < deadline:
        if all([await _is_ready(session, port) for port in doors]):
            return
        await asyncio.sleep(0.5)
    sys.exit("the installation did not come up; run `tidings up` to see why")


async def _is_ready(session: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _post(
    session: aiohttp.ClientSession,
    url: str,
    callbacks: Iterator[SimulatedCallback],
    rate_per_s: float,
) -> None:
    """At a steady rate, or as fast as the answers come when they do not keep up. Raises when one is not taken."""
    began = time.monotonic()
    for number, callback in enumerate(callbacks, start=1):
        async with session.post(url, data=callback.body, headers=dict(callback.headers)) as answer:
            answer.raise_for_status()
        await asyncio.sleep(max(0.0, began + number / rate_per_s - time.monotonic()))


def _look(place: Path) -> dict[str, float]:
    processes = json.loads((place / "processes.json").read_text(encoding="utf-8"))
    found: dict[str, float] = {}
    for process in PROCESSES:
        owners = resident(processes[process]["pid"])
        found[f"memory of {process}"] = sum(owners.values())
        found |= {f"memory of {process}{PART}{owner}": size for owner, size in owners.items()}
    for folder in FOLDERS:
        files = (file for file in (place / folder).rglob("*") if file.is_file())
        found[f"files in {folder}"] = sum(file.stat().st_size for file in files) / MB
    return found


def _figures(name: str, samples: list[tuple[float, float]]) -> list[Figure]:
    mean, change = statistics.fmean(size for _, size in samples), f"{name}, change within an hour"
    windows: dict[int, list[float]] = defaultdict(list)
    for at_s, size in samples:
        windows[int(at_s / WINDOW_S)].append(size)
    growth = statistics.linear_regression(list(windows), list(map(min, windows.values()))).slope * HOUR_S / WINDOW_S
    if PART in name:
        return [figure(GROUP, change, [growth], unit="MB")]
    whole = LARGEST_LOG_BYTES / MB if name == "files in logs" else mean
    return [
        figure(GROUP, f"{name}, mean", [mean], unit="MB"),
        figure(GROUP, change, [100 * growth / whole if whole else 0.0], unit="%", goal="<= 1"),
    ]


if __name__ == "__main__":
    print_table(measure(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES))
