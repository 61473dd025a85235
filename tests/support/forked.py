"""Starts a module of ours as a process behind its imports, which are half of what such a process costs in a test.

A server of this process, which is Python's own for that, makes them once and forks. What comes of it is a process as
any other: it is stopped, killed and waited for alone. It ends with whoever started it.
"""

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from threading import Lock, Thread

FORKING = get_context("forkserver")
FORKING.set_forkserver_preload(
    [
        "api.process",
        "ingest.process",
        "streams.process",
        "tests.support.ingest_process",
        "tests.support.streams_process",
    ]
)
_one_at_a_time = Lock()
"""Whoever starts a process looks at all that have ended, and an end can be read once."""


class Forked:
    """A process that runs; it is asked, waited for and ended as a `subprocess.Popen` is."""

    def __init__(self, module: str, arguments: tuple[str, ...], environment: dict[str, str], log: Path | None) -> None:
        self._process = FORKING.Process(target=_become, args=(module, arguments, environment, log), daemon=True)
        with _one_at_a_time:
            self._process.start()
        self.pid = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Its status, or the negative of the signal that ended it; none while it runs."""
        with _one_at_a_time:
            return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its status, when it has ended; raises `subprocess.TimeoutExpired`."""
        connection.wait([self._process.sentinel], timeout)
        if (status := self.returncode) is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_module(module: str, *arguments: str, environment: Mapping[str, str], log: Path | None = None) -> Forked:
    """`python -m module`, with what it says in the file `log`."""
    if log is not None:
        log.touch()
    return Forked(module, arguments, dict(environment), log)


def _become(module: str, arguments: tuple[str, ...], environment: dict[str, str], log: Path | None) -> None:
    """Go on as `python -m` would have begun."""
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    if log is not None:
        with log.open("wb") as file:
            os.dup2(file.fileno(), sys.stdout.fileno())
            os.dup2(file.fileno(), sys.stderr.fileno())
    sys.argv[1:] = arguments
    sys.modules.pop(module, None)  # it was loaded for what it imports
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    if parent := parent_process():
        parent.join()
    os.kill(os.getpid(), signal.SIGKILL)
