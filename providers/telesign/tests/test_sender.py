import msgspec
import pytest

from contracts.errors import (
    CredentialsRefused,
    ProviderThrottled,
    ProviderUnavailable,
    RequestInvalid,
    SendInDoubt,
)
from contracts.sends import Button, ImageContent, SendRequest, TemplateContent, TextContent, VideoContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.facts import InboundFact
from providers._kit.memory_desk import life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers.telesign import PROVIDER
from providers.telesign.settings import TelesignSettings

S = DeliveryStatus
CUSTOMER = {"customer_id": "c-1", "api_keys": ["ZXhhbXBsZQ==", "c2Vjb25k"]}
DOOR = "https://hooks.example/callbacks/telesign/main"
BUTTON = Button(caption="See", url="https://shop.example/1")
FILM = {"url": "https://cdn.example/a.mp4", "thumbnail_url": "https://cdn.example/a.jpg"}

TEXT = SendRequest(
    send_id="s-1",
    channel=Channel.VIBER,
    recipient="+447700900123",
    sender="ExampleShop",
    content=TextContent(text="Hello"),
)
THEN_SMS = {"fallback_time_s": 60, "then": [{"channel": "sms", "parameters": {"text": "Hello"}}]}

KINDS = {
    "viber text": TEXT,
    "viber text in a session": msgspec.structs.replace(TEXT, is_session=True, reply_id="r-7"),
    "viber text with a button": msgspec.structs.replace(TEXT, content=TextContent(text="Hello", button=BUTTON)),
    "viber picture": msgspec.structs.replace(TEXT, content=ImageContent(url="https://cdn.example/a.jpg")),
    "viber picture in a session": msgspec.structs.replace(
        TEXT, content=ImageContent(url="https://cdn.example/a.jpg"), is_session=True
    ),
    "viber film": msgspec.structs.replace(TEXT, content=VideoContent(**FILM)),
    "viber film with words": msgspec.structs.replace(TEXT, content=VideoContent(**FILM, text="Look")),
    "viber film with a button": msgspec.structs.replace(TEXT, content=VideoContent(**FILM, text="Look", button=BUTTON)),
    "viber password": msgspec.structs.replace(
        TEXT, content=TemplateContent(template_id="otp_verify", language="de", values={"otp_code": "1234"})
    ),
    "sms": msgspec.structs.replace(TEXT, channel=Channel.SMS),
    "sms through messaging": msgspec.structs.replace(TEXT, channel=Channel.SMS, own={"sms_api": "omnichannel"}),
    "the provider's cascade": msgspec.structs.replace(TEXT, own=THEN_SMS),
}

every_kind = pytest.mark.parametrize("request_", KINDS.values(), ids=KINDS)


def rehearsal(*path, **members):
    lives = {"write": life(*path)} if path else {}
    return Rehearsal(PROVIDER, TelesignSettings.model_validate(CUSTOMER | members), **lives)


@every_kind
async def test_what_is_sent_is_taken_and_comes_back(request_):
    play = rehearsal()

    taken = await play.sender().send(msgspec.structs.replace(request_, callback_base_url=DOOR))

    order = play.desk.order(taken.root_id)
    assert (order.recipient, order.sender, order.external_id) == ("+447700900123", "ExampleShop", "s-1")
    assert order.urls == {"delivery": f"{DOOR}/delivery", "seen": f"{DOOR}/delivery"}
    items = [item for callback in play.callbacks(taken.root_id) for item in play.items(callback)]
    assert {item.root_id or item.message_id for item in items} == {taken.root_id}
    assert items[-1].status is S.DELIVERED
    assert items[-1].external_id == "s-1"


@pytest.mark.parametrize(
    ("kind", "channels", "codes"),
    [
        ("sms", (Channel.SMS,), {"290", "203", "200"}),
        ("sms through messaging", (Channel.SMS,), {"3001", "3002", "3000"}),
        ("the provider's cascade", (Channel.VIBER, Channel.SMS), {"3001", "3002", "3000"}),
    ],
)
async def test_each_interface_tells_in_its_own_codes(kind, channels, codes):
    play = rehearsal()

    taken = await play.sender().send(KINDS[kind])

    assert play.desk.order(taken.root_id).channels == channels
    items = [item for callback in play.callbacks(taken.root_id) for item in play.items(callback)]
    assert {item.provider_code for item in items} == codes


async def test_ids_are_32_hex_digits():
    taken = await rehearsal().sender().send(TEXT)

    assert len(taken.root_id) == 32
    assert set(taken.root_id) <= set("0123456789ABCDEF")


async def test_the_address_may_be_that_of_a_simulator():
    play = rehearsal(base_url="http://127.0.0.1:9000")

    await play.sender().send(TEXT)

    assert [(method, url) for method, url, *_ in play.outbound.calls] == [
        ("POST", "http://127.0.0.1:9000/v1/omnichannel")
    ]


async def test_what_breaks_a_rule_never_leaves():
    play = rehearsal()

    with pytest.raises(RequestInvalid):
        await play.sender().send(msgspec.structs.replace(TEXT, recipient="nobody"))

    assert play.outbound.calls == []


@pytest.mark.parametrize("kind", ["viber text", "sms"])
async def test_another_key_is_refused(kind):
    play = rehearsal()
    stranger = PROVIDER.make_sender(
        TelesignSettings.model_validate(CUSTOMER | {"api_keys": ["c3RyYW5nZXI="]}), play.outbound
    )

    with pytest.raises(CredentialsRefused):
        await stranger.send(KINDS[kind])

    assert not play.desk.orders()


@pytest.mark.parametrize(
    ("fate", "kind"),
    [
        pytest.param(Mishap.UNREACHED, ProviderUnavailable, id="did not leave"),
        pytest.param(Mishap.LOST, SendInDoubt, id="left, and no answer"),
        pytest.param(Mishap.CUT, SendInDoubt, id="was taken, and no answer"),
        pytest.param(429, ProviderThrottled, id="too much"),
        pytest.param(500, ProviderUnavailable, id="says that it did not take it"),
        pytest.param(503, ProviderUnavailable, id="says that it is away"),
    ],
)
async def test_what_a_mishap_leaves(fate, kind):
    play = rehearsal()
    play.outbound.meet(fate)

    with pytest.raises(kind):
        await play.sender().send(TEXT)


async def test_a_doubt_stays_one_and_nothing_is_repeated():
    play = rehearsal()
    sender = play.sender()

    assert not sender.may_repeat(TEXT)
    with pytest.raises(SendInDoubt, match="s-1"):
        await sender.find(TEXT)
    assert play.outbound.calls == []


async def test_a_sent_twice_message_is_two_messages():
    play = rehearsal()
    sender = play.sender()

    first, second = await sender.send(TEXT), await sender.send(TEXT)

    assert first.root_id != second.root_id


async def test_a_reply_brings_back_what_the_send_gave():
    play = rehearsal()
    taken = await play.sender().send(KINDS["viber text in a session"])

    [reply] = play.items(play.reply(taken.root_id, "Thank you"))

    assert isinstance(reply, InboundFact)
    assert (reply.text, reply.author, reply.channel) == ("Thank you", "+447700900123", Channel.VIBER)
    assert (reply.reply_to, reply.message_id) == ("r-7", taken.root_id)


async def test_a_reply_by_sms_stands_under_the_message_that_it_answers():
    play = rehearsal()
    taken = await play.sender().send(KINDS["sms"])
    callback = play.reply(taken.root_id, "STOP")

    [reply] = play.items(callback)

    assert (callback.kind, callback.hint) == ("inbound", "sms/inbound")
    assert (reply.text, reply.channel, reply.addressee, reply.message_id) == (
        "STOP",
        Channel.SMS,
        "ExampleShop",
        taken.root_id,
    )
