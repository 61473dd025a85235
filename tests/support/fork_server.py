"""`python -m tests.support.fork_server`: makes processes of modules by forking, as `forked` orders on standard input.

Half of what a process of ours costs in a test is its imports. Here they are made once, and each process begins behind
them; it is a process as any other, which is stopped, killed and counted alone. No thread runs while it forks.
"""

import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass

from runtime.collector import loading

NUMBER = struct.Struct(">i")
PORTION = 65_536
FILES = 3
"""That come with an order: where to tell of the process, and its standard output and error."""


@dataclass(frozen=True)
class Order:
    """What a process is to be."""

    module: str
    arguments: list[str]
    loads: str
    """What to import before, so that the next of its kind finds it."""
    environment: dict[str, str]


class ForkServer:
    """Tells of each process its number, and its status when it has ended; all of them end with who orders them."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._tellers: dict[int, socket.socket] = {}
        """Where to tell of the end of each process."""
        self._wakes, self._wakener = socket.socketpair()
        self._wakener.settimeout(0)
        signal.set_wakeup_fd(self._wakener.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector = selectors.DefaultSelector()
        for source in (orders, self._wakes):
            self._selector.register(source, selectors.EVENT_READ)

    def serve(self) -> Order | None:
        """What to be, in each process that it makes; none in its own, when nobody orders any more."""
        while True:
            ready = [key.fileobj for key, _ in self._selector.select()]
            if self._wakes in ready:
                self._tell_of_ends()
            if self._orders in ready:
                told, files, _, _ = socket.recv_fds(self._orders, PORTION, FILES)
                if not told:
                    self._end_all()
                    return None
                if order := self._fork(told, files):
                    return order

    def _fork(self, told: bytes, files: list[int]) -> Order | None:
        while not told.endswith(b"\n"):
            told += self._orders.recv(PORTION)
        order, teller = Order(**json.loads(told)), socket.socket(fileno=files[0])
        with loading():
            importlib.import_module(order.loads)
        if pid := os.fork():
            for file in files[1:]:
                os.close(file)
            self._tellers[pid] = teller
            teller.send(NUMBER.pack(pid))
            return None
        self._let_go(teller)
        _redirect(*files[1:])
        return order

    def _tell_of_ends(self) -> None:
        self._wakes.recv(PORTION)
        for pid, teller in list(self._tellers.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._tellers[pid]
                with teller, suppress(BrokenPipeError):  # nobody wants to know
                    teller.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def _let_go(self, teller: socket.socket) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (teller, self._wakes, self._wakener, *self._tellers.values()):
            end.close()
        self._orders.detach()

    def _end_all(self) -> None:
        for pid in self._tellers:
            os.kill(pid, signal.SIGKILL)


def _redirect(output: int, errors: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, output, errors)):
        os.dup2(file, number)
        os.close(file)


def become(order: Order) -> None:
    """Go on as `python -m` would have begun."""
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv[1:] = order.arguments
    sys.modules.pop(order.module, None)  # it was loaded for what it imports
    runpy.run_module(order.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    wanted = ForkServer(socket.socket(fileno=sys.stdin.fileno())).serve()
    if wanted is not None:
        become(wanted)
