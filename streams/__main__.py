"""`python -m streams [stage …]`: run the stages and what is beside them, all when none is named, until told to stop."""

import sys

from runtime.collector import loading

if __name__ == "__main__":
    with loading():
        from streams.process import main

    sys.exit(main(sys.argv[1:]))
