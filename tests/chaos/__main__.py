"""`make chaos`: CHAOS_MINUTES (10) of faults, as CHAOS_SEED (random, and printed first) has them."""

import argparse
import asyncio
import os
import shutil
import sys
from pathlib import Path
from secrets import randbelow

from rich.console import Console

from runtime.broker import BrokerSettings
from runtime.broker.fetcher import broker_classpath
from runtime.logging import configure_logging
from tests.chaos.account import last_line, tell
from tests.chaos.diary import Diary
from tests.chaos.run import Wish, run
from tidings.demo.setup import data_home

SEEDS = 1_000_000


def main() -> int:
    wish, is_kept = _wish()
    console = Console(stderr=True)
    console.print(f"CHAOS_SEED={wish.seed} CHAOS_MINUTES={wish.length_s / 60:g}", highlight=False)
    configure_logging("chaos", level="ERROR")
    broker_classpath(BrokerSettings())
    file = wish.place.with_suffix(".jsonl")
    file.parent.mkdir(parents=True, exist_ok=True)
    diary = Diary(file, console)
    try:
        verdict = asyncio.run(run(wish, diary))
    except BaseException:
        console.print(f"[red]it broke off[/red]; all logs are in {wish.place}, and what happened in {file}")
        raise
    finally:
        diary.close()
    tell(verdict, diary, console)
    if verdict.differences:
        console.print(f"all logs are in {wish.place}, and what happened in {file}", soft_wrap=True)
    elif not is_kept:
        shutil.rmtree(wish.place)
    print(last_line(verdict, diary), flush=True)  # noqa: T201  # scripts read it
    return 1 if verdict.differences else 0


def _wish() -> tuple[Wish, bool]:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("CHAOS_MINUTES") or 10))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("CHAOS_SEED") or randbelow(SEEDS)))
    parser.add_argument("--rate", type=float, default=40.0, help="messages a second; each has about three callbacks")
    parser.add_argument("--keep", action="store_true", help="keep data and logs of a good run, too")
    told = parser.parse_args()
    place = (data_home() / f"chaos-{told.seed}").absolute()
    wish = Wish(seed=told.seed, length_s=told.minutes * 60, messages_per_s=told.rate, place=Path(place))
    return wish, told.keep


if __name__ == "__main__":
    sys.exit(main())
