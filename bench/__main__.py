"""`make bench [ONLY=name,…]`: measure the groups on a broker of their own and hold each figure against its goal."""

import argparse
import sys
from importlib import import_module

from bench.figures import tell

GROUPS = (
    "ingest",
    "normalise",
    "infobip",
    "track",
    "recovery",
    "sink",
    "timeline",
    "outage",
    "memory",
    "stored",
    "back_test",
    "fallback",
    "timers",
    "dispatch",
    "questions",
    "exports",
    "feed",
    "queryable",
    "pages",
)
"""Each is a module here with `measure() -> list[Figure]`."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(GROUPS), help=f"comma-separated, of {', '.join(GROUPS)}")
    chosen = parser.parse_args().only.split(",")
    if wrong := set(chosen) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(wrong))}; there are {', '.join(GROUPS)}")
    is_good = True
    for group in chosen:
        print(f"measuring {group} …", file=sys.stderr, flush=True)
        is_good = tell(import_module(f"bench.{group}").measure) and is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
