"""Wishes out of messages and signals, and which one stands."""

import pytest

from contracts.codec import decode, encode
from contracts.records import DeadLetter, Wish
from contracts.suppressions import key_of
from contracts.vocabulary import InboundKind, WishKind, WishReason
from streams.consent.keywords import load_keywords
from streams.consent.stage import CONSENT, ConsentBatch
from streams.consent.wishes import wish_in_message, wish_in_signal
from streams.engine.state import PartitionState
from tests.support.streams_world import Record
from tests.support.wishes import CAUSE, PERSON, SHOP, at, message, signal, wish

KEYWORDS = load_keywords()
DECIDE = ConsentBatch(KEYWORDS)


def heard(*wishes):
    """What follows when the stage reads these wishes."""
    records = [Record("test-wishes-v1", 0, offset, key_of(one), encode(one)) for offset, one in enumerate(wishes)]
    return DECIDE(PartitionState(CONSENT.reads), records, topic="wishes")


def test_a_keyword_is_a_wish_about_the_sender_that_was_written_to():
    assert wish_in_message(message("Stop!"), KEYWORDS) == wish(
        "stop",
        keyword="STOP",
        language="en",
        provider="infobip",
        connection="main",
        channel=message("").channel,
        cause=CAUSE,
    )


@pytest.mark.parametrize(
    ("said", "sender"),
    [
        pytest.param(message("STOP"), SHOP, id="to this sender"),
        pytest.param(message("STOPALL"), None, id="to all senders"),
        pytest.param(message("STOP", addressee=None), None, id="to nobody knows whom"),
    ],
)
def test_whom_a_wish_is_about(said, sender):
    assert wish_in_message(said, KEYWORDS).sender == sender


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(message("Is it in stock?"), id="any other text"),
        pytest.param(message(None), id="no text"),
        pytest.param(message("STOP", kind=InboundKind.IMAGE), id="the caption of a picture"),
        pytest.param(message("STOP", author=None), id="nobody knows who wrote it"),
    ],
)
def test_what_is_no_wish(said):
    assert wish_in_message(said, KEYWORDS) is None


def test_a_person_without_a_number_has_an_id():
    assert wish_in_message(message("STOP", author=None, author_id="opaque"), KEYWORDS).recipient == "opaque"


@pytest.mark.parametrize(
    ("said", "kind", "recipient", "sender"),
    [
        pytest.param(signal("unsubscribed"), WishKind.STOP, "sIfkKMSIcYr+zhA=", None, id="left the bot"),
        pytest.param(signal("subscribed"), WishKind.START, "sIfkKMSIcYr+zhA=", None, id="came to the bot"),
        pytest.param(
            signal("unsubscribed", channel=None, recipient=PERSON, extras={"sender": SHOP}),
            WishKind.STOP,
            PERSON,
            SHOP,
            id="with a number, of a sender",
        ),
    ],
)
def test_a_bot_says_who_left_it_and_who_came(said, kind, recipient, sender):
    found = wish_in_signal(said)

    assert (found.kind, found.recipient, found.sender) == (kind, recipient, sender)
    assert found.reason is WishReason.SUBSCRIPTION


@pytest.mark.parametrize("kind", ["click", "conversation_started", "bot_delivered"])
def test_other_signals_are_no_wishes(kind):
    assert wish_in_signal(signal(kind)) is None


def test_a_signal_about_nobody_is_no_wish():
    assert wish_in_signal(signal("unsubscribed", extras={})) is None


@pytest.mark.parametrize(
    ("occurred_s", "since_s"),
    [
        pytest.param(-60, -60, id="the provider's time"),
        pytest.param(600, 1, id="which may not lie ahead of ours"),
        pytest.param(-8 * 86_400, 1, id="nor a week behind it"),
        pytest.param(None, 1, id="ours when there is none"),
    ],
)
def test_since_when_a_wish_holds(occurred_s, since_s):
    said = message("STOP", occurred_at=None if occurred_s is None else at(occurred_s))

    assert wish_in_message(said, KEYWORDS).since == at(since_s)


def test_a_wish_goes_to_its_persons_partition_under_the_id_of_its_source():
    record = Record("test-inbound-v1", 1, 42, b"ExampleShop:+447700900105", encode(message("STOP")), 1_234)
    (output,) = DECIDE(PartitionState(CONSENT.reads), [record], topic="inbound")["wishes"]

    assert (output.key, output.timestamp_ms) == (b"default:exampleshop:+447700900105", 1_234)
    assert dict(output.headers)["ce_id"] == b"test-inbound-v1/1/42/0"


def test_what_the_stage_cannot_read_of_others_is_left_to_the_store():
    record = Record("test-inbound-v1", 0, 0, b"k", b"{}")

    assert DECIDE(PartitionState(CONSENT.reads), [record], topic="inbound") == {}


def test_the_first_wish_and_each_newer_one_are_told():
    told = heard(wish("stop", at_s=1), wish("start", at_s=2), wish("stop", at_s=3))["suppressions"]

    assert [decode(Wish, output.value).kind for output in told] == ["stop", "start", "stop"]


def test_an_older_wish_and_a_repeated_one_change_nothing():
    told = heard(wish("start", at_s=2), wish("stop", at_s=1), wish("start", at_s=2))["suppressions"]

    assert [decode(Wish, output.value).since for output in told] == [at(2)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(key_of(wish()), b"{}", id="no wish"),
        pytest.param(b"default:*:somebody-else", encode(wish()), id="under the key of somebody else"),
        pytest.param(None, encode(wish()), id="without a key"),
    ],
)
def test_a_wish_that_cannot_be_read_is_put_aside(key, value):
    outputs = DECIDE(PartitionState(CONSENT.reads), [Record("test-wishes-v1", 0, 3, key, value)], topic="wishes")
    (letter,) = outputs.pop("dead-letters")

    assert outputs == {}
    assert decode(DeadLetter, letter.value).body == value
    assert decode(DeadLetter, letter.value).cause.items == 0, "no item of a callback is explained by it"
