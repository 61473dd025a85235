import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from contracts.errors import SignatureInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Scope
from providers._kit.conformance import raw_callback
from providers._kit.facts import InboundFact
from providers._kit.provider import CallbackRequest
from providers._kit.script import Reply, Script, Step
from providers.telesign import PROVIDER
from providers.telesign.bodies import MESSAGING, SMS
from providers.telesign.settings import TelesignSettings
from providers.telesign.simulator import answer, simulate
from providers.telesign.times import telesign_instant
from providers.telesign.verifier import sign

START = datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)
SETTINGS = TelesignSettings.model_validate({"customer_id": "c-1", "api_keys": ["ZXhhbXBsZQ==", "c2Vjb25k"]})

S = DeliveryStatus


def script(number, *steps):
    timed = [Step(status, START + timedelta(seconds=place), channel) for place, (status, channel) in enumerate(steps)]
    return Script(number, 7, "+447700900123", "ExampleShop", START, tuple(timed))


CASCADE = [
    (S.ACCEPTED, Channel.VIBER),
    (S.SENT, Channel.VIBER),
    (S.EXPIRED, Channel.VIBER),
    (S.SENT, Channel.SMS),
    (S.DELIVERED, Channel.SMS),
]


def items_of(callback):
    return PROVIDER.normalise(raw_callback(PROVIDER, callback.body))


@pytest.mark.parametrize("number", range(20))
def test_a_cascade_repeats_what_it_told_before(number):
    legs = [
        {item.channel for item in items_of(callback) if item.scope is Scope.CHANNEL}
        for callback in simulate(script(number, *CASCADE), SETTINGS)
    ]

    assert all(earlier <= later for earlier, later in pairwise(legs))
    assert len(legs[-1]) >= 2


@pytest.mark.parametrize("number", range(20))
def test_a_leg_that_failed_does_not_end_the_whole_while_another_is_tried(number):
    wholes = [items_of(callback)[-1] for callback in simulate(script(number, *CASCADE), SETTINGS)]

    assert [whole.status for whole in wholes] == [S.ACCEPTED, S.SENT, S.ACCEPTED, S.SENT, S.DELIVERED]


@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
@pytest.mark.parametrize("status", list(S))
def test_every_status_has_its_words(status, channel):
    for number in range(5):
        [callback] = simulate(script(number, (status, channel)), SETTINGS)

        assert items_of(callback)[-1].status is status


@pytest.mark.parametrize("table", [MESSAGING, SMS], ids=["messaging", "sms"])
def test_no_status_is_without_a_code(table):
    assert set(table) == set(S)


def test_the_quirks_of_the_real_one_are_played():
    callbacks = [
        callback
        for number in range(300)
        for channel in (Channel.VIBER, Channel.SMS)
        for callback in simulate(script(number, (S.ACCEPTED, channel), (S.DELIVERED, channel)), SETTINGS)
    ]
    times = {json.loads(callback.body)["status"]["updated_on"] for callback in callbacks}

    assert {callback.method for callback in callbacks} == {"GET", "POST"}
    assert any(time[19:20] == ":" and time[4] == "-" for time in times)
    assert any(time[19:20] == "." for time in times)
    assert any(time.endswith("GMT") for time in times)
    assert any(time.endswith("Z") for time in times)
    assert any(b'"external_id":"null"' in callback.body for callback in callbacks)
    assert any(b'"message_parts_count":"2"' in callback.body for callback in callbacks)
    assert all(telesign_instant(time) for time in times)


def test_both_live_keys_sign():
    signing = set()
    for number in range(20):
        callback = simulate(script(number, *CASCADE), SETTINGS)[0]
        _, _, signature = callback.headers["authorization"].rpartition(":")
        signing |= {key for key in (b"example", b"second") if sign(key, callback.body).decode() == signature}

    assert signing == {b"example", b"second"}


def test_a_second_run_with_the_same_seed_tells_of_other_messages():
    later = Script(1, 7, "+447700900123", "ExampleShop", START + timedelta(days=1), script(1, *CASCADE).steps)

    assert simulate(later, SETTINGS)[0].root_id != simulate(script(1, *CASCADE), SETTINGS)[0].root_id


def test_a_message_that_was_sent_keeps_the_names_that_the_send_gave():
    sent = replace(script(1, *CASCADE), root_id="0123456789ABCDEF0123456789ABCDEF", external_id="s-1")

    wholes = [items_of(callback)[-1] for callback in simulate(sent, SETTINGS)]

    assert {(whole.message_id, whole.external_id) for whole in wholes} == {("0123456789ABCDEF0123456789ABCDEF", "s-1")}


def test_a_read_message_is_told_as_a_read_notification():
    callbacks = simulate(script(1, (S.DELIVERED, Channel.VIBER), (S.SEEN, Channel.VIBER)), SETTINGS)

    assert [callback.kind for callback in callbacks] == ["delivery", "seen"]


def test_a_channel_in_progress_has_no_id_of_its_own():
    legs = [
        item
        for number in range(50)
        for callback in simulate(script(number, *CASCADE), SETTINGS)
        for item in items_of(callback)
        if item.scope is Scope.CHANNEL
    ]

    in_progress = {leg.message_id == f"{leg.root_id}:{leg.channel}" for leg in legs if leg.provider_code == "3001"}
    others = {leg.message_id == f"{leg.root_id}:{leg.channel}" for leg in legs if leg.provider_code != "3001"}
    assert (in_progress, others) == ({True}, {False})


def test_who_writes_unasked_names_no_message_that_we_sent():
    reply = Reply(1, 7, "+447700900123", "ExampleShop", "Hello", START, Channel.VIBER)
    callback = answer(reply, SETTINGS)

    [item] = PROVIDER.normalise(raw_callback(PROVIDER, callback.body, hint=callback.hint))

    assert isinstance(item, InboundFact)
    assert (item.author, item.text, item.reply_to, item.channel) == ("+447700900123", "Hello", None, Channel.VIBER)
    assert (callback.hint, callback.kind) == ("viber/inbound", "inbound")


def test_replies_are_signed_as_reports_are():
    callback = answer(Reply(1, 7, "+447700900123", "ExampleShop", "Hello", START, Channel.SMS), SETTINGS)

    PROVIDER.make_verifier(SETTINGS)(CallbackRequest("POST", "/", callback.headers, callback.body))
    with pytest.raises(SignatureInvalid):
        PROVIDER.make_verifier(SETTINGS)(CallbackRequest("POST", "/", callback.headers, callback.body + b" "))
