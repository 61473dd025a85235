"""Who goes first where processes want more of the machine than there is."""

import os
from contextlib import suppress
from pathlib import Path

AUTOGROUP = Path("/proc/self/autogroup")
"""Linux may share out its processors by sessions first (`sched_autogroup_enabled`), and look at how nice processes are
only within each: then this says how nice the session is."""


def give_way(niceness: int) -> None:
    """Let the other processes of this machine, or container, go first; call it before there are other threads.

    At `niceness` 5 it gets a third of what another gets that wants as much, at 10 a tenth; what nobody else wants it
    gets in any case. 0 changes nothing.
    """
    if not niceness:
        return
    os.nice(niceness)
    if os.getsid(0) == os.getpid():  # else it is somebody's shell that would go behind
        with suppress(OSError):  # no such file: all that counts is how nice the process is
            AUTOGROUP.write_text(str(niceness))
