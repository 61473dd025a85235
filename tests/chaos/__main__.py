"""`make chaos`: CHAOS_MINUTES (10) of faults, as CHAOS_SEED (random, and printed first) has them."""

import argparse
import asyncio
import os
import shutil
import sys
from secrets import randbelow

from rich.console import Console

from runtime.broker import BrokerSettings
from runtime.broker.fetcher import broker_classpath
from runtime.logging import configure_logging
from tests.chaos.account import last_line, tell
from tests.chaos.crash_walk import WALK, CrashWalk
from tests.chaos.diary import Diary
from tests.chaos.plan import pace_of, plan
from tests.chaos.run import Attack, Wish, run
from tests.chaos.saboteur import Saboteur
from tidings.demo.setup import data_home

SEEDS = 1_000_000
PLANNED_PER_S = 34.0
"""Twenty thousand messages with plans in ten minutes."""
WALK_S = 100.0
"""About how long the walk over all crash points takes."""
UPKEEP_S, WALK_UPKEEP_S = 20.0, 2.0


def main() -> int:
    told = _told()
    console = Console(stderr=True)
    console.print(f"CHAOS_SEED={told.seed} CHAOS_MINUTES={told.minutes:g}", highlight=False)
    configure_logging("chaos", level="ERROR")
    broker_classpath(BrokerSettings())
    wish, attack = _wish(told), _attack(told)
    file = wish.place.with_suffix(".jsonl")
    file.parent.mkdir(parents=True, exist_ok=True)
    diary = Diary(file, console)
    where = f"all logs are in {wish.place}, and what happened in {file}"
    try:
        verdict = asyncio.run(run(wish, attack, diary))
    except BaseException:
        console.print(f"[red]it broke off[/red]; {where}", soft_wrap=True)
        raise
    finally:
        diary.close()
    tell(verdict, diary, console)
    if verdict.differences:
        console.print(where, soft_wrap=True)
    elif not told.keep:
        shutil.rmtree(wish.place)
    print(last_line(verdict, diary), flush=True)  # noqa: T201  # scripts read it
    return 1 if verdict.differences else 0


def _told() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("CHAOS_MINUTES") or 10))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("CHAOS_SEED") or randbelow(SEEDS)))
    parser.add_argument("--rate", type=float, default=40.0, help="messages a second; each has about three callbacks")
    parser.add_argument("--planned", type=float, default=PLANNED_PER_S, help="messages with plans a second")
    parser.add_argument("--walk", action="store_true", help="die once at every crash point instead")
    parser.add_argument("--at", action="append", default=[], help="with --walk: only at this one; may be given again")
    parser.add_argument("--keep", action="store_true", help="keep data and logs of a good run, too")
    return parser.parse_args()


def _wish(told: argparse.Namespace) -> Wish:
    length_s = WALK_S if told.walk else told.minutes * 60
    name = f"walk-{told.seed}" if told.walk else f"chaos-{told.seed}"
    return Wish(
        seed=told.seed,
        length_s=length_s,
        messages_per_s=told.rate,
        planned_per_s=told.planned,
        place=(data_home() / name).absolute(),
        session_s=pace_of(length_s).session_s,
        upkeep_s=WALK_UPKEEP_S if told.walk else UPKEEP_S,
    )


def _attack(told: argparse.Namespace) -> Attack:
    if told.walk:
        return CrashWalk(tuple(stop for stop in WALK if not told.at or stop.name in told.at))
    faults = plan(told.seed, told.minutes * 60)
    return lambda line, diary: Saboteur(line, diary).carry_out(faults)


if __name__ == "__main__":
    sys.exit(main())
