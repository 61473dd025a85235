"""What the session stage reads and writes; what is told is the machine's affair."""

from datetime import timedelta

import pytest
from msgspec import structs

from contracts.codec import decode, encode
from contracts.conversations import (
    Parties,
    SessionClosed,
    SessionOpened,
    SessionStanding,
    UserWrote,
    read_talk,
    read_told,
)
from contracts.errors import ConfigurationInvalid
from contracts.records import DeadLetter
from contracts.vocabulary import Channel, InboundKind
from runtime.settings import Connection
from streams.engine.moments import ms_of
from streams.engine.state import PartitionState
from streams.session.hearing import heard_in
from streams.session.rules import RuleBook
from streams.session.stage import SESSION, SessionBatch
from tests.support.streams_world import Record
from tests.support.talking import US, at, ours, user
from tests.support.wishes import PERSON, SHOP, message

BOOK = RuleBook(())


class Room:
    """The stage with the state of one partition."""

    def __init__(self, book: RuleBook = BOOK) -> None:
        self.state = PartitionState(SESSION.reads)
        self.decide = SessionBatch(book)
        self.offset = 0

    def hear(self, *said):
        """What is told when these are said, in this order."""
        return [one for event in said for one in self._told(event.parties.key, encode(event), event.at)]

    def come(self, hours: float, key: bytes = US.key):
        """What is told when the time comes."""
        return self._told(key, b"{}", at(hours), word="session-due")

    def _told(self, key: bytes, value: bytes, moment, word: str = "talk"):
        self.offset += 1
        record = Record(f"test-{word}", 0, self.offset, key, value, ms_of(moment))
        outputs = self.decide(self.state, [record], topic=word)
        self.state.changes()

        assert [one.key for one in outputs.get("sessions", ())] == [key] * len(outputs.get("sessions", ()))
        return [read_told(one.value) for one in outputs.get("sessions", ())]


def listened(*messages):
    records = [Record("test-inbound", 0, offset, b"k", encode(one)) for offset, one in enumerate(messages)]
    return SessionBatch(BOOK)(PartitionState(SESSION.reads), records, topic="inbound")


def names(told) -> list[str]:
    return [type(one).__name__ for one in told]


def test_what_a_person_writes_goes_to_the_partition_of_the_two_who_talk():
    (output,) = listened(message("Is it in stock?", at_s=5))["talk"]
    said = read_talk(output.value)

    assert output.key == b"default:exampleshop:+447700900105"
    assert said == UserWrote(
        parties=Parties(account="default", provider="infobip", connection="main", sender=SHOP, recipient=PERSON),
        event_id=f"{5:032x}",
        at=message("", at_s=5).occurred_at,
    )


@pytest.mark.parametrize(
    ("said", "recipient"),
    [
        pytest.param(message(None, kind=InboundKind.STICKER), PERSON, id="whatever kind it is"),
        pytest.param(
            message("a", channel=Channel.VIBER_BOT, author=None, author_id="opaque"), "opaque", id="a bot's user"
        ),
        pytest.param(message("a", author=None, author_id="opaque"), None, id="an id where people have numbers"),
        pytest.param(message("a", author=None), None, id="nobody knows who"),
        pytest.param(message("a", addressee=None), None, id="nobody knows to whom"),
        pytest.param(message("a", channel=Channel.SMS), None, id="a channel without sessions"),
        pytest.param(message("a", channel=None), None, id="an unknown channel"),
    ],
)
def test_whose_words_count(said, recipient):
    heard = heard_in(said)

    assert (heard and heard.parties.recipient) == recipient


@pytest.mark.parametrize(
    ("occurred", "taken"),
    [
        pytest.param(timedelta(seconds=-3), timedelta(seconds=-3), id="the provider's"),
        pytest.param(timedelta(hours=1), timedelta(0), id="not later than we heard of it"),
        pytest.param(timedelta(days=-8), timedelta(0), id="not one that cannot be"),
        pytest.param(None, timedelta(0), id="ours where there is none"),
    ],
)
def test_when_it_was_said(occurred, taken):
    received = at(0)
    said = message("a", received_at=received, occurred_at=None if occurred is None else received + occurred)

    assert heard_in(said).at == received + taken


def test_an_inbound_message_that_cannot_be_read_is_left_to_the_store():
    record = Record("test-inbound", 0, 0, b"k", b"{")

    assert not SessionBatch(BOOK)(PartitionState(SESSION.reads), [record], topic="inbound")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(US.key, b"{", id="cut"),
        pytest.param(US.key, b'{"told":"lunch"}', id="a word that is none"),
        pytest.param(b"default:exampleshop:+447700900106", encode(user(0)), id="under the key of another"),
        pytest.param(None, encode(user(0)), id="without a key"),
    ],
)
def test_talk_that_cannot_be_read_is_a_dead_letter_with_its_bytes(key, value):
    room = Room()
    outputs = room.decide(room.state, [Record("test-talk", 0, 0, key, value)], topic="talk")
    letter = decode(DeadLetter, outputs["dead-letters"][0].value)

    assert list(outputs) == ["dead-letters"]
    assert letter.body == value
    assert letter.reason.startswith("test-talk: ")


def test_a_standing_follows_what_was_told():
    room = Room()

    assert names(room.hear(user(0))) == ["SessionOpened", "SessionStanding"]
    assert names(room.hear(ours(1))) == ["SessionStanding"]
    assert names(room.hear(user(2))) == ["SessionStarted", "SessionStanding"]


def test_a_standing_that_is_as_it_was_is_not_told_again():
    room = Room()
    room.hear(user(0))

    assert room.hear(user(1)) == []


def test_a_repeat_is_told_once():
    room = Room()
    room.hear(user(0), ours(1))

    assert room.hear(user(0), ours(1)) == []


def test_its_time_closes_a_session_and_then_none_is_open():
    room = Room()
    room.hear(user(0), ours(1), user(2))
    room.come(25)
    *_, closed, standing = room.come(26)

    assert isinstance(closed, SessionClosed)
    assert isinstance(standing, SessionStanding)
    assert standing.session_id is None


def test_the_times_are_set_with_the_state():
    room = Room()
    room.hear(user(0), ours(1), user(2))
    warning, end = ms_of(at(25)) // 1000, ms_of(at(26)) // 1000

    assert room.state.due.take(warning - 1, 10) == []
    assert room.state.due.take(warning, 10) == [US.key]

    room.come(25)

    assert room.state.due.take(end - 1, 10) == []
    assert room.state.due.take(end, 10) == [US.key]


def test_a_conversation_is_forgotten_in_the_end():
    room = Room()
    room.hear(user(0))
    for hours in (23, 24, 49, 60, 24 * 33):
        room.come(hours)

    assert room.state.get(US.key) is None
    assert names(room.hear(user(24 * 33))) == ["SessionOpened", "SessionStanding"]


def test_a_time_for_nobody_says_nothing():
    assert Room().come(1) == []


def test_the_rules_are_those_of_the_connection_that_the_conversation_began_over():
    older = Connection(provider="example", name="older", session_rules="viber-older")
    room = Room(RuleBook([older]))
    there = structs.replace(US, connection="older")
    room.hear(structs.replace(user(0), parties=there))
    (opened, *_) = room.hear(*(structs.replace(ours(hours), parties=US) for hours in (1, 2)))
    usual = Room(RuleBook([older])).hear(user(0))

    assert opened.rules == "viber-older"
    assert [one.rules for one in usual if isinstance(one, SessionOpened)] == ["viber"]


def test_a_price_by_contract_is_in_the_account():
    priced = Connection(provider="example", name="main", session_values={"price": "0.05", "currency": "EUR"})
    room = Room(RuleBook([priced]))
    room.hear(user(0), ours(1), user(2))
    (closed,) = [one for one in room.come(30) if isinstance(one, SessionClosed)]

    assert (str(closed.session.cost), closed.session.currency) == ("0.05", "EUR")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        pytest.param({"session_rules": "vibes"}, r"example/main.*'vibes'.*viber-older", id="a set that is none"),
        pytest.param({"session_values": {"price": "dear"}}, r"example/main.*price", id="a value that cannot be"),
    ],
)
def test_wrong_rules_name_their_connection(members, said):
    with pytest.raises(ConfigurationInvalid, match=said):
        RuleBook([Connection(provider="example", name="main", **members)])
