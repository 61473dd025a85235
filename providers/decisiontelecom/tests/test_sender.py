"""Sends, as they leave, and what becomes of the answers."""

import json
from datetime import UTC, datetime

import pytest

from contracts.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    FundsExhausted,
    ProviderThrottled,
    ProviderUnavailable,
    RequestInvalid,
    SendInDoubt,
)
from contracts.sends import Button, ContactContent, FileContent, ImageContent, TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.memory_desk import life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.script import Step
from providers._kit.sending import HttpAnswer
from providers.decisiontelecom import PROVIDER
from providers.decisiontelecom.answers import REFUSALS
from providers.decisiontelecom.settings import DecisionTelecomSettings
from providers.decisiontelecom.tests.conftest import BASE_URL, TOKEN

S = DeliveryStatus

BUTTON = Button(caption="Track it", url="https://shop.example.test/track")
IMAGE = ImageContent(url="https://shop.example.test/box.jpg", text="Your parcel", button=BUTTON)
TEXT = {
    "source_addr": "ExampleShop",
    "destination_addr": "447700900123",
    "message_type": 106,
    "text": "Your parcel is here",
    "source_type": 2,
    "callback_url": f"{BASE_URL}/viber/7f1c-22",
}
PICTURE = TEXT | {
    "message_type": 108,
    "text": "Your parcel",
    "image": "https://shop.example.test/box.jpg",
    "button_caption": "Track it",
    "button_action": "https://shop.example.test/track",
}
SMS = {"phone": "447700900123", "sender": "ExampleShop", "text": "Your parcel is here"}
VIBER_URL = "https://web.it-decision.com/v1/api/send-viber"
SMS_URL = "https://web.it-decision.com/v1/api/send-sms"


def answered(body, status: int = 200, **headers: str) -> HttpAnswer:
    return HttpAnswer(
        status=status, headers=headers, body=body if isinstance(body, bytes) else json.dumps(body).encode()
    )


# What leaves


@pytest.mark.parametrize(
    ("members", "url", "body"),
    [
        pytest.param({}, VIBER_URL, TEXT, id="text alone"),
        pytest.param({"content": IMAGE}, VIBER_URL, PICTURE, id="text, image and button"),
        pytest.param({"own": {"wants_replies": True}}, VIBER_URL, TEXT | {"message_type": 206}, id="with replies"),
        pytest.param({"is_session": True}, VIBER_URL, TEXT | {"message_type": 206}, id="of a session"),
        pytest.param({"reply_id": "r1"}, VIBER_URL, TEXT | {"message_type": 206}, id="whose replies are awaited"),
        pytest.param(
            {"content": IMAGE, "is_session": True}, VIBER_URL, PICTURE | {"message_type": 208}, id="image with replies"
        ),
        pytest.param({"validity_s": 40}, VIBER_URL, TEXT | {"validity_period": 40}, id="Viber counts seconds"),
        pytest.param({"own": {"source_type": "promotional"}}, VIBER_URL, TEXT | {"source_type": 1}, id="promotional"),
        pytest.param(
            {"own": {"text_sms": "A parcel"}},
            VIBER_URL,
            TEXT | {"text_sms": "A parcel", "callback_url": f"{BASE_URL}/viber-sms/7f1c-22"},
            id="with the provider's own SMS behind it",
        ),
        pytest.param(
            {"callback_base_url": None},
            VIBER_URL,
            {name: value for name, value in TEXT.items() if name != "callback_url"},
            id="with callbacks as the account has them",
        ),
        pytest.param(
            {"callback_base_url": BASE_URL + "/"}, VIBER_URL, TEXT, id="a slash at the end of the address is one"
        ),
        pytest.param({"channel": Channel.SMS}, SMS_URL, SMS, id="an SMS, which has no callbacks"),
        pytest.param(
            {"channel": Channel.SMS, "validity_s": 179},
            SMS_URL,
            SMS | {"validity_period": 2},
            id="SMS counts minutes, never more than asked",
        ),
    ],
)
async def test_a_send_leaves_as_the_provider_wants_it(rehearsal, make_request, members, url, body):
    await rehearsal.sender().send(make_request(**members))

    ((method, called, headers, sent),) = rehearsal.outbound.calls
    assert (method, called, json.loads(sent)) == ("POST", url, body)
    assert headers == {
        "authorization": "Basic bWFkZS11cC1rZXk=",
        "content-type": "application/json",
        "accept": "application/json",
    }


async def test_a_key_that_is_encoded_already_is_not_encoded_again(make_request):
    settings = DecisionTelecomSettings(tokens=[TOKEN], access_key="bWFkZS11cA==", access_key_is_encoded=True)
    rehearsal = Rehearsal(PROVIDER, settings)

    await rehearsal.sender().send(make_request())

    assert rehearsal.outbound.calls[0][2]["authorization"] == "Basic bWFkZS11cA=="


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        pytest.param({"recipient": "447700900123"}, "recipient", id="a number without its plus"),
        pytest.param({"sender": "S" * 21}, "sender: 1 to 20", id="a long sender on Viber"),
        pytest.param({"sender": " "}, "sender", id="no sender"),
        pytest.param({"channel": Channel.SMS, "sender": "S" * 12}, "sender: 1 to 11", id="a long sender of an SMS"),
        pytest.param({"content": TextContent(text="x" * 1001)}, "content.text: 1 to 1000", id="a long text"),
        pytest.param({"content": TextContent(text="")}, "content.text", id="no text"),
        pytest.param(
            {"content": TextContent(text="x", button=BUTTON)}, "content: a Viber", id="a button without image"
        ),
        pytest.param({"content": ImageContent(url="https://x.example/a.jpg")}, "content: a Viber", id="an image alone"),
        pytest.param(
            {"content": ImageContent(url="file:///a", text="x", button=BUTTON)},
            "content.url",
            id="no address of an image",
        ),
        pytest.param(
            {
                "content": ImageContent(
                    url="https://x.example/a", text="x", button=Button(caption="c" * 31, url="https://x")
                )
            },
            "content.button.caption: 1 to 30",
            id="a long caption",
        ),
        pytest.param({"content": FileContent(url="https://x.example/a.pdf")}, "content: a Viber", id="a file"),
        pytest.param({"content": ContactContent(name="A", phone_number="1")}, "content: a Viber", id="a contact"),
        pytest.param({"channel": Channel.SMS, "content": IMAGE}, "content: an SMS", id="an image by SMS"),
        pytest.param({"channel": Channel.SMS, "is_session": True}, "is_session", id="a session by SMS"),
        pytest.param({"channel": Channel.SMS, "own": {"text_sms": "x"}}, "own: ", id="an SMS behind an SMS"),
        pytest.param({"channel": Channel.EMAIL}, "channel", id="another channel"),
        pytest.param({"validity_s": 39}, "validity_s: 40 to 21600", id="too short a life on Viber"),
        pytest.param({"validity_s": 21_601}, "validity_s", id="too long a life on Viber"),
        pytest.param({"channel": Channel.SMS, "validity_s": 59}, "validity_s: 60 to 259200", id="too short for an SMS"),
        pytest.param({"channel": Channel.SMS, "validity_s": 259_201}, "validity_s", id="too long for an SMS"),
        pytest.param({"scheduled_at": datetime(2026, 3, 1, tzinfo=UTC)}, "scheduled_at", id="later"),
        pytest.param({"send_id": "a/b"}, "send_id", id="a send id that no path can hold"),
        pytest.param({"callback_base_url": "hooks"}, "callback_base_url", id="no address for callbacks"),
        pytest.param({"own": {"text_sms": "x" * 161}}, "own.text_sms", id="a long SMS of Latin letters"),
        pytest.param({"own": {"text_sms": "ж" * 71}}, "own.text_sms", id="a long SMS of other letters"),
        pytest.param({"own": {"text_sms": "🎁" * 36}}, "own.text_sms", id="an emoji counts twice"),
        pytest.param({"own": {"text_sms": " "}}, "own.text_sms", id="an empty SMS"),
        pytest.param(
            {"own": {"text_sms": "x", "source_type": "promotional"}}, "transactional", id="a promotion with an SMS"
        ),
        pytest.param({"own": {"text_smss": "x"}}, "own.text_smss", id="a slip of the pen"),
    ],
)
async def test_what_breaks_a_rule_does_not_leave(rehearsal, make_request, members, wrong):
    with pytest.raises(RequestInvalid, match=wrong):
        await rehearsal.sender().send(make_request(**members))

    assert rehearsal.outbound.calls == []


@pytest.mark.parametrize(
    "text",
    [pytest.param("x" * 160, id="Latin"), pytest.param("ж" * 70, id="other"), pytest.param("🎁" * 35, id="emoji")],
)
async def test_an_sms_behind_may_be_as_long_as_one_message(rehearsal, make_request, text):
    accepted = await rehearsal.sender().send(make_request(own={"text_sms": text}))

    assert accepted.root_id


def test_without_an_access_key_nothing_is_sent_or_asked():
    rehearsal = Rehearsal(PROVIDER, DecisionTelecomSettings(tokens=[TOKEN]))

    with pytest.raises(ConfigurationInvalid, match="access_key"):
        rehearsal.sender()
    with pytest.raises(ConfigurationInvalid, match="access_key"):
        rehearsal.look_up()


# What comes back


@pytest.mark.parametrize(
    ("channel", "body", "root_id", "parts_count"),
    [
        (Channel.VIBER, {"message_id": 429}, "429", 1),
        (Channel.VIBER, {"message_id": "429"}, "429", 1),
        (Channel.VIBER, b'{"message_id":5912661846655238145,}', "5912661846655238145", 1),
        (Channel.SMS, {"message_data": [{"message_id": 26348338, "concat_part": 3}]}, "26348338", 3),
        (Channel.SMS, {"message_data": [{"message_id": 26348338, "concat_part": "x"}]}, "26348338", 1),
    ],
)
async def test_the_id_is_the_text_of_what_the_provider_gave(
    rehearsal, make_request, channel, body, root_id, parts_count
):
    rehearsal.outbound.meet(answered(body))

    accepted = await rehearsal.sender().send(make_request(channel=channel))

    assert (accepted.root_id, accepted.parts_count, accepted.is_repeat) == (root_id, parts_count, False)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        pytest.param(0, 429, ProviderThrottled, id="too often"),
        pytest.param(1, 400, RequestInvalid, id="a wrong parameter"),
        pytest.param(2, 500, SendInDoubt, id="an error inside may be behind the taking"),
        pytest.param(3, 402, FundsExhausted, id="no money"),
        pytest.param(0, 401, CredentialsRefused, id="code 0 is not always too often"),
    ],
)
async def test_the_documented_errors(rehearsal, make_request, code, status, error):
    rehearsal.outbound.meet(answered({"name": "n", "message": "m", "code": code, "status": status}))

    with pytest.raises(error):
        await rehearsal.sender().send(make_request())


@pytest.mark.parametrize("row", REFUSALS.rows, ids=lambda row: f"{row.code or 'none'}-{row.http_status}")
@pytest.mark.parametrize("is_hidden", [True, False], ids=["with HTTP 200", "with its status"])
async def test_every_refusal_says_what_follows(rehearsal, make_request, row, is_hidden):
    body = {"name": "n", "message": "m", "status": row.http_status} | ({"code": int(row.code)} if row.code else {})
    rehearsal.outbound.meet(answered(body, 200 if is_hidden else row.http_status))

    with pytest.raises(row.error) as raised:
        await rehearsal.sender().send(make_request())

    assert (raised.value.code or "", raised.value.http_status) == (row.code, row.http_status)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(answered(b"", 401), CredentialsRefused, id="a bare 401"),
        pytest.param(answered(b"<html>", 502), SendInDoubt, id="a gateway that is ill"),
        pytest.param(answered(b"<html>", 200), SendInDoubt, id="a page instead of an answer"),
        pytest.param(answered({}, 200), SendInDoubt, id="a yes without an id"),
        pytest.param(answered({"message_id": None}), SendInDoubt, id="a null for an id"),
        pytest.param(answered({"message_id": "x" * 201}), SendInDoubt, id="an id that cannot be kept"),
        pytest.param(answered({"message_data": []}), SendInDoubt, id="the answer to another kind of send"),
        pytest.param(
            answered({"name": "n", "code": 9, "status": 400}), RequestInvalid, id="an unknown code by its status"
        ),
        pytest.param(answered({"name": "n", "code": 9}), SendInDoubt, id="an unknown code without one"),
        pytest.param(answered(b"", 302), RequestInvalid, id="another address"),
    ],
)
async def test_any_other_answer_has_a_class(rehearsal, make_request, answer, error):
    rehearsal.outbound.meet(answer)

    with pytest.raises(error):
        await rehearsal.sender().send(make_request())


async def test_what_the_provider_says_is_told_without_numbers_of_people(rehearsal, make_request):
    body = {"name": "Invalid Parameter: destination_addr", "message": "447700900123 is wrong", "code": 1, "status": 400}
    rehearsal.outbound.meet(answered(body))

    with pytest.raises(RequestInvalid, match="destination_addr") as raised:
        await rehearsal.sender().send(make_request())

    assert "447700900123" not in str(raised.value)


async def test_a_throttled_send_knows_for_how_long(rehearsal, make_request):
    rehearsal.outbound.meet(answered(b"", 429, **{"retry-after": "7"}))

    with pytest.raises(ProviderThrottled) as raised:
        await rehearsal.sender().send(make_request())

    assert raised.value.retry_after_s == 7


# Doubt


@pytest.mark.parametrize(
    ("mishap", "error"),
    [(Mishap.UNREACHED, ProviderUnavailable), (Mishap.LOST, SendInDoubt), (Mishap.CUT, SendInDoubt)],
)
async def test_a_call_that_fails_keeps_its_class(rehearsal, make_request, mishap, error):
    rehearsal.outbound.meet(mishap)

    with pytest.raises(error):
        await rehearsal.sender().send(make_request())


async def test_a_doubt_stays_one(rehearsal, make_request):
    sender = rehearsal.sender()

    assert not sender.may_repeat(make_request())
    with pytest.raises(SendInDoubt, match="7f1c-22"):
        await sender.find(make_request())


# The simulated provider


@pytest.mark.parametrize(
    ("status", "error"), [(429, ProviderThrottled), (500, SendInDoubt), (503, SendInDoubt)], ids=["429", "500", "503"]
)
async def test_the_simulator_refuses_as_the_provider_does(rehearsal, make_request, status, error):
    rehearsal.outbound.meet(status)

    with pytest.raises(error):
        await rehearsal.sender().send(make_request())


async def test_a_key_that_was_encoded_twice_is_refused(own, make_request):
    rehearsal = Rehearsal(PROVIDER, own)
    twice = DecisionTelecomSettings(tokens=[TOKEN], access_key="bWFkZS11cC1rZXk=")
    sender = PROVIDER.make_sender(twice, rehearsal.outbound)

    with pytest.raises(CredentialsRefused):
        await sender.send(make_request())


KINDS = [
    pytest.param({}, id="text"),
    pytest.param({"content": IMAGE}, id="image and button"),
    pytest.param({"is_session": True}, id="two-way text"),
    pytest.param({"content": IMAGE, "own": {"wants_replies": True}}, id="two-way image"),
    pytest.param({"own": {"text_sms": "A parcel"}}, id="with an SMS behind it"),
    pytest.param({"channel": Channel.SMS}, id="an SMS"),
]


@pytest.mark.parametrize("members", KINDS)
async def test_the_callbacks_of_a_send_come_to_its_own_id_and_name(own, make_request, members):
    rehearsal = Rehearsal(PROVIDER, own, life(S.ACCEPTED, S.SENT, S.DELIVERED))
    request = make_request(**members)
    accepted = await rehearsal.sender().send(request)
    facts = [fact for callback in rehearsal.callbacks(accepted.root_id) for fact in rehearsal.items(callback)]

    assert {fact.root_id or fact.message_id for fact in facts} == {accepted.root_id}
    assert facts[-1].status is S.DELIVERED
    assert {fact.channel for fact in facts} == {request.channel}
    if request.channel is Channel.VIBER:
        assert {fact.external_id for fact in facts} == {request.send_id}


async def test_the_providers_own_sms_follows_as_a_leg(own, make_request):
    def goes_on(order, taken_at):
        viber, sms = order.channels
        return [Step(S.SENT, taken_at, viber), Step(S.UNDELIVERED, taken_at, viber), Step(S.DELIVERED, taken_at, sms)]

    rehearsal = Rehearsal(PROVIDER, own, goes_on)
    accepted = await rehearsal.sender().send(make_request(own={"text_sms": "A parcel"}))
    facts = [fact for callback in rehearsal.callbacks(accepted.root_id) for fact in rehearsal.items(callback)]

    assert [(fact.channel, fact.status) for fact in facts] == [
        (Channel.VIBER, S.SENT),
        (Channel.VIBER, S.UNDELIVERED),
        (Channel.VIBER, S.UNDELIVERED),
        (Channel.SMS, S.DELIVERED),
    ]
    assert {fact.root_id or fact.message_id for fact in facts} == {accepted.root_id}
    assert not any(fact.may_fall_back for fact in facts)


async def test_a_reply_names_the_message(own, make_request):
    rehearsal = Rehearsal(PROVIDER, own)
    accepted = await rehearsal.sender().send(make_request(is_session=True))

    (fact,) = rehearsal.items(rehearsal.reply(accepted.root_id, "yes please"))

    assert (fact.reply_to, fact.text, fact.author) == (accepted.root_id, "yes please", "+447700900123")
    assert fact.extras == {"send_id": "7f1c-22"}
