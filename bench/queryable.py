"""From the callback that is posted to the answer of `/v1/metrics` that counts it, at growing rates.

`python -m bench.queryable [callbacks a second …]`. Beside the callbacks that make the rate, some are posted on a
connection of their own, of which the API is asked over and over how many it has counted. Broker, stages, API and those
who post share one machine.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import aiohttp

from bench.figures import Figure, figure, percentiles, print_table
from bench.ingest import signed_callbacks
from bench.posting import Load, poster, prepare
from bench.whole import door, in_installation
from providers._kit.script import SimulatedCallback
from tidings.installation import Installation

GROUP = "queryable"
RATES = (250.0, 500.0, 1000.0, 2000.0, 3500.0, 5000.0)
SECONDS, WARM_UP_S = 15.0, 25.0
WARM_UP_PER_S = 250.0
PROBES_PER_S = 20.0
ASK_EVERY_S = 0.04
LIMIT_S = 60.0
"""For the last probes to be counted; a rate that leaves more to do than this is too high."""
GOAL_MS, GOAL_PER_S = 2000.0, 5000
BESIDE, PROBES = "beside", "probes"


@dataclass(frozen=True)
class Counted:
    """What was seen at one rate."""

    per_s: float
    posted_per_s: float
    took_ms: list[float]
    """Of each probe from its posting to the first answer that counts it."""

    @property
    def p99_ms(self) -> float:
        return sorted(self.took_ms)[int(0.99 * (len(self.took_ms) - 1))]

    @property
    def is_in_time(self) -> bool:
        return self.p99_ms <= GOAL_MS and self.posted_per_s >= 0.95 * self.per_s


def measure(rates: Sequence[float] = RATES) -> list[Figure]:
    """Each rate in turn, up to the first that is too high."""
    found = asyncio.run(in_installation(partial(_climbed, rates=rates), [BESIDE, PROBES]))
    figures = [
        one
        for counted in found
        for one in [
            *percentiles(
                GROUP,
                f"{counted.per_s:g} a second: callback posted to counted",
                counted.took_ms,
                unit="ms",
                goals={99: ""},
            ),
            figure(GROUP, f"{counted.per_s:g} a second: really posted", [counted.posted_per_s], unit="/s"),
        ]
    ]
    highest = max((one.per_s for one in found if one.is_in_time), default=0.0)
    name = "most callbacks a second of which 99 % are counted within 2 s"
    return [figure(GROUP, name, [highest], unit="/s", goal=f">= {GOAL_PER_S}"), *figures]


async def _climbed(installation: Installation, key: str, *, rates: Sequence[float]) -> list[Counted]:
    loop, found = asyncio.get_running_loop(), list[Counted]()
    port, first = installation.settings.ingest.port, int(WARM_UP_PER_S * WARM_UP_S)
    probes = iter(_probes(int(len(rates) * SECONDS * PROBES_PER_S)))
    async with aiohttp.ClientSession() as session:
        api = Api(session, f"{installation.api_url}/v1/metrics", key)
        with poster() as post:
            await loop.run_in_executor(post, Load(port, door(BESIDE), 0, WARM_UP_PER_S, WARM_UP_S).post)
            for per_s in rates:
                print(f"{per_s:g} callbacks a second", file=sys.stderr)
                load = Load(port, door(BESIDE), first, per_s, SECONDS)
                await loop.run_in_executor(post, prepare, load.beyond)
                answers = loop.run_in_executor(post, load.post)
                some = [next(probes) for _ in range(int(SECONDS * PROBES_PER_S))]
                took_ms = await _timed(session, api, f"{installation.callbacks_url}{door(PROBES)}", some)
                told, first = await answers, load.beyond
                posted_per_s = len(told) / (max(told)[0] - min(told)[0])
                found.append(Counted(per_s, posted_per_s, took_ms))
                if not found[-1].is_in_time:
                    break
    return found


@dataclass(frozen=True)
class Api:
    """Who is asked."""

    session: aiohttp.ClientSession
    url: str
    key: str

    async def counted(self) -> int:
        """How many of the probes are in the answer."""
        asked = {"measure": "sent", "bucket": "none", "connection": PROBES}
        headers = {"authorization": f"Bearer {self.key}"}
        async with self.session.get(self.url, params=asked, headers=headers) as answer:
            answer.raise_for_status()
            rows = (await answer.json())["rows"]
        return int(rows[0]["sent"]) if rows else 0


async def _timed(
    session: aiohttp.ClientSession, api: Api, url: str, probes: Sequence[SimulatedCallback]
) -> list[float]:
    """The milliseconds of each probe; the one posted first is taken for the one counted first."""
    before, posted_s, took_ms = await api.counted(), list[float](), list[float]()
    posting = asyncio.create_task(_post(session, url, probes, posted_s))
    deadline = time.monotonic() + SECONDS + LIMIT_S
    while len(took_ms) < len(probes) and time.monotonic() < deadline:
        counted = await api.counted() - before
        now_s = time.monotonic()
        took_ms += [(now_s - left_s) * 1000 for left_s in posted_s[len(took_ms) : counted]]
        await asyncio.sleep(ASK_EVERY_S)
    await posting
    # What is not counted by now took at least so long.
    return took_ms + [(time.monotonic() - left_s) * 1000 for left_s in posted_s[len(took_ms) :]]


async def _post(
    session: aiohttp.ClientSession, url: str, probes: Sequence[SimulatedCallback], posted_s: list[float]
) -> None:
    began = time.monotonic()
    for number, probe in enumerate(probes):
        await asyncio.sleep(max(0.0, began + number / PROBES_PER_S - time.monotonic()))
        posted_s.append(time.monotonic())
        async with session.post(url, data=probe.body, headers=dict(probe.headers)) as answer:
            answer.raise_for_status()


def _probes(wanted: int) -> list[SimulatedCallback]:
    """One callback of each of so many messages."""
    several = signed_callbacks(4 * wanted)
    return list({one.root_id: one for one in reversed(several)}.values())[:wanted]


if __name__ == "__main__":
    print_table(measure(tuple(map(float, sys.argv[1:])) or RATES))
