"""What to beware of with Infobip, one test for each."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from contracts.sends import SendRequest, TextContent
from contracts.status import DeliveryStatus, evidence, join, status_of
from contracts.vocabulary import Channel
from providers._kit.asking import SilentAttempt
from providers._kit.facts import SignalFact
from providers._kit.memory_desk import START
from providers._kit.rehearsal import Rehearsal
from providers.infobip import PROVIDER
from providers.infobip.apis import api_of
from providers.infobip.requests import message
from providers.infobip.settings import InfobipSettings
from providers.infobip.simulator import RETRIES_S

SETTINGS = InfobipSettings(username="u", passwords=("p",), api_key="k", polls="reports")
AT = datetime(2024, 7, 1, 8, 0, 4, 250_000, tzinfo=UTC)


@pytest.mark.parametrize("offset", ["+0000", "+0100", "-0300"])
def test_an_offset_has_no_colon(read, report, offset):
    """Many ISO readers refuse `+0100`; it is read, and said in UTC."""
    (fact,) = read(report(doneAt=f"2024-07-01T08:00:04.250{offset}"))
    hours = int(offset[:3])

    assert fact.occurred_at == AT - timedelta(hours=hours)


def test_from_and_to_turn_round_in_a_seen_report(read):
    """In a seen report `from` is the person and `to` our sender."""
    (fact,) = read({"messageId": "1", "from": "447700900105", "to": "Shop", "seenAt": "2024-07-01T08:00:04.250+0000"})

    assert (fact.recipient, fact.sender) == ("+447700900105", "Shop")


def test_from_and_to_do_not_turn_round_in_the_messages_api(read):
    """There `sender` is ours and `destination` the person, also when it was seen."""
    (fact,) = read({"event": "SEEN", "messageId": "1", "sender": "Shop", "destination": "447700900105", "seenAt": "x"})

    assert (fact.recipient, fact.sender) == ("+447700900105", "Shop")


def test_omni_spells_the_time_of_the_send_in_its_own_way(read):
    """`sendAt` in OMNI's seen reports is the `sentAt` of all others."""
    (fact,) = read({"messageId": "1", "from": "447700900105", "to": "Shop", "seenAt": "x", "sendAt": "1719820804250"})

    assert fact.sent_at == AT


@pytest.mark.parametrize("member", ["sender", "from"])
def test_the_author_of_a_message_has_two_names(read, member):
    """Viber writes `sender`, SMS and OMNI write `from`."""
    entry = {"messageId": "1", "to": "Shop", "receivedAt": "2024-07-01T08:00:04.250+0000", "message": {"type": "TEXT"}}
    (fact,) = read(entry | {member: "447700900105"})

    assert fact.author == "+447700900105"


def test_fetching_reports_uses_them_up():
    """What the reports' address has handed out never comes again; the logs are not used up."""
    rehearsal = Rehearsal(PROVIDER, SETTINGS)
    request = SendRequest(
        send_id="send-1",
        channel=Channel.VIBER,
        recipient="+447700900105",
        sender="ExampleShop",
        content=TextContent(text="Hello"),
    )
    asyncio.run(rehearsal.sender().send(request))
    rehearsal.desk.let_pass(60)
    silent = [SilentAttempt(root_id="send-1", sent_at=START, channel=Channel.VIBER)]
    answers = [asyncio.run(rehearsal.look_up().ask(silent)) for _ in range(2)]

    assert [len(answer) for answer in answers] == [1, 0]
    assert PROVIDER.settings.model_fields["polls"].default == "logs"


@pytest.mark.parametrize(("network", "operator"), [("23410", "23410"), (23410, "23410"), ("null", None)])
def test_the_network_is_text_a_number_or_the_word_null(read, report, network, operator):
    """`mccMnc` is text, an integer in the Messages API, and "null" in old examples."""
    (fact,) = read(report(mccMnc=network))

    assert fact.operator == operator


def test_events_of_a_bot_come_among_the_messages(read):
    """They are signals, neither messages nor reports."""
    entry = {"messageId": "1", "sender": "user=", "to": "Bot", "receivedAt": "2024-07-01T08:00:04.250+0000"}
    (fact,) = read(entry | {"message": {"type": "DELIVERED", "timestamp": 1_719_820_804_250}}, hint="viber-bot")

    assert isinstance(fact, SignalFact)
    assert (fact.kind, fact.occurred_at) == ("bot_delivered", AT)


def test_reports_and_messages_of_a_bot_may_come_to_one_address(read, report):
    """The documentation sends replies to the address of the reports; the shape of an entry says what it is."""
    entry = {"messageId": "1", "sender": "user=", "to": "Bot", "receivedAt": "2024-07-01T08:00:04.250+0000"}
    items = read(report(), entry | {"message": {"type": "TEXT", "text": "Hi"}}, hint="viber-bot")

    assert [type(item).__name__ for item in items] == ["StatusFact", "InboundFact"]


def test_a_name_may_belong_to_another_group(read, report):
    """Status 100 is called UNDELIVERABLE_… and is a rejection; 87 is in groups 4 and 5. The group decides."""
    named = {"groupId": 5, "groupName": "REJECTED", "id": 100, "name": "UNDELIVERABLE_REJECTED_PLATFORM"}
    charged, free = ({"groupId": group, "id": 87, "name": "SIGNALS_BLOCKED"} for group in (4, 5))
    facts = read(report(status=named), report(status=charged), report(status=free))

    assert [fact.status for fact in facts] == [DeliveryStatus.REJECTED, DeliveryStatus.EXPIRED, DeliveryStatus.REJECTED]


def test_callback_data_that_looks_like_json_is_text(read, report):
    """It comes back as it was sent, and is not opened."""
    (fact,) = read(report(callbackData='{"order": 7}'))

    assert fact.external_id == '{"order": 7}'


@pytest.mark.parametrize("number", ["1688025180464000014", "00000000000000000000000042"])
def test_ids_of_digits_are_text(read, report, number):
    """Ids longer than a double can hold, or with zeros before them, stay as they are."""
    (fact,) = read(report(messageId=number))

    assert fact.message_id == number


def test_a_failed_first_step_is_told_only_on_request():
    """With Infobip's own failover the failed Viber message is never reported unless the send asks for it."""
    request = SendRequest(
        send_id="send-1",
        channel=Channel.VIBER,
        recipient="+447700900105",
        sender="ExampleShop",
        content=TextContent(text="Hello"),
        own={"sms_failover": {"text": "Instead"}},
        callback_base_url="https://hooks.example.test",
    )

    assert message(api_of(Channel.VIBER), request)["webhooks"]["delivery"] == {
        "url": "https://hooks.example.test/failover",
        "receiveTriggeredFailoverReports": True,
    }


def test_the_sms_of_a_failover_is_not_called_viber(read, report):
    """Both steps are reported to one address and none names its channel, so the channel is not known."""
    (fact,) = read(report(), hint="failover")

    assert fact.channel is None


def test_that_it_was_seen_may_be_told_first(read, report):
    """A seen report may overtake that of the delivery; both ways the message was seen."""
    seen = {"messageId": "vb-1", "from": "447700900105", "to": "Shop", "seenAt": "2024-07-01T08:00:09.000+0000"}
    facts = [*read(seen), *read(report())]
    orders = [[fact.status for fact in order] for order in (facts, reversed(facts))]

    assert {status_of(join(evidence(first), evidence(second))) for first, second in orders} == {DeliveryStatus.SEEN}


def test_a_callback_is_sent_again_for_41_hours():
    """Twenty times: 1 minute and n² minutes before retry n."""
    assert [seconds / 60 for seconds in RETRIES_S[:6]] == [1, 3, 8, 18, 35, 61]
    assert (len(RETRIES_S), RETRIES_S[-1] / 3600) == (20, 41.5)


def test_a_batch_that_comes_again_is_the_same_facts(read_body, report):
    """The whole batch is sent again, with the entries that were already taken."""
    body = msgspec.json.encode({"results": [report(), report(messageId="vb-2")]})

    assert read_body(body) == read_body(body)
