"""Starts a module of ours as a process, without the second that its imports would take: see `fork_server`."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO

from tests.support.fork_server import NUMBER

ROOT = Path(__file__).parents[2]
OURS = (1, 2)


class Forked:
    """A process; it is asked, waited for and ended as a `subprocess.Popen` is."""

    def __init__(self, teller: socket.socket) -> None:
        self._teller = teller
        self._asking = Lock()
        self.pid = self._next()
        self.returncode: int | None = None
        """Its status, or the negative of the signal that ended it; none while it runs or was not asked for."""

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Its status, when it has ended; raises `subprocess.TimeoutExpired`."""
        if self.returncode is None and not select.select([self._teller], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        with self._asking:
            if self.returncode is None:
                self.returncode = self._next()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _next(self) -> int:
        (number,) = NUMBER.unpack(self._teller.recv(NUMBER.size))
        return int(number)


def start_module(
    module: str, *arguments: str, environment: Mapping[str, str], loads: str = "", output: IO[bytes] | None = None
) -> Forked:
    """`python -m module` in the root of the project. `loads` is what it imports, when that is not what it is."""
    ours, theirs = socket.socketpair()
    order = {
        "module": module,
        "arguments": arguments,
        "loads": loads or module,
        "environment": dict(environment),
    }
    files = OURS if output is None else [output.fileno()] * 2
    with theirs:
        socket.send_fds(_orders(), [json.dumps(order).encode() + b"\n"], [theirs.fileno(), *files])
        return Forked(ours)


@cache
def _orders() -> socket.socket:
    """To the server of this process, which is started for the first that is ordered, and ends when this one does."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "tests.support.fork_server"]
        # Ctrl-C is for us: they end with us.
        subprocess.Popen(command, cwd=ROOT, stdin=theirs.fileno(), start_new_session=True)
    return ours
