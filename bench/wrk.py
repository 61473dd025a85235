"""wrk, the load generator: what it sends and what it tells."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from providers._kit.script import SimulatedCallback

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
# All requests are formatted once, so that wrk is not what is measured.
SCRIPT = """
local requests, number = {}, 0
function init()
  for i = 1, #bodies do
    headers[i]["Host"] = wrk.headers["Host"]
    requests[i] = wrk.format("POST", nil, headers[i], bodies[i])
  end
end
function request()
  number = number % #requests + 1
  return requests[number]
end
"""


@dataclass(frozen=True)
class Told:
    """What wrk says of one run."""

    count: int
    refused_count: int
    rate: float
    p50_ms: float
    p99_ms: float
    text: str


def write_script(callbacks: Sequence[SimulatedCallback], path: Path) -> Path:
    """A script that sends `callbacks` in turns."""
    bodies = ",\n".join(f"[==[{callback.body.decode()}]==]" for callback in callbacks)
    headers = ",\n".join(_table(callback) for callback in callbacks)
    path.write_text(f"bodies = {{\n{bodies}\n}}\nheaders = {{\n{headers}\n}}\n{SCRIPT}")
    return path


def load(url: str, script: Path, *, connections: int, seconds: int) -> Told:
    """Send as fast as the server answers."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return Told(
        count=int(_found(r"(\d+) requests in", text)),
        refused_count=int(refused[1]) if refused else 0,
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", text)),
        p50_ms=_milliseconds(_found(r"\n\s+50%\s+(\S+)", text)),
        p99_ms=_milliseconds(_found(r"\n\s+99%\s+(\S+)", text)),
        text=text,
    )


def _table(callback: SimulatedCallback) -> str:
    return "{" + ", ".join(f"[ [==[{name}]==] ] = [==[{value}]==]" for name, value in callback.headers.items()) + "}"


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk says nothing of {pattern}:\n{text}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = _found(r"^([\d.]+)", text), _found(r"([a-z]+)$", text)
    return float(number) * UNITS[unit]
