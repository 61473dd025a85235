"""Each page shows the API's own answers, says what to do when there are none, and has its question in its address."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from analytics.measures.metrics import MetricsQuestion
from api.admission.keys import Scope
from api.answers.messages import MessageTimeline
from api.page.atlas import PAGES
from api.page.charts import AMOUNTS, NUMBERS, SHARES, TIMES, Series, chart, over_time
from api.page.forms import own_path
from api.page.picture import picture
from api.page.view import amount, size
from api.timelines import tell
from contracts.errors import StoreUnavailable
from tests.unit.api.counted_rows import TODAY
from tests.unit.api.rows import DECISION, MESSAGE, NOON, PLAN, REPLAYED, SEND, SEND_ID, TIMELINE

FORM = {"content-type": "application/x-www-form-urlencoded"}
PATHS = [page.path for page in PAGES]
MEASURED = {"bucket_at": NOON, "provider": "infobip", "sent": 10, "delivery_rate": 0.9, "latency_p95": 2500} | {
    "cost_per_delivered": {}
}


@pytest.fixture
def sign_in(sign_in, parts):
    """Where something was measured."""
    parts.store.metrics_rows = [MEASURED, MEASURED | {"bucket_at": NOON + timedelta(minutes=1), "sent": None}]
    return sign_in


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_a_name_a_place_in_the_navigation_and_no_trouble(sign_in, path):
    page = sign_in().get(path)

    assert page.status_code == 200
    assert len(re.findall(r'aria-current="page"', page.text)) == 1
    assert 'id="trouble"' not in page.text


@pytest.mark.parametrize("path", [path for path in PATHS if path not in {"/", "/exports"}])
def test_while_the_store_is_away_a_page_says_so_in_its_place(sign_in, parts, path):
    parts.store.failure = StoreUnavailable("the file is locked")
    page = sign_in().get(path)

    assert page.status_code == 503
    assert "the file is locked" in page.text
    assert "Callbacks are taken and kept meanwhile" in page.text


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_a_page_without_a_session(connect, path):
    answer = connect().get(path, headers={"accept": "text/html"})

    assert answer.status_code in {303, 401}
    assert MESSAGE not in answer.text


def test_whoever_signs_in_goes_on_where_they_wanted_to(connect, parts):
    _, text = parts.ring.create(parts.clock, name="person", scopes=[Scope.READ])
    client, wanted = connect(), "/messages?status=expired&period=7d"
    form = client.get(wanted, headers={"accept": "text/html"}).text
    then = re.search(r'name="then" value="([^"]+)"', form)[1].replace("&amp;", "&")
    answer = client.post("/sign-in", data={"key": text, "then": then})

    assert answer.headers["location"] == wanted


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/messages?status=expired", "/messages?status=expired"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("", "/"),
        ("/a\r\nset-cookie: x=1", "/"),
    ],
)
def test_one_is_never_led_elsewhere(text, path):
    assert own_path(text) == path


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("status=lost", "there are unknown", id="a word that there is not"),
        pytest.param("colour=red", "There is no such member", id="a member that there is not"),
        pytest.param("period=9y", "there are 1h, 6h, 24h, 7d, 30d", id="a period that there is not"),
        pytest.param("from=yesterday", "write it like 2026-11-21T09:30", id="a moment that cannot be read"),
        pytest.param("time_zone=Mars", "write an IANA time zone", id="a zone that there is not"),
    ],
)
def test_what_cannot_be_asked_is_told_in_the_place_of_the_answer(sign_in, query, said):
    page = sign_in().get(f"/messages?{query}")

    assert page.status_code == 422
    assert said in page.text
    assert '<nav class="pages"' in page.text


def test_filters_go_along_to_the_pages_that_have_them(sign_in):
    page = sign_in().get("/messages?provider=infobip&status=expired&period=7d&time_zone=Europe/Athens").text

    assert 'href="/providers?provider=infobip&amp;period=7d&amp;time_zone=Europe%2FAthens"' in page
    assert 'href="/health?time_zone=Europe%2FAthens"' in page


def test_the_api_is_asked_with_what_the_address_says(sign_in, parts):
    sign_in().get(
        "/messages?provider=infobip,!routee&from=2026-11-20T10:00&to=2026-11-20T12:00&time_zone=Europe/Athens"
    )
    asked = parts.store.asked[-1]

    assert asked.from_.isoformat() == "2026-11-20T10:00:00+02:00"
    assert {dimension.value for dimension in asked.filters} == {"provider"}


@pytest.mark.parametrize(("zone", "shown"), [("UTC", "11:59:58.000"), ("Europe/Athens", "13:59:58.000")])
def test_times_are_shown_in_the_zone_of_the_address(sign_in, zone, shown):
    assert f">{shown}</time>" in sign_in().get(f"/messages/{MESSAGE}?time_zone={zone}").text


def test_keys_are_shown_what_they_may_do(sign_in):
    reader = sign_in(Scope.READ)

    assert 'href="/exports"' not in reader.get("/").text
    assert reader.get("/exports", headers={"accept": "text/html"}).status_code == 403
    assert "It was taken" not in reader.get("/fallbacks").text
    assert "It was taken" in sign_in(Scope.READ, Scope.SEND).get("/fallbacks").text


def test_a_doubt_is_resolved_by_whoever_may_send(sign_in, parts):
    said = {"outcome": "not_sent", "note": "Not in the console", "then": "/fallbacks?period=7d"}
    answer = sign_in(Scope.READ, Scope.SEND).post(f"/fallbacks/doubts/{SEND_ID}", data=said)

    assert answer.headers["location"] == "/fallbacks?period=7d"
    assert parts.registrar.written[-1].note == "Not in the console"


@pytest.mark.parametrize(
    ("address", "form"),
    [
        (f"/fallbacks/doubts/{SEND_ID}", {"outcome": "not_sent", "note": "x"}),
        ("/exports", {}),
        ("/exports/1/remove", {}),
    ],
)
def test_nothing_is_done_for_another_site_nor_for_a_key_that_may_not(sign_in, parts, address, form):
    elsewhere = sign_in().post(address, data=form, headers={"sec-fetch-site": "cross-site"})
    reader = sign_in(Scope.READ).post(address, data=form)

    assert (elsewhere.status_code, reader.status_code) == (403, 403)
    assert parts.registrar.written == []


def test_a_letter_is_tried_again_or_rehearsed_by_whoever_may_replay(sign_in, parts):
    client, reader = sign_in(Scope.READ, Scope.REPLAY), sign_in(Scope.READ)
    letter = re.search(r'action="(/dead-letters/[^"]+/retry)"', client.get("/dead-letters").text)[1]
    rehearsal = f"/dead-letters?rehearse={letter.split('/')[2]}"
    tried = client.post(letter, data={"then": "/dead-letters?period=7d"})

    assert "Nothing was written" in client.get(rehearsal).text
    assert tried.headers["location"] == "/dead-letters?period=7d"
    assert [reader.post(letter).status_code, reader.get(rehearsal).status_code] == [403, 403]
    assert client.get("/dead-letters?rehearse=all").status_code == 422


@pytest.mark.parametrize(
    ("address", "form", "back", "said"),
    [
        (f"/fallbacks/doubts/{SEND_ID}", {"outcome": "not_sent", "note": "x"}, "/fallbacks", "goes on to its next"),
        (f"/fallbacks/doubts/{SEND_ID}", {"outcome": "accepted", "note": "x"}, "/fallbacks", "the send was taken"),
        (f"/fallbacks/doubts/{SEND_ID}", {"outcome": "not_sent"}, "/fallbacks", "note: Field required"),
        ("/dead-letters/3-41/retry", {}, "/dead-letters", "on its way through the stages"),
        ("/exports", {"what": "messages"}, "/exports", "Ordered."),
        ("/exports", {"what": "messages", "status": "nice"}, "/exports", "status: there are"),
        ("/exports/unknown/remove", {}, "/exports", "Nothing is known"),
    ],
)
def test_what_came_of_a_deed_is_told_once_on_the_page_that_one_comes_back_to(sign_in, address, form, back, said):
    client = sign_in()
    left = client.post(address, data=form | {"then": f"{back}?time_zone=UTC"})
    elsewhere = client.get("/health").text
    shown = re.search(r'<p class="banner [a-z]+" id="notice" role="status".*?</p>', client.get(back).text)[0]

    assert left.status_code == 303
    assert left.headers["location"].partition("?")[0] == back
    assert 'id="notice"' not in elsewhere
    assert said in shown
    assert 'id="notice"' not in client.get(back).text


def test_the_same_export_is_not_said_to_be_made_again(sign_in):
    client, order = sign_in(), {"what": "messages", "then": "/exports"}
    client.post("/exports", data=order)
    client.post("/exports", data=order)

    assert "There was this export already" in client.get("/exports").text


def test_what_was_filled_in_is_still_there_when_an_order_is_refused(sign_in):
    client = sign_in()
    left = client.post(
        "/exports?time_zone=Europe/Athens", data={"what": "reports", "country": "gb", "then": "/exports"}
    )
    page = client.get(left.headers["location"]).text

    assert '<option value="reports" selected>' in page
    assert re.search(r'name="country" value="gb"', page)
    assert "time_zone=Europe%2FAthens" in left.headers["location"]


def test_an_export_is_ordered_in_the_zone_that_is_shown(sign_in, parts):
    client = sign_in()
    page = client.get("/exports?time_zone=Europe/Athens").text
    action = re.search(r'action="(/exports[^"]*)" method="post"', page)[1]
    client.post(action, data={"what": "messages", "from": "2026-11-20T02:00"})

    assert parts.exports.all()[0].order.wanted.from_.isoformat() == "2026-11-20T02:00:00+02:00"


@pytest.mark.parametrize("cookie", ["", "x", "bm8", "eyJwYXRoIjoiLyJ9"])
def test_a_notice_that_is_none_of_ours_is_not_told(sign_in, cookie):
    client = sign_in()
    client.cookies.set("tidings_notice", cookie)

    assert 'id="notice"' not in client.get("/health").text


def test_the_bytes_of_a_letter_are_shown_when_asked_for_and_that_is_written_down(sign_in, parts):
    client = sign_in(Scope.READ, Scope.REPLAY)

    assert "<pre" not in client.get("/dead-letters").text
    assert "<pre" in client.get("/dead-letters?bytes=512").text
    assert sign_in(Scope.READ).get("/dead-letters?bytes=512").status_code == 403


def test_a_plan_is_replayed_for_several_waits(sign_in, parts):
    page = sign_in().get("/fallbacks?first=viber&second=sms&wait_s=45").text
    waits = [asked.steps[0].wait_s for asked in parts.store.asked if hasattr(asked, "steps")]

    assert sorted(waits) == [15, 30, 45, 60, 120, 300, 900]
    assert "viber for 45.0\u00a0s, unless it is delivered; then sms." in page
    assert "Fallbacks by how long one waits" in page


def test_a_plan_is_replayed_as_its_form_says_with_the_messages_that_the_filters_name(sign_in, parts):
    plan = "first_by=infobip/main&succeed_on=seen&second_by=routee&clock=occurred"
    page = sign_in().get(f"/fallbacks?{plan}&campaign=autumn,spring&country=GB&country=GR&provider=!telesign").text
    asked = next(asked for asked in parts.store.asked if hasattr(asked, "steps"))
    first, second = asked.steps

    assert (first.provider, first.connection, first.succeed_on) == ("infobip", "main", "seen")
    assert (second.provider, second.connection) == ("routee", None)
    assert (asked.campaigns, asked.countries, asked.provider, asked.clock) == (
        ("autumn", "spring"),
        ("GB", "GR"),
        None,
        "occurred",
    )
    assert '<option value="seen" selected>' in page
    assert "Of the filters above, campaign and country count here." in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=viber&campaign=spring*", "campaign: a plan is replayed with values that are named in whole"),
        ("first=viber&wait_s=0", "wait_s: Input should be greater than or equal to 1"),
        ("policy=unknown", "There is no such policy"),
    ],
)
def test_why_a_plan_is_not_replayed_is_told_beside_its_form(sign_in, query, said):
    page = sign_in().get(f"/fallbacks?{query}")

    assert page.status_code == 200
    assert re.search(f'id="replayed"[^>]*>[^<]*{re.escape(said)}', page.text)


def test_a_plan_that_no_message_would_have_followed_is_not_drawn(sign_in, parts, monkeypatch):
    monkeypatch.setitem(REPLAYED, "messages", 0)
    page = sign_in().get("/fallbacks?first=viber&second=sms&wait_s=45&sender=ExampleShop").text

    assert "None began so" in page
    assert "Fallbacks by how long one waits" not in page


async def test_the_picture_of_a_fallback_has_a_lane_for_each_way_and_an_arrow_to_what_was_sent(parts):
    parts.store.told = replace(TIMELINE, plan=[PLAN], decisions=[DECISION], sends=[SEND])
    drawn = picture(await tell(parts, None, MESSAGE, with_evidence=False))

    assert [lane.name for lane in drawn.lanes] == ["Decided", "sms", "viber", "Answers"]
    assert len(drawn.arrows) == 1
    assert all(mark.x < drawn.width for lane in drawn.lanes for mark in lane.marks)
    assert [mark.x for mark in drawn.lanes[2].marks] == sorted({mark.x for mark in drawn.lanes[2].marks})


async def test_of_a_message_of_which_nothing_was_said_there_is_no_picture(parts):
    told = await tell(parts, None, MESSAGE, with_evidence=False)
    bare = MessageTimeline.model_validate(
        told.model_dump() | {"timeline": [], "attempts": [], "replies": [], "freshness": told.freshness}
    )

    assert picture(bare) is None


def test_a_line_goes_from_zero_to_a_round_number_and_leaves_gaps():
    drawn = chart("Sent", ["a", "b", "c", "d"], [Series("sent", "sent", [0, 7, None, 3.5])])

    assert drawn.ticks == ["8", "4", "0"]
    assert drawn.lines[0].path == "M0.0 100.00h0L333.3 12.50M1000.0 56.25h0"
    assert drawn.summary == "Sent: sent 4 at last"


def test_the_chart_of_a_young_installation_begins_where_something_was_sent(sign_in, parts):
    parts.store.metrics_rows = [
        {"bucket_at": NOON - timedelta(minutes=ago), "sent": int(ago <= 20), "delivered": 0} for ago in range(60, 0, -1)
    ]
    page = sign_in().get("/").text

    assert "21 Nov 11:40" in page
    assert "21 Nov 11:39" not in page


@pytest.mark.parametrize(
    ("since", "buckets"),
    [
        pytest.param(timedelta(hours=20), ["hour"], id="by the hour where a day is full"),
        pytest.param(timedelta(minutes=90), ["hour", "five_minutes"], id="finer where it is not"),
        pytest.param(timedelta(0), ["hour", "minute"], id="from the first message on"),
    ],
)
def test_providers_are_drawn_over_the_time_in_which_they_carried_something(sign_in, parts, since, buckets):
    parts.store.metrics_rows = [MEASURED | {"bucket_at": NOON - since}]
    sign_in().get("/providers?period=24h")

    assert [one.bucket for one in parts.store.asked if isinstance(one, MetricsQuestion)] == buckets


def test_the_minutes_that_are_not_over_are_not_drawn(sign_in, parts):
    parts.store.metrics_rows = [
        MEASURED | {"bucket_at": NOON - timedelta(minutes=before), "delivery_rate": rate}
        for before, rate in ((10, 0.75), (5, 0.25), (0, 0.125))
    ]
    page = sign_in().get("/providers?period=1h").text

    assert "infobip 25.0\u00a0% at last" in page
    assert "12.5\u00a0%" not in page


def test_costs_are_drawn_in_the_currency_that_most_is_paid_in(sign_in, parts):
    costs = [{"EUR": Decimal("0.01")}, {"EUR": Decimal("0.02"), "USD": Decimal("0.03")}, {}]
    parts.store.metrics_rows = [
        MEASURED | {"bucket_at": NOON - timedelta(hours=ago), "cost_per_delivered": cost}
        for ago, cost in zip((3, 2, 1), costs, strict=True)
    ]
    page = sign_in().get("/providers?period=24h").text

    assert "Cost per delivered, EUR: infobip 0.02 at last" in page
    assert "Cost per delivered, USD" not in page


def test_tables_end_in_what_stands_in_them_together(sign_in, parts):
    parts.store.today = [TODAY[0] | {"provider": one, "sent": 300, "delivered": 200} for one in ("infobip", "routee")]
    together = sign_in().get("/").text.partition("Together")[2]

    assert re.search(r'data-label="Sent">600<', together)
    assert "66.6\u00a0%" in together


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        pytest.param(840, ["1.0\u00a0s", "500\u00a0ms", "0\u00a0ms"], id="milliseconds"),
        pytest.param(13_000, ["20.0\u00a0s", "10.0\u00a0s", "0\u00a0ms"], id="seconds"),
        pytest.param(183_000, ["4.0\u00a0min", "2.0\u00a0min", "0\u00a0ms"], id="minutes"),
        pytest.param(5 * 3_600_000, ["6.0\u00a0h", "3.0\u00a0h", "0\u00a0ms"], id="hours"),
    ],
)
def test_an_axis_of_times_ends_where_clocks_are_round(highest, ticks):
    assert chart("Took", ["a"], [Series("took", "sent", [highest])], scale=TIMES).ticks == ticks


def test_an_axis_of_days_names_days():
    moments = [NOON + timedelta(days=day) for day in range(9)]

    assert over_time("Sent", moments, []).columns == ["21 Nov", "23 Nov", "25 Nov", "27 Nov", "29 Nov"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_no_place_of_an_axis_is_named_twice(count):
    moments = [NOON + timedelta(hours=hour) for hour in range(count)]

    assert over_time("Sent", moments, []).columns == ["12:00", "13:00", "14:00"][:count]


@pytest.mark.parametrize(
    ("scale", "highest", "ticks"),
    [
        pytest.param(NUMBERS, 1, ["2", "1", "0"], id="a number"),
        pytest.param(NUMBERS, None, ["2", "1", "0"], id="no number"),
        pytest.param(TIMES, None, ["2\u00a0ms", "1\u00a0ms", "0\u00a0ms"], id="no time"),
        pytest.param(AMOUNTS, 0.0113, ["0.02", "0.01", "0.00"], id="an amount of cents"),
        pytest.param(AMOUNTS, 37.5, ["40.00", "20.00", "0.00"], id="a large amount"),
        pytest.param(AMOUNTS, None, ["0.0002", "0.0001", "0.00"], id="no amount"),
        pytest.param(SHARES, 0.4, ["100.0\u00a0%", "50.0\u00a0%", "0.0\u00a0%"], id="a share"),
    ],
)
def test_what_stands_beside_an_axis_is_true_of_little_too(scale, highest, ticks):
    assert chart("Sent", ["a"], [Series("sent", "sent", [highest])], scale=scale).ticks == ticks


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (size(840), "840\u00a0B"),
        (size(2_500_000), "2.5\u00a0MB"),
        (size(None), "\u2013"),
        (amount(None), "\u2013"),
    ],
)
def test_sizes_and_amounts_read_well(shown, text):
    assert shown == text
