"""The real sender against the simulated API: what was taken, what was refused, and what is in doubt."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from contracts.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    ProviderUnavailable,
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
    StickerContent,
    TemplateContent,
    TextContent,
    UrlContent,
    VideoContent,
)
from contracts.status import DeliveryStatus
from providers._kit.facts import InboundFact, StatusFact
from providers._kit.memory_desk import life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import Accepted, HttpAnswer
from providers.infobip import PROVIDER
from providers.infobip.sender import InfobipSender
from providers.infobip.settings import InfobipSettings
from providers.infobip.tests.rehearsed import BOT, SETTINGS, SMS, VIBER, answered, request, sent, worded

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


@pytest.fixture
def rehearsal():
    return Rehearsal(PROVIDER, SETTINGS)


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
        InfobipSender(settings, Rehearsal(PROVIDER, settings).outbound)


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


def test_among_several_the_entry_that_names_the_message_is_its_own(rehearsal):
    own, other = ({"messageId": name, "status": {"groupId": 1, "id": 26}} for name in ("send-1", "send-9"))
    rehearsal.outbound.meet(worded(200, {"messages": [own, other]}))
    rehearsal.outbound.meet(worded(200, {"messages": [other, other]}))

    assert sent(rehearsal, request()).root_id == "send-1"
    with pytest.raises(SendInDoubt, match="without a word"):
        sent(rehearsal, request())


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

    assert rehearsal.reply("send-1", "Yes").kind == "inbound"
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
