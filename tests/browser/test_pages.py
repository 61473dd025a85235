"""The pages in a real browser: they are whole, can be used by keyboard, read aloud, and stay true by themselves."""

import pytest

from api.page import desk
from api.page.atlas import PAGES
from tests.browser.conftest import Visitor
from tests.support.store_line import at
from tests.support.town import FELL_BACK, NOON_S, OF_OTHER, Town, message, serving

MESSAGE = f"/messages/{message(FELL_BACK)}"
REPLAY = "/fallbacks?first=viber&second=sms&wait_s=60"
ALL = [page.path for page in PAGES] + [MESSAGE]
HEARD = NOON_S + 5
REFRESHES = 300


def test_every_page_has_its_data_and_the_browser_does_not_complain(visit):
    visitor = visit()
    troubled = [path for path in ALL if visitor.look(path).locator("#trouble, #empty").count()]

    assert troubled == []
    assert visitor.findings(without=("color-contrast",)) == []
    assert visitor.complaints == []


def test_one_gets_everywhere_by_keyboard(visit):
    page = visit().look("/")
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


@pytest.mark.long
def test_a_page_changes_without_being_loaded_again_and_keeps_what_one_was_doing(visit, town):
    page = visit().page
    page.evaluate("window.isTheSame = true")
    page.locator("#words summary").click()
    town.line.report("delivered", of="live-1", at_s=HEARD, channel="viber", country="GB", sender="ExampleShop")
    town.store()
    page.locator("#changes tbody tr").first.get_by_text(at(HEARD).strftime("%H:%M:%S")).wait_for()

    assert page.evaluate("window.isTheSame") is True
    assert page.locator("#words").get_attribute("open") is not None


@pytest.mark.long
def test_without_the_server_a_page_says_so_and_keeps_its_numbers_until_it_is_back(visit):
    visitor = visit()
    page = visitor.page
    visitor.context.set_offline(True)
    page.locator("#contact", has_text="No contact with the server").wait_for()

    assert page.locator("#providers tbody tr").count() > 0

    visitor.context.set_offline(False)
    page.locator("#contact:empty").wait_for(state="attached")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_deed_says_what_came_of_it_to_whoever_sees_or_listens(visit, town, scripts):
    visitor = visit(java_script_enabled=scripts)
    page = visitor.look("/fallbacks")
    doubt = page.locator("#doubts details").first
    doubt.get_by_label("How you know").fill("Seen in the console")
    doubt.get_by_role("button", name="It was not sent").click()
    notice = page.get_by_role("status").filter(has_text="goes on to its next step")
    notice.wait_for()
    town.store()  # and the page renews itself
    page.wait_for_timeout(1500)

    assert notice.is_visible()
    assert page.locator("#notice:focus").count() == 1
    assert visitor.look("/fallbacks").locator("#notice").count() == 0


@pytest.mark.long
def test_a_page_that_is_left_open_does_not_grow(visit, town, monkeypatch):
    monkeypatch.setattr(desk, "SHARE", 0.01)  # to look at it may take all the time there is
    page, answers = visit().page, []
    page.add_init_script("{ const real = setTimeout; window.setTimeout = (act, ms) => real(act, ms / 100); }")
    page.reload()
    count = "document.getElementsByTagName('*').length"
    before = page.evaluate(count)
    page.on("response", lambda answer: answers.append(answer.status))
    town.clock.hurry = 100.0
    while len(answers) < REFRESHES:
        page.wait_for_timeout(100)
    town.clock.hurry = 1.0

    assert set(answers) <= {200, 304}
    assert abs(page.evaluate(count) - before) < 50


@pytest.mark.long
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
def test_before_the_first_callback_every_page_says_what_to_do(browser, tmp_path):
    town = Town(tmp_path, messages=0)
    with serving(town) as url:
        visitor = Visitor(browser.new_context(), url, town.key())
        troubled = [path for path in ALL[:-1] if visitor.look(path).locator("#trouble").count()]
        first = visitor.look("/").locator("#empty").inner_text()
        visitor.context.close()
    town.close()

    assert troubled == []
    assert "tidings simulate" in first
    assert visitor.complaints == []


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 900), (3840, 2160)])
def test_pages_fit_every_window_in_both_lights_and_shut_nobody_out(visit, width, height, scheme):
    visitor = visit(width=width, height=height, color_scheme=scheme)
    found = {}
    for path in [*ALL, REPLAY, f"{MESSAGE}?evidence=true"]:
        visitor.look(path)
        said = (
            visitor.findings()
            + visitor.spilling()
            + (["wider than its window"] if visitor.is_wider_than_its_window() else [])
        )
        found |= {path: said} if said else {}

    assert found == {}
