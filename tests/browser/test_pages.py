"""The pages in a real browser: they are whole, can be used by keyboard, and read aloud."""

import pytest

from api.page.atlas import PAGES
from tests.support.store_line import at
from tests.support.town import FELL_BACK, NOON_S, OF_OTHER, message

MESSAGE = f"/messages/{message(FELL_BACK)}"
REPLAY = "/fallbacks?first=viber&second=sms&wait_s=60"
ALL = [page.path for page in PAGES] + [MESSAGE, f"{MESSAGE}?evidence=true"]


def test_every_page_has_its_data_and_neither_the_browser_nor_axe_complains(visit):
    visitor = visit()
    found = {}
    for path in ALL:
        page = visitor.look(path)
        assert page.locator("#trouble, #empty").count() == 0, path
        found[path] = visitor.findings(without=("color-contrast",))

    assert {path: said for path, said in found.items() if said} == {}
    assert visitor.complaints == []


def test_one_gets_everywhere_by_keyboard(visit):
    page = visit().page
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"

    page.keyboard.press("Enter")
    page.keyboard.press("/")

    assert page.evaluate("document.activeElement.id") == "search"

    page.keyboard.type(message(FELL_BACK))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MESSAGE}")
    page.locator(".life-picture a").first.focus()
    page.keyboard.press("Enter")

    assert "#" in page.url
    assert page.locator(":target").count() == 1


def test_a_page_changes_without_being_loaded_again_and_keeps_what_one_was_doing(visit, town):
    page = visit().page
    page.evaluate("window.isTheSame = true")
    page.locator("#watermarks summary").click()
    root, known = "live-1", {"channel": "viber", "country": "GB", "sender": "ExampleShop"}
    town.line.report("delivered", of=root, at_s=NOON_S + 5, **known)
    town.store()
    page.locator("#changes tbody tr").first.get_by_text(at(NOON_S + 5).strftime("%H:%M:%S")).wait_for()

    assert page.evaluate("window.isTheSame") is True
    assert page.locator("#watermarks").get_attribute("open") is not None


def test_two_tabs_of_two_accounts_see_their_own(visit):
    whole, other = visit(), visit("other")
    path = f"/messages/{message(OF_OTHER)}"

    assert whole.look(path).locator("#message").count() == 1
    assert other.look(path).locator("#message").count() == 1
    assert other.look(MESSAGE).locator("#trouble").inner_text().startswith("Nothing is known")
    assert other.look("/messages").locator("#messages tbody tr").count() == 1
    assert other.look("/fallbacks").locator("#doubts details").count() == 1
    assert "received" not in other.look("/").content()


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 900), (3840, 2160)])
def test_pages_fit_every_window_in_both_lights(visit, width, height, scheme):
    visitor = visit(width=width, height=height, color_scheme=scheme)
    found = {}
    for path in [*ALL, REPLAY]:
        visitor.look(path)
        said = visitor.findings() + (["wider than its window"] if visitor.is_wider_than_its_window() else [])
        found |= {path: said} if said else {}

    assert found == {}
