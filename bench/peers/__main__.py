"""`make bench-peers [ONLY=name,…] [ROUNDS=3] [SECONDS=4]`: Tidings beside what else one could take, in one run.

Writes bench/peers/results.json and, from that, docs/benchmarks.md with its charts. A peer whose parts cannot be had is
left out and the page says why.
"""

import argparse
import sys
from importlib import import_module

from bench.figures import cores_in_use
from bench.peers.outside import tell
from bench.peers.page import write_page
from bench.peers.results import Runs, Wish, grouped, keep

GROUPS = ("edge", "stream", "store", "chain")
"""Each is a module here with `measure(wish) -> Runs`."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(GROUPS), help=f"comma-separated, of {', '.join(GROUPS)}")
    parser.add_argument("--rounds", type=int, default=Wish.rounds)
    parser.add_argument("--seconds", type=float, default=Wish.seconds)
    asked = parser.parse_args()
    chosen = asked.only.split(",")
    if wrong := set(chosen) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(wrong))}; there are {', '.join(GROUPS)}")
    wish = Wish(asked.rounds, asked.seconds)
    for name in chosen:
        busy = cores_in_use()
        runs: Runs = import_module(f"bench.peers.{name}").measure(wish)
        for peer, reason in runs.skipped.items():
            tell(f"{name}: {peer} is left out: {reason}")
        keep(name, grouped(wish, busy, runs))
        write_page()
    return 0


if __name__ == "__main__":
    sys.exit(main())
