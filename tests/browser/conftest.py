"""A real browser before a town that is really served. Without a browser these tests are skipped, and say so."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.chromium import ARGUMENTS, NAMES, installed
from tests.support.patience import LIMIT_S
from tests.support.town import Town, serving

FEW = 12
"""Messages that are enough for every part of every page; axe looks at each cell of a table."""
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

SPILLING = """[...document.querySelectorAll("td, tbody th, tfoot th, dt, dd")]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => "over its edge: " + one.textContent.trim())"""

Visit = Callable[..., "Visitor"]


class Visitor:
    """Somebody who has signed in and looks at pages; remembers what the browser complained about."""

    def __init__(self, context: BrowserContext, url: str, key: str) -> None:
        self.url, self.context = url, context
        context.set_default_timeout(LIMIT_S * 1000)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{url}/sign-in")
        self.page.fill("#key", key)
        self.page.press("#key", "Enter")
        self.page.wait_for_url(f"{url}/")

    def look(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def findings(self, *, without: tuple[str, ...] = ()) -> list[str]:
        """What axe finds serious on the page as it is."""
        # A page's own policy forbids foreign scripts; what the debugger evaluates is not under it.
        self.page.evaluate(AXE)
        terms = RULES | {"rules": {rule: {"enabled": False} for rule in without}}
        found = self.page.evaluate("terms => axe.run(document, terms)", terms)["violations"]
        return [
            f"{one['id']} at {one['nodes'][0]['target']}: {one['help']}"
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]

    def spilling(self) -> list[str]:
        """What of a table or a list of facts lies over what stands beside it."""
        return self.page.evaluate(SPILLING)

    def is_wider_than_its_window(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = installed()
    if path is None:
        pytest.skip(f"no browser: install one of {', '.join(NAMES)} (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(tmp_path_factory.mktemp("town"), messages=FEW)
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(town: Town) -> Iterator[str]:
    with serving(town) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, town: Town, url: str) -> Iterator[Visit]:
    """Makes visitors with windows and keys of their own."""
    contexts = []

    def come(*accounts: str, width: int = 1280, height: int = 900, **how) -> Visitor:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **how))
        return Visitor(contexts[-1], url, town.key(*accounts))

    yield come
    for context in contexts:
        context.close()
