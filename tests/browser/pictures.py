"""The pictures of the documentation, so that they never lie: pages in a real browser, of a seeded installation, and
terminals, of one that runs.

`python -m tests.browser.pictures`, or `make pictures`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.browser import terminals
from tests.browser.conftest import Visitor
from tests.support.chromium import ARGUMENTS, installed
from tests.support.town import DOUBLE, Town, message, serving

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
MOST_BYTES = 150_000
WIDTH, HEIGHT = 1120, 860
SHOTS = {
    "now": "/",
    "message": f"/messages/{message(DOUBLE)}",
    "providers": "/providers?period=1h",
    "fallbacks": "/fallbacks?first=viber&second=sms&wait_s=60",
}
PARTS = {"message": "#message", "fallbacks": "#back-test"}
"""Of these pages only this."""


def main() -> int:
    """Take them; the exit status says whether all are small enough."""
    path = installed()
    if path is None:
        sys.stdout.write("There is no browser here; install chromium, or name one in TIDINGS_BROWSER.\n")
        return 1
    with TemporaryDirectory(prefix="tidings-") as folder:
        terminals.take(Path(folder), PICTURES)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        town = Town(Path(folder))
        with serving(town) as url:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            _take(Visitor(context, url, town.key()), town)
            browser.close()
        town.close()
    large = [name for name in SHOTS if (PICTURES / f"{name}.png").stat().st_size > MOST_BYTES]
    sys.stdout.write(
        f"{len(SHOTS) + len(terminals.COMMANDS)} pictures in {PICTURES}"
        + (f"; too large: {', '.join(large)}\n" if large else "\n")
    )
    return 1 if large else 0


def _take(visitor: Visitor, town: Town) -> None:
    for name, address in SHOTS.items():
        town.rewind()
        page = visitor.look(address)
        target = page.locator(PARTS[name]) if name in PARTS else page
        target.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
