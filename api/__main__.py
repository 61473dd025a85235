"""`python -m api`: the store with its sink, the query port and the live page, in one process until told to stop."""

import sys

from runtime.collector import loading

if __name__ == "__main__":
    with loading():
        from api.process import main

    sys.exit(main())
