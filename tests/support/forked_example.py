"""`python -m tests.support.forked_example DEED`: a process that does as it is told, for tests of how it is started."""

import os
import signal
import sys
import time

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["tell", name]:
            sys.stdout.write(f"{os.getpid()}: {os.environ[name]}\n")
        case ["exit"]:
            sys.exit(7)
        case ["raise"]:
            raise ValueError("as it happens")
        case ["die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            time.sleep(60)
