"""Who looks at the dashboard: tabs of a real Chromium, and stand-ins that ask as a page's script does.

A stand-in costs its machine next to nothing, as somebody does who looks from elsewhere.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from api.page.atlas import PAGES
from api.page.frame import PART
from tests.support.chromium import ARGUMENTS, installed

LIMIT_MS = 60_000
SEEN_ROWS = """() => {
  window.seen = {};
  const note = (node) => {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    for (const row of node.id.startsWith("change-") ? [node] : node.querySelectorAll("[id^=change-]"))
      window.seen[row.id] ??= Date.now();
  };
  const noted = new MutationObserver((changes) => changes.forEach((one) => one.addedNodes.forEach(note)));
  noted.observe(document.querySelector("[data-live]"), { childList: true, subtree: true });
}"""
"""Keeps when each row of the newest changes came into the page."""
IN_A_HURRY = """{
  const looks = %s, real = setTimeout;
  window.refreshes = window.wanted = 0;
  window.setTimeout = (act) => real(act, 0);
  window.fetch = async () => {
    while (window.refreshes >= window.wanted) await new Promise((go) => real(go, 50));
    return new Response(looks[window.refreshes++ %% looks.length]);
  };
}"""
"""The page's own script, with answers at once and no time between them, up to as many as are wanted."""
COLLECTIONS = 3
"""What a collection frees may hold what only the next one finds."""


@dataclass(frozen=True)
class Weight:
    """What a page holds in its browser once the collector has been through."""

    nodes: float
    heap_mb: float


@dataclass
class Viewers:
    """Stand-ins who have signed in, and what they were last shown."""

    session: aiohttp.ClientSession
    url: str
    looks: dict[str, list[str]] = field(default_factory=dict)
    """The answers by address, each that differs from the one before it."""

    @contextmanager
    def watching(self, addresses: Sequence[str]) -> Iterator[None]:
        """Somebody before each of `addresses`; twenty may name twenty times the same."""
        watches = [
            asyncio.create_task(self._watch(address, number / len(addresses)))
            for number, address in enumerate(addresses)
        ]
        try:
            yield
            for watch in watches:
                if watch.done():
                    watch.result()
        finally:
            for watch in watches:
                watch.cancel()

    async def _watch(self, address: str, begins_s: float) -> None:
        known, every_s, seen = self.looks.setdefault(address, []), _every_s(address), dict[str, str]()
        await asyncio.sleep(begins_s)
        while True:
            async with self.session.get(self.url + address, headers={PART: "live"} | seen) as answer:
                answer.raise_for_status()
                look = await answer.text()
            if answer.status != 304:
                seen = {"If-None-Match": answer.headers["ETag"]}
                if known[-1:] != [look]:
                    known.append(look)
            await asyncio.sleep(every_s)


@asynccontextmanager
async def viewers(url: str, key: str) -> AsyncIterator[Viewers]:
    """Raises `aiohttp.ClientResponseError` when the key may not look."""
    jar = aiohttp.CookieJar(unsafe=True)  # one that takes cookies of an address without a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.post(f"{url}/sign-in", data={"key": key}) as answer:
            answer.raise_for_status()
        yield Viewers(session, url)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser of this machine; raises when there is none."""
    path = installed()
    if path is None:
        raise RuntimeError("the group of the pages needs a browser: install chromium, or name one in TIDINGS_BROWSER")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def signed_in(browser: Browser, seen_by: Viewers) -> AsyncIterator[BrowserContext]:
    """A window of its own with nothing in its cache, and the session of the stand-ins."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(LIMIT_MS)
    jar = seen_by.session.cookie_jar
    await context.add_cookies([{"name": one.key, "value": one.value, "url": seen_by.url} for one in jar])
    try:
        yield context
    finally:
        await context.close()


async def ready_ms(browser: Browser, seen_by: Viewers, address: str) -> float:
    """From the address to a page that is all there, style sheet and script with it."""
    async with signed_in(browser, seen_by) as context:
        page = await context.new_page()
        await page.goto(seen_by.url + address, wait_until="load")
        return float(await page.evaluate("performance.getEntriesByType('navigation')[0].duration"))


async def shown_at(page: Page) -> dict[str, float]:
    """When each change came into the page, in seconds, by attempt and time; from `SEEN_ROWS` on."""
    seen: dict[str, float] = {}
    for name, at_ms in (await page.evaluate("window.seen")).items():
        change = name.removeprefix("change-").rpartition("-")[0]  # without its number among those of one moment
        seen.setdefault(change, at_ms / 1000)
    return seen


async def weights(context: BrowserContext, url: str, looks: Sequence[str], refreshes: Sequence[int]) -> list[Weight]:
    """What the page at `url` holds after so many refreshes each, which show `looks` in turns."""
    page = await context.new_page()
    await page.add_init_script(IN_A_HURRY % json.dumps(looks))
    debugger = await context.new_cdp_session(page)
    await debugger.send("Performance.enable")
    await page.goto(url)
    found = []
    for wanted in refreshes:
        await page.evaluate("wanted => { window.wanted = wanted; }", wanted)
        await page.wait_for_function("() => window.refreshes >= window.wanted", timeout=10 * LIMIT_MS)
        for _ in range(COLLECTIONS):
            await debugger.send("HeapProfiler.collectGarbage")
            await asyncio.sleep(0.2)
        told = {one["name"]: one["value"] for one in (await debugger.send("Performance.getMetrics"))["metrics"]}
        found.append(Weight(told["Nodes"], told["JSHeapUsedSize"] / 1e6))
    return found


async def heard_at(session: aiohttp.ClientSession, url: str, key: str, heard: dict[str, float]) -> None:
    """Keeps in `heard` when the feed told of each change, by attempt and time, until it is cancelled."""
    headers = {"authorization": f"Bearer {key}"}
    async with session.get(f"{url}/v1/feed", headers=headers, timeout=aiohttp.ClientTimeout(None)) as stream:
        stream.raise_for_status()
        async for line in stream.content:
            if line.startswith(b"data: {"):
                heard.setdefault(_name_of(json.loads(line[6:])), time.time())


def _every_s(address: str) -> float:
    """How often the script of that page asks."""
    return next((page.every_s for page in PAGES if page.path == address), 1.0)


def _name_of(change: dict[str, Any]) -> str:
    received_at = datetime.fromisoformat(change["received_at"])
    return f"{change['attempt_id']}-{received_at.timestamp():.3f}"
