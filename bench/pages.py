"""The dashboard before a whole installation: how soon a page is there, how true it stays, and what it costs.

`python -m bench.pages [seconds of a window] [refreshes of the page left open]`. The demo's traffic runs all the time.
What is read off a page is read in a real Chromium. The twenty viewers who might slow callbacks are stand-ins, because
whoever looks does it on a machine of their own; callbacks come at a steady rate, in windows with and without them in
turns.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import cycle, islice
from typing import TypeVar

import psutil
from playwright.async_api import Browser

from api.admission.keys import EVERYTHING, KeyRing
from api.page.atlas import NOW, PAGES
from bench.figures import Figure, figure, percentiles, print_table
from bench.posting import Load, poster, prepare
from bench.viewers import SEEN_ROWS, Viewers, chromium, heard_at, ready_ms, shown_at, signed_in, viewers, weights
from bench.whole import door, in_installation
from runtime.clock import SystemClock
from tidings.demo.endless import act, endless
from tidings.installation import Installation
from tidings.simulation.post import Doors

GROUP = "pages"
WINDOW_S, WARM_UP_S = 8.0, 20.0
CALLBACKS_PER_S = 200.0
LOADS, ROUNDS, VIEWERS = 3, 3, 20
BESIDE = "beside"
LEAST_CHANGES, LIMIT_S = 100, 60.0
"""Seen on the first page before its delay is told, and how long they may take to come."""
AN_HOUR, SETTLED = 3600, 60
"""Refreshes of a page in an hour, and those behind which it has everything that it will ever have."""
READY_GOAL, BEHIND_GOALS, SHARE_GOAL, SLOWER_GOAL = "<= 1500", {95: "<= 1000"}, "<= 15", "<= 1.2"
GROWTH_GOAL = "<= 5"
T = TypeVar("T")


def measure(window_s: float = WINDOW_S, refreshes: float = AN_HOUR) -> list[Figure]:
    """One run behind a warm-up."""
    work = partial(_measured, window_s=window_s, refreshes=int(refreshes))
    return asyncio.run(in_installation(work, [BESIDE]))


async def _measured(installation: Installation, _key: str, *, window_s: float, refreshes: int) -> list[Figure]:
    _, key = KeyRing(installation.data_dir).create(
        SystemClock(), name="viewer", scopes=EVERYTHING, requests_per_minute=0
    )
    async with _lively(installation, key), viewers(installation.api_url, key) as seen_by:
        await _told("warming up", asyncio.sleep(WARM_UP_S))
        paths = [page.path for page in PAGES] + [await _message(seen_by, key)]
        async with chromium() as browser:
            figures = await _told("ready", _ready(browser, seen_by, paths))
            figures += await _told("behind the feed", _behind(browser, seen_by, key, 3 * window_s))
        figures += await _told("cost of one", _cost_of_one(installation, seen_by, paths, window_s))
        figures += await _told("cost of many to callbacks", _cost_of_many(installation, seen_by, paths, window_s))
        async with chromium() as browser:
            figures += await _told("left open", _left_open(browser, seen_by, refreshes))
    return figures


@asynccontextmanager
async def _lively(installation: Installation, key: str) -> AsyncIterator[None]:
    """The demo's traffic meanwhile."""
    demo = asyncio.create_task(
        act(installation, Doors(installation.callbacks_url, installation.api_url, key), endless())
    )
    try:
        yield
        if demo.done():
            demo.result()
    finally:
        demo.cancel()
        await asyncio.wait([demo])


async def _told(what: str, doing: Awaitable[T]) -> T:
    print(what, file=sys.stderr, flush=True)
    return await doing


async def _message(seen_by: Viewers, key: str) -> str:
    """The page of a message that took several ways, or of any."""
    async with seen_by.session.get(
        f"{seen_by.url}/v1/messages", params={"limit": 50, "channel": "sms"}, headers={"authorization": f"Bearer {key}"}
    ) as answer:
        answer.raise_for_status()
        told = (await answer.json())["messages"]
    return f"/messages/{told[-1]['message_id']}"


async def _ready(browser: Browser, seen_by: Viewers, paths: Sequence[str]) -> list[Figure]:
    """Each page some times, with nothing in the browser's cache."""
    took = {path: [await ready_ms(browser, seen_by, path) for _ in range(LOADS)] for path in paths}
    return [figure(GROUP, f"{_name(path)}: ready", runs, unit="ms", goal=READY_GOAL) for path, runs in took.items()]


async def _behind(browser: Browser, seen_by: Viewers, key: str, seconds: float) -> list[Figure]:
    """From the event of a change at a client of the feed to its row on the first page."""
    heard = dict[str, float]()
    async with signed_in(browser, seen_by) as context:
        page = await context.new_page()
        await page.goto(seen_by.url + NOW.path)
        await page.evaluate(SEEN_ROWS)
        listening = asyncio.create_task(heard_at(seen_by.session, seen_by.url, key, heard))
        behind, deadline = list[float](), time.monotonic() + LIMIT_S
        while len(behind) < LEAST_CHANGES and time.monotonic() < deadline:
            await asyncio.sleep(seconds)
            shown = await shown_at(page)
            behind = [(at_s - heard[change]) * 1000 for change, at_s in shown.items() if change in heard]
        listening.cancel()
    return percentiles(GROUP, "change on the feed to its row on the first page", behind, unit="ms", goals=BEHIND_GOALS)


async def _cost_of_one(
    installation: Installation, seen_by: Viewers, paths: Sequence[str], window_s: float
) -> list[Figure]:
    """What one viewer of each page takes of a core, beyond what the process takes when nobody looks."""
    process = psutil.Process(json.loads((installation.data_dir / "processes.json").read_text())["api"]["pid"])
    idle, watched = [], {}
    for path in paths:
        idle.append(await _share(process, seen_by, [], window_s / 2))
        watched[path] = await _share(process, seen_by, [path], window_s)
    base = statistics.median(idle)
    return [
        figure(GROUP, "api when nobody looks", idle, unit="% of a core"),
        *(
            figure(GROUP, f"{_name(path)}: api for one viewer", [share - base], unit="% of a core", goal=SHARE_GOAL)
            for path, share in watched.items()
        ),
    ]


async def _share(process: psutil.Process, seen_by: Viewers, paths: Sequence[str], seconds: float) -> float:
    with seen_by.watching(paths):
        before, began = process.cpu_times(), time.monotonic()
        await asyncio.sleep(seconds)
        spent, took_s = process.cpu_times(), time.monotonic() - began
    return (spent.user + spent.system - before.user - before.system) / took_s * 100


async def _cost_of_many(
    installation: Installation, seen_by: Viewers, paths: Sequence[str], window_s: float
) -> list[Figure]:
    """Twenty viewers, over all pages: what they do to the slowest callback of a hundred."""
    loop, crowd, first = asyncio.get_running_loop(), list(islice(cycle(paths), VIEWERS)), 0
    p99: dict[int, list[float]] = {0: [], VIEWERS: []}
    with poster() as post:
        for number in range(2 * ROUNDS + 1):
            load = Load(installation.settings.ingest.port, door(BESIDE), first, CALLBACKS_PER_S, window_s)
            await loop.run_in_executor(post, prepare, load.beyond)
            looking = crowd if number % 2 else []
            with seen_by.watching(looking):
                answers = await loop.run_in_executor(post, load.post)
            if number:  # what comes first finds everything cold
                p99[len(looking)].append(statistics.quantiles([ms for _, ms in answers], n=100)[98])
            first = load.beyond
    ratio = statistics.median(p99[VIEWERS]) / statistics.median(p99[0])
    return [
        figure(
            GROUP, f"callbacks' p99 while {VIEWERS} look, of it while nobody does", [ratio], unit="x", goal=SLOWER_GOAL
        ),
        figure(GROUP, "callbacks' p99 while nobody looks", p99[0], unit="ms"),
        figure(GROUP, f"callbacks' p99 while {VIEWERS} look", p99[VIEWERS], unit="ms"),
    ]


async def _left_open(browser: Browser, seen_by: Viewers, refreshes: int) -> list[Figure]:
    """The refreshes of an hour of the first page, as fast as the browser can, with looks that were really given."""
    looks = seen_by.looks[NOW.path]
    async with signed_in(browser, seen_by) as context:
        before, after = await weights(context, seen_by.url + NOW.path, looks, [SETTLED, SETTLED + refreshes])
    nodes, heap = _more(before.nodes, after.nodes), _more(before.heap_mb, after.heap_mb)
    return [
        figure(GROUP, "left open: refreshes", [refreshes]),
        figure(GROUP, "left open: different looks", [len(looks)]),
        figure(GROUP, "left open: nodes of the page, more", [nodes], unit="%", goal=GROWTH_GOAL),
        figure(GROUP, "left open: memory of its scripts, more", [heap], unit="%", goal=GROWTH_GOAL),
        figure(GROUP, "left open: memory of its scripts", [after.heap_mb], unit="MB"),
    ]


def _more(before: float, after: float) -> float:
    return (after / before - 1) * 100


def _name(path: str) -> str:
    return next((page.title for page in PAGES if page.path == path), "A message")


if __name__ == "__main__":
    print_table(measure(*map(float, sys.argv[1:])))
