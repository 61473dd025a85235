"""A process that stands back does so as a whole, and takes nobody with it."""

import os
import subprocess
import sys

import pytest

from runtime.priority import AUTOGROUP

SAY = """
import os, sys
from threading import Thread
from runtime.priority import give_way

give_way(int(sys.argv[1]))
of_threads = []
one = Thread(target=lambda: of_threads.append(os.getpriority(os.PRIO_PROCESS, 0)))
one.start()
one.join()
print(os.getpriority(os.PRIO_PROCESS, 0), *of_threads)
"""
"""How nice the process is, and a thread of it."""


def niceness(asked: int, *, own_session: bool = False, behind: str = "") -> list[str]:
    told = subprocess.run(
        [sys.executable, "-c", SAY + behind, str(asked)],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=own_session,
    )
    return told.stdout.split()


def test_it_and_its_threads_stand_back():
    here = os.getpriority(os.PRIO_PROCESS, 0)

    assert niceness(7) == [str(min(here + 7, 19))] * 2


def test_it_stays_where_it_is_when_told_so():
    assert niceness(0) == [str(os.getpriority(os.PRIO_PROCESS, 0))] * 2


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this system does not share its processors out by sessions")
@pytest.mark.parametrize(("own_session", "is_told"), [(True, True), (False, False)], ids=["its own", "a shell's"])
def test_a_session_stands_back_when_it_is_the_process_own(own_session, is_told):
    (*_, before) = AUTOGROUP.read_text().split()
    (*_, after) = niceness(7, own_session=own_session, behind=f"print(open({str(AUTOGROUP)!r}).read())")

    assert after == ("7" if is_told else before)
