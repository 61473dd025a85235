"""The page shows the truth, to those who signed in, and says what to do when there is nothing to show."""

import re
import time
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from threading import Timer

import pytest

from api.admission.keys import Scope
from api.page import frame
from api.page.view import duration, number, percent
from contracts.errors import StoreUnavailable
from contracts.status import DeliveryStatus
from contracts.vocabulary import Verdict
from tests.unit.api.counted_rows import BALANCE, UNEXPLAINED
from tests.unit.api.rows import CHANGES, ELSEWHERE, INBOUND, MESSAGE, TIMELINE, registration, report

PERSON = {"accept": "text/html"}
PART = {"tidings-part": "live"}


@pytest.mark.parametrize("headers", [{}, PART], ids=["whole", "part"])
def test_the_overview_shows_todays_numbers(visitor, headers):
    page = visitor.get("/", headers=headers).text

    assert re.search(r'data-label="Sent">\s*812', page)
    assert "97.2\u00a0%" in page
    assert "1.2\u00a0min" in page
    assert "Every item is accounted for" in page
    assert f"/messages/{MESSAGE}" in page
    assert "12 records on their way" in page


def test_each_change_has_a_name_of_its_own_that_stays_when_newer_ones_come(visitor, parts):
    def names() -> list[str]:
        return re.findall(r'<tr role="row" id="(change-[^"]+)"', visitor.get("/").text)

    twins = [CHANGES[0] | {"channel": "viber"}, CHANGES[0] | {"channel": "sms"}]
    parts.store.changes = twins
    before = names()
    parts.clock.advance(1)
    parts.store.changes = [CHANGES[0] | {"channel": "rcs"}, *twins]
    after = names()

    assert len(set(after)) == 3
    assert after[1:] == before


def test_nothing_in_the_page_needs_an_exception_from_its_policy(visitor):
    for address in ("/", "/sign-in", f"/messages/{MESSAGE}?evidence=true"):
        page = visitor.get(address).text

        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?! src=\"/static/)", page)
        assert not re.search(r'(src|href|action)="(https?:)?//', page)


@pytest.mark.parametrize(
    ("balance", "said", "is_bad"),
    [
        pytest.param({}, "Every item is accounted for", False, id="good"),
        pytest.param({"in_flight": 50}, "Every item is accounted for", False, id="in flight is good"),
        pytest.param({"unexplained": 1}, "1 item cannot be explained", True, id="one is missing"),
        pytest.param({"unexplained": 3}, "3 items cannot be explained", True, id="some are missing"),
        pytest.param({"explained_twice": 2}, "2 items counted twice", True, id="too many"),
    ],
)
def test_the_equation_is_plainly_good_or_bad(visitor, parts, balance, said, is_bad):
    parts.store.balance = BALANCE | balance
    parts.store.unexplained = [UNEXPLAINED] if balance.get("unexplained") else []
    page = visitor.get("/").text

    assert said in page
    assert ('class="sheet bad"' in page) is is_bad
    assert ("partition 3, offset 1207" in page) is ("unexplained" in balance)


def test_before_the_first_callback_the_page_says_where_to_send_it(visitor, parts):
    parts.store.balance = {name: None if name == "provider" else 0 for name in BALANCE}
    parts.store.changes, parts.store.today = [], []
    page = visitor.get("/").text

    assert "http://127.0.0.1:8080/callbacks/telesign/main" in page
    assert "tidings simulate" in page


def test_when_the_store_is_away_the_page_stays_and_says_why(visitor, parts):
    parts.store.failure = StoreUnavailable("the file is locked by another process")
    answer = visitor.get("/")

    assert answer.status_code == 503
    assert visitor.get("/", headers=PART).status_code == 200
    assert "the file is locked by another process" in answer.text


def test_one_account_sees_its_own_and_no_sums_over_all(sign_in):
    client = sign_in(Scope.READ, accounts=("other",))
    page = client.get("/").text

    assert "received" not in page
    assert MESSAGE not in page
    assert "/callbacks/infobip/other" in page
    assert "/callbacks/telesign/main" not in page
    assert client.get(f"/messages/{MESSAGE}").status_code == 404


@pytest.mark.parametrize("headers", [{}, PART], ids=["whole", "part"])
def test_the_page_of_a_message_tells_its_life(visitor, headers):
    page = visitor.get(f"/messages/{MESSAGE}", headers=headers).text

    assert "Whoever sent it said that infobip took the message." in page
    assert "said “Delivered to handset”, gave code <code>5</code>" in page
    assert "from accepted to delivered. " in " ".join(page.split())
    assert "Had been said before" in page
    assert "It came 500\u00a0ms after it happened." in page


def test_a_report_that_moved_nothing_is_not_said_to_have_moved_the_attempt(visitor, parts):
    stays = report(Verdict.APPLIED, DeliveryStatus.ACCEPTED, previous_status="accepted")
    parts.store.told = replace(TIMELINE, rows=[registration(), stays])
    page = visitor.get(f"/messages/{MESSAGE}").text

    assert "Counted; the attempt stays accepted." in page
    assert "Moved the attempt" not in page


def test_a_price_whose_currency_nobody_told_says_so(visitor, parts):
    priced = report(Verdict.APPLIED, DeliveryStatus.DELIVERED, price=Decimal("0.015"), currency=None)
    parts.store.told = replace(TIMELINE, rows=[registration(), priced])

    assert "Price 0.015 of a currency that was not told." in visitor.get(f"/messages/{MESSAGE}").text


def test_the_raw_callbacks_are_shown_in_the_same_time_zone(visitor):
    page = visitor.get(f"/messages/{MESSAGE}?time_zone=Europe/Athens").text

    assert 'href="/messages/' + MESSAGE + '?time_zone=Europe%2FAthens&amp;evidence=true#evidence"' in page


def test_the_page_of_a_message_says_that_it_is_presumed_lost(visitor, parts):
    lost = registration(event="presumed_lost", verdict=None, attempt_status="sent", previous_status="sent")
    parts.store.told = replace(TIMELINE, rows=[registration(), lost])
    page = visitor.get(f"/messages/{MESSAGE}").text

    assert "<strong>presumed lost</strong>" in page
    assert "infobip was asked and never said how it ended, and can no longer tell." in page


def test_the_page_of_a_message_shows_what_people_answered(visitor, parts):
    parts.store.answers = [INBOUND | {"text": "<b>Is it in stock?</b>"}]
    shown = visitor.get(f"/messages/{MESSAGE}").text

    assert "“&lt;b&gt;Is it in stock?&lt;/b&gt;”" in shown
    assert "known by provider id" in shown


def test_a_message_that_nobody_answered_has_no_such_part(visitor, parts):
    parts.store.answers = []

    assert "What people answered" not in visitor.get(f"/messages/{MESSAGE}").text


def test_the_raw_callbacks_are_shown_when_asked_for(visitor):
    assert "The raw callbacks" not in visitor.get(f"/messages/{MESSAGE}").text
    assert "callback 1207 of partition 3" in visitor.get(f"/messages/{MESSAGE}?evidence=true").text


def test_what_providers_send_cannot_become_a_part_of_the_page(visitor, parts):
    evil = "<script>alert(1)</script>"
    parts.store.told = replace(TIMELINE, rows=[row | {"description": evil} for row in TIMELINE.rows])
    parts.store.changes = [CHANGES[0] | {"country": evil}]

    assert evil not in visitor.get(f"/messages/{MESSAGE}").text
    assert evil not in visitor.get("/").text


@pytest.mark.parametrize(
    ("typed", "status", "where"),
    [
        (MESSAGE, 303, f"/messages/{MESSAGE}"),
        (f" {MESSAGE.upper()} ", 303, f"/messages/{MESSAGE}"),
        ("vb-7003", 303, "/messages?period=30d&provider_message_id=vb-7003"),
        ("+447700900105", 303, "/messages?period=30d&recipient=%2B447700900105"),
        ("", 303, "/messages"),
        (f"{MESSAGE}&time_zone=Europe/Athens", 303, f"/messages/{MESSAGE}?time_zone=Europe%2FAthens"),
    ],
)
def test_the_search_leads_to_what_was_typed(visitor, typed, status, where):
    answer = visitor.get(f"/find?id={typed.replace('+', '%2B')}", headers=PERSON)

    assert answer.status_code == status
    assert answer.headers.get("location") == where


def test_a_message_that_is_not_there_is_a_page_too(visitor):
    answer = visitor.get(f"/messages/{ELSEWHERE}", headers=PERSON)

    assert answer.status_code == 404
    assert "ask again in a moment" in answer.text


@pytest.mark.parametrize("address", ["/", "/sessions", f"/messages/{MESSAGE}"])
def test_whoever_has_the_part_is_not_given_it_again(visitor, monkeypatch, address):
    monkeypatch.setattr(frame, "WAIT_S", 0.01)
    first = visitor.get(address, headers=PART)
    again = visitor.get(address, headers=PART | {"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert visitor.get(address, headers=PART | {"if-none-match": "another"}).text == first.text


def test_the_first_page_is_told_as_soon_as_there_is_something_new(visitor, parts):
    first = visitor.get("/", headers=PART)

    def store() -> None:
        parts.store.changes = []
        parts.store.batch_count += 1
        parts.clock.advance(0.1)

    soon = Timer(0.2, store)
    soon.start()
    began = time.monotonic()
    told = visitor.get("/", headers=PART | {"if-none-match": first.headers["etag"]})

    assert told.status_code == 200
    assert time.monotonic() - began < frame.WAIT_S
    assert MESSAGE in first.text
    assert MESSAGE not in told.text
    assert parts.store.hurries


def test_what_says_little_new_is_not_asked_with_every_batch(visitor, parts, monkeypatch):
    asked: Counter[str] = Counter()

    def counted(name):
        real = getattr(parts.store, name)

        async def ask(*args, **members):
            asked[name] += 1
            return await real(*args, **members)

        return ask

    for name in ("newest_changes", "today_by_provider", "alarms", "conservation", "metrics"):
        monkeypatch.setattr(parts.store, name, counted(name), raising=False)
    for _ in range(4):
        visitor.get("/", headers=PART)
        parts.store.batch_count += 1
        parts.clock.advance(0.5)

    assert asked == {"newest_changes": 4, "today_by_provider": 1, "alarms": 1, "conservation": 1, "metrics": 1}


def test_a_part_travels_compressed_to_whoever_takes_that(visitor):
    answer = visitor.get("/", headers=PART | {"accept-encoding": "gzip"})
    plain = visitor.get("/", headers=PART | {"accept-encoding": "identity"})

    assert answer.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert answer.text == plain.text


def test_accounts_do_not_share_a_page(visitor, sign_in):
    client = sign_in(Scope.READ, accounts=("other",))
    client.app = visitor.app

    assert MESSAGE in visitor.get("/").text
    assert MESSAGE not in client.get("/").text


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (number(1234567), "1,234,567"),
        (number(None), "\u2013"),
        (percent(0.97438), "97.4\u00a0%"),
        (percent(1), "100.0\u00a0%"),
        (percent(0.99999), "99.9\u00a0%"),
        (percent(0.57), "57.0\u00a0%"),
        (percent(0), "0.0\u00a0%"),
        (percent(None), "\u2013"),
        (duration(840), "840\u00a0ms"),
        (duration(2500), "2.5\u00a0s"),
        (duration(90_000), "1.5\u00a0min"),
        (duration(11_520_000), "3.2\u00a0h"),
        (duration(None), "\u2013"),
    ],
)
def test_numbers_read_well_and_never_better_than_they_are(shown, text):
    assert shown == text
