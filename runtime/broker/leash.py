"""Sees to it that a child does not outlive us, whatever ends us."""

import subprocess

# The shell waits for a line that never comes; what comes is the end of its input, when we are gone, because the kernel
# closes our end of the pipe even after a kill -9. PR_SET_PDEATHSIG would do the same, but on Linux only, and it strikes
# already when the thread that started the child ends.
WAIT_AND_KILL = 'read -r _; kill -9 "$1"'


class Leash:
    """A tiny process that kills `pid` when this process ends without having let go."""

    def __init__(self, pid: int) -> None:
        self._shell = subprocess.Popen(  # noqa: S603  # a constant script and a number
            ["/bin/sh", "-c", WAIT_AND_KILL, "leash", str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: we stop the child in order
        )

    def let_go(self) -> None:
        """Stop watching, when the child has ended."""
        self._shell.kill()
        self._shell.communicate()
