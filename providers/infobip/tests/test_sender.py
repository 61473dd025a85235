"""The real sender against the simulated API: what was taken, what was refused, and what is in doubt."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from contracts.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    FundsExhausted,
    ProviderThrottled,
    ProviderUnavailable,
    RecipientOptedOut,
    RequestInvalid,
    SendInDoubt,
)
from contracts.sends import Card as CarouselCard
from contracts.sends import (
    CarouselContent,
    ContactContent,
    FileContent,
    ImageContent,
    LocationContent,
    SendRequest,
    StickerContent,
    TemplateContent,
    TextContent,
    UrlContent,
    VideoContent,
)
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.facts import InboundFact, StatusFact
from providers._kit.memory_desk import life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import Accepted, HttpAnswer
from providers.infobip import PROVIDER
from providers.infobip.answers import REFUSALS
from providers.infobip.codes import CODES
from providers.infobip.sender import make_sender
from providers.infobip.settings import InfobipSettings

SETTINGS = InfobipSettings(
    username="ib-hook",
    passwords=("example-only",),
    base_url="https://abc123.api.infobip.com",
    api_key="an example key",
)
VIBER, BOT, SMS = Channel.VIBER, Channel.VIBER_BOT, Channel.SMS
LINK = "https://example.com/a"
CARD = CarouselCard(image_url=LINK, text="One")
KINDS = [
    (VIBER, TextContent(text="Hello")),
    (VIBER, ImageContent(url=LINK)),
    (VIBER, VideoContent(url=LINK, thumbnail_url=LINK, duration_s=5)),
    (VIBER, FileContent(url=LINK, name="a.pdf")),
    (VIBER, CarouselContent(text="Offers", cards=(CARD, CARD))),
    (VIBER, TemplateContent(template_id="t", language="en")),
    (BOT, TextContent(text="Hello")),
    (BOT, ImageContent(url=LINK)),
    (BOT, VideoContent(url=LINK, size_bytes=10)),
    (BOT, FileContent(url=LINK, name="a.pdf", size_bytes=10)),
    (BOT, CarouselContent(text="", cards=(CARD,))),
    (BOT, LocationContent(latitude=1, longitude=2)),
    (BOT, ContactContent(name="Ann", phone_number="447700900106")),
    (BOT, StickerContent(sticker_id="114")),
    (BOT, UrlContent(url=LINK)),
    (SMS, TextContent(text="Hello")),
]


def request(number=1, channel=VIBER, content=None, **changes):
    members = {
        "send_id": f"send-{number}",
        "channel": channel,
        "recipient": "01234567890A=" if channel is BOT else "+447700900105",
        "sender": "ExampleShop",
        "content": content or TextContent(text="Hello"),
        "message_id": f"m-{number}",
    }
    return SendRequest(**(members | changes))


@pytest.fixture
def rehearsal():
    return Rehearsal(PROVIDER, SETTINGS)


def sent(rehearsal, one):
    return asyncio.run(rehearsal.sender().send(one))


def answered(status_id, *, group=5, name="REJECTED", message_id="send-1"):
    status = {"groupId": group, "groupName": name, "id": status_id, "name": name, "description": "said so"}
    body = {"messages": [{"messageId": message_id, "status": status, "destination": "447700900105"}]}
    return HttpAnswer(status=200, headers={}, body=msgspec.json.encode(body))


def worded(status, body, **headers):
    return HttpAnswer(status=status, headers=headers, body=msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("channel", "content"), KINDS, ids=[f"{channel} {type(content).__name__}" for channel, content in KINDS]
)
def test_what_is_taken_is_told_of_under_the_same_id(rehearsal, channel, content):
    accepted = sent(rehearsal, request(channel=channel, content=content))
    facts = [item for callback in rehearsal.callbacks("send-1") for item in rehearsal.items(callback)]

    assert accepted == Accepted(root_id="send-1", provider_code="26")
    assert {fact.message_id for fact in facts} == {"send-1"}
    assert facts[-1].status is DeliveryStatus.DELIVERED
    assert {fact.external_id for fact in facts} == {"m-1"}
    assert {fact.channel for fact in facts} == {channel}


def test_the_call_as_it_leaves(rehearsal):
    sent(rehearsal, request())
    ((method, url, headers, body),) = rehearsal.outbound.calls

    assert (method, url) == ("POST", "https://abc123.api.infobip.com/viber/2/messages")
    assert headers == {
        "authorization": "App an example key",
        "accept": "application/json",
        "content-type": "application/json",
    }
    assert msgspec.json.decode(body) == {
        "messages": [
            {
                "sender": "ExampleShop",
                "destinations": [{"to": "447700900105", "messageId": "send-1"}],
                "content": {"type": "TEXT", "text": "Hello"},
                "webhooks": {"contentType": "application/json", "callbackData": "m-1"},
            }
        ]
    }


@pytest.mark.parametrize(
    ("channel", "path"), [(VIBER, "/viber/2/messages"), (BOT, "/viber-bot/1/messages"), (SMS, "/sms/3/messages")]
)
def test_every_channel_has_its_api(rehearsal, channel, path):
    sent(rehearsal, request(channel=channel))

    assert rehearsal.outbound.calls[0][1] == f"https://abc123.api.infobip.com{path}"


def test_a_connection_without_a_key_does_not_send():
    settings = InfobipSettings(username="ib-hook", passwords=("example-only",))

    with pytest.raises(ConfigurationInvalid, match="api_key"):
        make_sender(settings, Rehearsal(PROVIDER, settings).outbound)


def test_the_key_shows_nowhere():
    assert "an example key" not in repr(SETTINGS)


def test_the_same_id_again_is_the_first_send(rehearsal):
    sent(rehearsal, request())
    again = sent(rehearsal, request())

    assert again == Accepted(root_id="send-1", provider_code="23", is_repeat=True)
    assert len(rehearsal.desk.orders()) == 1


def test_a_repeat_is_always_safe(rehearsal):
    assert rehearsal.sender().may_repeat(request())


def test_a_number_that_nobody_has_is_refused_inside_a_200(rehearsal):
    rehearsal.outbound.meet(answered(52))

    with pytest.raises(RequestInvalid, match="no operator has such a number") as refused:
        sent(rehearsal, request())
    assert (refused.value.code, refused.value.http_status) == ("52", 200)


REJECTIONS = [row for row in REFUSALS.rows if row.http_status == 200 and row.code.isdecimal()]


@pytest.mark.parametrize("row", REJECTIONS, ids=[row.code for row in REJECTIONS])
def test_each_rejection_inside_a_200_is_an_error_of_its_own(rehearsal, row):
    rehearsal.outbound.meet(answered(int(row.code)))

    with pytest.raises(row.error) as refused:
        sent(rehearsal, request())
    assert type(refused.value) is row.error
    assert refused.value.code == row.code


def test_every_documented_rejection_but_the_repeat_is_in_the_table():
    documented = {row.code for row in CODES.rows if row.scale == "status:5"}

    assert documented - {"23"} == {row.code for row in REJECTIONS}


def test_no_rejection_asks_for_the_same_id_again():
    assert not [row.code for row in REJECTIONS if row.error.may_retry]


@pytest.mark.parametrize("row", REJECTIONS, ids=[row.code for row in REJECTIONS])
def test_no_rejection_falls_back_where_its_report_would_not(row):
    by_report = CODES.find("status:5", row.code).may_fall_back

    assert by_report or not row.error.may_fall_back


def test_a_rejection_in_no_list_falls_back_to_nothing(rehearsal):
    rehearsal.outbound.meet(answered(4711))

    with pytest.raises(RequestInvalid, match="in no list") as refused:
        sent(rehearsal, request())
    assert refused.value.code == "4711"


@pytest.mark.parametrize(("status_id", "group"), [(26, 1), (7, 1), (0, 0), (5, 3), (9, 2), (15, 4)], ids=str)
def test_all_that_is_not_rejected_was_taken(rehearsal, status_id, group):
    rehearsal.outbound.meet(answered(status_id, group=group, name="AS IT MAY BE"))

    assert sent(rehearsal, request()) == Accepted(root_id="send-1", provider_code=str(status_id))


def test_an_sms_in_parts_says_how_many(rehearsal):
    status = {"groupId": 1, "id": 26}
    rehearsal.outbound.meet(
        worded(200, {"messages": [{"messageId": "send-1", "status": status, "details": {"messageCount": 3}}]})
    )

    assert sent(rehearsal, request(channel=SMS)).parts_count == 3


NEW = {"errorCode": "E400", "description": "Bad.", "violations": [{"property": "messages[0].to", "violation": "no"}]}
OLD = {
    "requestError": {
        "serviceException": {"messageId": "BAD_REQUEST", "text": "Bad", "validationErrors": {"to": ["no"]}}
    }
}


@pytest.mark.parametrize(
    ("answer", "error", "code", "text"),
    [
        pytest.param(worded(400, NEW), RequestInvalid, "E400", r"Bad.; messages\[0\].to: no", id="new wording"),
        pytest.param(worded(400, OLD), RequestInvalid, "BAD_REQUEST", r"Bad; to: \['no'\]", id="old wording"),
        pytest.param(worded(401, {"errorCode": "E401"}), CredentialsRefused, "E401", "key", id="new 401"),
        pytest.param(
            worded(401, {"requestError": {"serviceException": {"messageId": "UNAUTHORIZED"}}}),
            CredentialsRefused,
            "UNAUTHORIZED",
            "key",
            id="old 401",
        ),
        pytest.param(worded(403, {"errorCode": "E403"}), CredentialsRefused, "E403", "scopes", id="403"),
        pytest.param(worded(404, {"errorCode": "E404"}), CredentialsRefused, "E404", "base_url", id="404"),
        pytest.param(worded(500, {"errorCode": "E500"}), SendInDoubt, "E500", "wrong", id="500 may have taken it"),
        pytest.param(worded(503, []), SendInDoubt, None, "Not available", id="503 says nothing of the message"),
        pytest.param(HttpAnswer(status=502, headers={}, body=b"<html>"), SendInDoubt, None, "gave up", id="a proxy"),
        pytest.param(worded(200, {"messages": []}), SendInDoubt, None, "without a word", id="200, no message"),
        pytest.param(worded(200, {"messages": [{}]}), SendInDoubt, None, "without the status", id="200, no status"),
        pytest.param(worded(200, []), SendInDoubt, None, "not what it documents", id="200, no object"),
        pytest.param(HttpAnswer(status=200, headers={}, body=b"ok"), SendInDoubt, None, "not what", id="200, no JSON"),
    ],
)
def test_an_answer_says_what_follows(rehearsal, answer, error, code, text):
    rehearsal.outbound.meet(answer)

    with pytest.raises(error, match=text) as refused:
        sent(rehearsal, request())
    assert type(refused.value) is error
    assert refused.value.code == code


def test_patience_is_as_long_as_the_provider_asks(rehearsal):
    rehearsal.outbound.meet(429)

    with pytest.raises(ProviderThrottled) as refused:
        sent(rehearsal, request())
    assert (refused.value.code, refused.value.retry_after_s) == ("E429", 2.0)


@pytest.mark.parametrize("row", [row for row in REFUSALS.rows if row.http_status != 200], ids=str)
def test_each_row_of_the_table_is_found(rehearsal, row):
    body = {"errorCode": row.code} if row.code.startswith("E") else {}
    if row.code and not body:
        body = {"requestError": {"serviceException": {"messageId": row.code, "text": "x"}}}
    rehearsal.outbound.meet(worded(row.http_status, body))

    with pytest.raises(row.error, match=row.meaning[:20]):
        sent(rehearsal, request())


def test_a_wrong_key_is_not_let_in():
    rehearsal = Rehearsal(PROVIDER, SETTINGS)
    other = SETTINGS.model_copy(update={"api_key": None})
    rehearsal.outbound._settings = other

    with pytest.raises(CredentialsRefused):
        sent(rehearsal, request())


@pytest.mark.parametrize("fate", [Mishap.CUT, Mishap.LOST, 500])
def test_what_was_left_in_doubt_is_found_in_the_logs(rehearsal, fate):
    rehearsal.outbound.meet(fate)
    with pytest.raises(SendInDoubt):
        sent(rehearsal, request())
    found = asyncio.run(rehearsal.sender().find(request()))

    assert found == (Accepted(root_id="send-1", is_repeat=True) if fate is Mishap.CUT else None)


def test_what_did_not_leave_is_not_in_doubt(rehearsal):
    rehearsal.outbound.meet(Mishap.UNREACHED)

    with pytest.raises(ProviderUnavailable):
        sent(rehearsal, request())
    assert not rehearsal.desk.orders()


@pytest.mark.parametrize("fate", [Mishap.LOST, 429, 500, HttpAnswer(status=200, headers={}, body=b"ok")], ids=str)
def test_logs_that_do_not_answer_leave_the_doubt(rehearsal, fate):
    rehearsal.outbound.meet(fate)

    with pytest.raises(SendInDoubt):
        asyncio.run(rehearsal.sender().find(request()))


def test_a_message_that_waits_for_its_time_is_not_called_lost(rehearsal):
    waiting = request(scheduled_at=datetime(2026, 3, 2, tzinfo=UTC))

    with pytest.raises(SendInDoubt, match="scheduled"):
        asyncio.run(rehearsal.sender().find(waiting))


def test_many_leave_in_one_call_and_each_has_its_outcome(rehearsal):
    sent(rehearsal, request(2))
    requests = [request(1), request(2), request(3, recipient="nobody"), request(4)]
    outcomes = asyncio.run(rehearsal.sender().send_many(requests))

    assert len(rehearsal.outbound.calls) == 2
    assert [outcome.root_id for outcome in (outcomes[0], outcomes[1], outcomes[3])] == ["send-1", "send-2", "send-4"]
    assert (outcomes[0].is_repeat, outcomes[1].is_repeat) == (False, True)
    assert isinstance(outcomes[2], RequestInvalid)


def test_one_refusal_among_many_is_its_own(rehearsal):
    statuses = {"send-1": 12, "send-2": 26, "send-3": 14}
    messages = [
        {"messageId": name, "status": {"groupId": 1 if number == 26 else 5, "id": number}}
        for name, number in statuses.items()
    ]
    rehearsal.outbound.meet(worded(200, {"messages": messages[:2]}))
    outcomes = asyncio.run(rehearsal.sender().send_many([request(1), request(2), request(3)]))

    assert [type(outcome) for outcome in outcomes] == [FundsExhausted, Accepted, SendInDoubt]
    rehearsal.outbound.meet(worded(200, {"messages": messages}))
    assert type(asyncio.run(rehearsal.sender().send_many([request(3)]))[0]) is RecipientOptedOut


@pytest.mark.parametrize(
    ("requests", "rule"),
    [
        pytest.param([request(1), request(2, channel=SMS)], "channel", id="two channels"),
        pytest.param([request(1), request(1)], "send_id", id="one id twice"),
        pytest.param([request(1), request(2, own={"bulk_id": "b"})], "one for the call", id="two schedules"),
    ],
)
def test_what_cannot_share_a_call_does_not_leave(rehearsal, requests, rule):
    with pytest.raises(RequestInvalid, match=rule):
        asyncio.run(rehearsal.sender().send_many(requests))
    assert not rehearsal.outbound.calls


def test_none_of_many_fit_and_nothing_leaves(rehearsal):
    outcomes = asyncio.run(rehearsal.sender().send_many([request(recipient="nobody")]))

    assert isinstance(outcomes[0], RequestInvalid)
    assert not rehearsal.outbound.calls


def test_callbacks_go_where_the_send_said(rehearsal):
    sent(rehearsal, request(callback_base_url="https://hooks.example.test/t"))

    assert rehearsal.desk.order("send-1").urls == {
        "delivery": "https://hooks.example.test/t/viber",
        "seen": "https://hooks.example.test/t/viber/seen",
    }


def test_a_failover_goes_on_to_sms(rehearsal):
    sent(rehearsal, request(own={"sms_failover": {"text": "Instead"}}))

    assert rehearsal.desk.order("send-1").channels == (VIBER, SMS)


@pytest.mark.parametrize("channel", [VIBER, BOT, SMS])
def test_a_reply_names_what_it_answers(rehearsal, channel):
    sent(rehearsal, request(channel=channel))
    (fact,) = rehearsal.items(rehearsal.reply("send-1", "Yes"))

    assert isinstance(fact, InboundFact)
    assert (fact.text, fact.reply_to, fact.channel) == ("Yes", "send-1", channel)
    assert fact.extras["external_id"] == "m-1"
    assert fact.occurred_at == rehearsal.desk.now()


def test_a_reply_on_viber_brings_back_what_the_send_gave_it(rehearsal):
    sent(rehearsal, request(reply_id="r-1"))
    (fact,) = rehearsal.items(rehearsal.reply("send-1", "Yes"))

    assert fact.extras["tracking"] == "r-1"


def test_reports_name_the_campaign(rehearsal):
    sent(rehearsal, request(campaign="spring"))

    assert {item.campaign for callback in rehearsal.callbacks("send-1") for item in rehearsal.items(callback)} == {
        "spring"
    }


def test_seen_reports_say_that_they_are():
    read = Rehearsal(PROVIDER, SETTINGS, life(DeliveryStatus.DELIVERED, DeliveryStatus.SEEN))
    sent(read, request())

    assert [callback.kind for callback in read.callbacks("send-1")] == ["delivery", "seen"]


def test_reports_are_facts_of_a_status(rehearsal):
    sent(rehearsal, request())

    assert all(
        isinstance(item, StatusFact) for callback in rehearsal.callbacks("send-1") for item in rehearsal.items(callback)
    )
