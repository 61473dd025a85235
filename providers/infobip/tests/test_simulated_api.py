"""The simulated API objects as Infobip does, also to what our own sender would never send."""

import msgspec
import pytest

from contracts.vocabulary import Channel
from providers._kit.desk import ApiCall
from providers._kit.memory_desk import MemoryDesk
from providers.infobip.settings import InfobipSettings
from providers.infobip.simulated_api import refuse, serve

SETTINGS = InfobipSettings(username="u", passwords=("p",), api_key="k")
TEXT = {"type": "TEXT", "text": "Hi"}


def called(method, path, *, body=b"", query="", desk=None, key="k"):
    call = ApiCall(method=method, path=path, query=query, headers={"authorization": f"App {key}"}, body=body)
    reply = serve(call, desk or MemoryDesk(), SETTINGS)
    return reply.status, msgspec.json.decode(reply.body)


def body_of(**changes):
    message = {"sender": "Shop", "destinations": [{"to": "447700900105"}], "content": TEXT} | changes
    return msgspec.json.encode({"messages": [message]})


def test_a_message_without_an_id_gets_one():
    status, answer = called("POST", "/viber/2/messages", body=body_of())

    assert status == 200
    assert answer["bulkId"].isdecimal()
    assert len(answer["messages"][0]["messageId"]) == 32
    assert answer["messages"][0]["status"]["name"] == "PENDING_ACCEPTED"


def test_one_message_may_have_many_destinations():
    desk = MemoryDesk()
    called(
        "POST",
        "/viber/2/messages",
        body=body_of(destinations=[{"to": "447700900105"}, {"to": "447700900106"}]),
        desk=desk,
    )

    assert [order.recipient for order in desk.orders()] == ["+447700900105", "+447700900106"]


def test_a_number_that_nobody_has_is_rejected_inside_a_200():
    desk = MemoryDesk()
    status, answer = called("POST", "/viber/2/messages", body=body_of(destinations=[{"to": "Ann"}]), desk=desk)

    assert (status, answer["messages"][0]["status"]["id"]) == (200, 52)
    assert not desk.orders()


@pytest.mark.parametrize(
    ("path", "changes", "named"),
    [
        pytest.param("/viber/2/messages", {"sender": ""}, "messages[0].sender", id="no sender"),
        pytest.param("/viber/2/messages", {"destinations": []}, "messages[0].destinations", id="nobody"),
        pytest.param("/viber/2/messages", {"destinations": [{}]}, "messages[0].destinations[0].to", id="no address"),
        pytest.param(
            "/viber/2/messages",
            {"destinations": [{"to": "1", "messageId": "x" * 201}]},
            "messages[0].destinations[0].messageId",
            id="id above 200",
        ),
        pytest.param("/viber/2/messages", {"content": {"type": "STICKER"}}, "messages[0].content.type", id="no kind"),
        pytest.param("/viber/2/messages", {"content": "Hi"}, "messages[0].content.type", id="no content"),
        pytest.param(
            "/viber/2/messages", {"content": TEXT | {"text": "x" * 1001}}, "messages[0].content.text", id="long text"
        ),
        pytest.param(
            "/viber/2/messages",
            {"content": {"type": "VIDEO", "mediaUrl": "u", "thumbnailUrl": "u"}},
            "messages[0].content.mediaDuration",
            id="video of no length",
        ),
        pytest.param(
            "/viber/2/messages",
            {"content": {"type": "IMAGE", "mediaUrl": "u", "button": {"title": "b"}}},
            "messages[0].content.text",
            id="button, no text",
        ),
        pytest.param("/viber-bot/1/messages", {"content": {"type": "FILE"}}, "messages[0].content.url", id="bot file"),
        pytest.param("/sms/3/messages", {"content": {}}, "messages[0].content.text", id="empty SMS"),
        pytest.param(
            "/viber/2/messages",
            {"options": {"trackingData": "x" * 101}},
            "messages[0].options.trackingData",
            id="tracking data",
        ),
        pytest.param("/viber/2/messages", {"options": {"label": "x"}}, "messages[0].options.label", id="label"),
        pytest.param(
            "/viber/2/messages", {"options": {"smsFailover": {"sender": "x"}}}, "messages[0].options.smsFailover.text"
        ),
        pytest.param(
            "/viber/2/messages",
            {"options": {"validityPeriod": {"amount": 1, "timeUnit": "DAYS"}}},
            "messages[0].options.validityPeriod",
            id="days are no unit",
        ),
        pytest.param(
            "/viber/2/messages",
            {"webhooks": {"callbackData": "x" * 4001}},
            "messages[0].webhooks.callbackData",
            id="callback data",
        ),
    ],
)
def test_what_is_wrong_is_named(path, changes, named):
    status, answer = called("POST", path, body=body_of(**changes))

    assert (status, answer["errorCode"]) == (400, "E400")
    assert named in [violation["property"] for violation in answer["violations"]]


@pytest.mark.parametrize(
    ("send_at", "is_taken"),
    [
        ("2026-03-02T08:00:00.000+0000", True),
        ("2026-03-02T08:00:00.000+00:00", False),
        ("2027-03-02T08:00:00.000+0000", False),
    ],
    ids=["without a colon", "with a colon", "a year ahead"],
)
def test_the_time_of_a_scheduled_call(send_at, is_taken):
    body = msgspec.json.decode(body_of()) | {"options": {"schedule": {"sendAt": send_at}}}

    assert called("POST", "/viber/2/messages", body=msgspec.json.encode(body))[0] == (200 if is_taken else 400)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"messages":[]}', b'{"messages":[1]}'])
def test_a_body_that_is_no_send(body):
    assert called("POST", "/viber/2/messages", body=body)[0] == 400


def test_who_has_no_key_is_not_let_in():
    assert called("POST", "/viber/2/messages", body=body_of(), key="x")[0] == 401


def test_an_address_that_is_none():
    assert called("GET", "/viber/9/logs")[0] == 404


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
def test_a_limit_has_limits(limit):
    assert called("GET", "/viber/2/logs", query=f"limit={limit}")[0] == 400


def test_logs_show_the_newest_first_and_fifty_unless_told():
    desk = MemoryDesk()
    for _ in range(51):
        called("POST", "/viber/2/messages", body=body_of(), desk=desk)
    entries = called("GET", "/viber/2/logs", desk=desk)[1]["results"]

    assert len(entries) == 50
    assert entries[0]["messageId"] == desk.orders()[-1].root_id


def test_a_report_above_the_limit_waits_for_the_next_call():
    desk = MemoryDesk()
    for _ in range(3):
        called("POST", "/viber/2/messages", body=body_of(), desk=desk)
    counts = [len(called("GET", "/viber/2/reports", query="limit=2", desk=desk)[1]["results"]) for _ in range(3)]

    assert counts == [2, 1, 0]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503, 502])
def test_a_refusal_is_worded_as_the_provider_does(status):
    answer = msgspec.json.decode(refuse(status).body)

    assert set(answer) == {"errorCode", "description", "action", "violations", "resources"}


def test_a_bots_user_needs_no_number():
    desk = MemoryDesk()
    called("POST", "/viber-bot/1/messages", body=body_of(destinations=[{"to": "user="}]), desk=desk)

    assert [(order.recipient, order.channels) for order in desk.orders()] == [("user=", (Channel.VIBER_BOT,))]
