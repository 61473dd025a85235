"""`python -m ingest`: the callback port."""

import sys

from runtime.collector import loading

if __name__ == "__main__":
    with loading():
        from ingest.process import main

    sys.exit(main())
