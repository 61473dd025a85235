"""The look-up against the simulated API: logs tell as often as they are asked, reports once."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from contracts.errors import CredentialsRefused, ProviderThrottled, SendInDoubt
from contracts.sends import SendRequest, TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.asking import SilentAttempt
from providers._kit.memory_desk import START, life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import HttpAnswer
from providers.infobip import PROVIDER
from providers.infobip.look_up import MAX_IDS, PATIENCE
from providers.infobip.settings import InfobipSettings

LOGS = InfobipSettings(username="u", passwords=("p",), api_key="k")
REPORTS = LOGS.model_copy(update={"polls": "reports"})
S = DeliveryStatus
VIBER, BOT, SMS = Channel.VIBER, Channel.VIBER_BOT, Channel.SMS


def sent(settings=LOGS, channels=(VIBER,), write=None):
    """A rehearsal in which a message was taken on each of the channels."""
    rehearsal = Rehearsal(PROVIDER, settings, *([write] if write else []))
    for number, channel in enumerate(channels):
        request = SendRequest(
            send_id=f"send-{number}",
            channel=channel,
            recipient="user=" if channel is BOT else "+447700900105",
            sender="ExampleShop",
            content=TextContent(text="Hello"),
        )
        asyncio.run(rehearsal.sender().send(request))
    return rehearsal


def silent(root_id="send-0", channel=VIBER):
    return SilentAttempt(root_id=root_id, sent_at=START, channel=channel)


def asked(rehearsal, *attempts, look_up=None):
    answers = asyncio.run((look_up or rehearsal.look_up()).ask(attempts))
    return [item for answer in answers for item in rehearsal.polled(answer)]


def paths(rehearsal):
    return [urlsplit(url).path for method, url, _, _ in rehearsal.outbound.calls if method == "GET"]


@pytest.mark.parametrize(
    ("channel", "path"), [(VIBER, "/viber/2/logs"), (BOT, "/viber-bot/1/logs"), (SMS, "/sms/3/logs")]
)
@pytest.mark.parametrize("end", [S.DELIVERED, S.UNDELIVERED, S.EXPIRED, S.REJECTED])
def test_the_logs_say_what_the_callbacks_say(channel, path, end):
    rehearsal = sent(channels=(channel,), write=life(S.SENT, end))
    rehearsal.desk.let_pass(60)
    polled = asked(rehearsal, silent(channel=channel))[-1]
    pushed = [item for callback in rehearsal.callbacks("send-0") for item in rehearsal.items(callback)][-1]

    assert paths(rehearsal) == [path]
    assert (polled.message_id, polled.status, polled.provider_code, polled.occurred_at, polled.channel) == (
        (pushed.message_id, pushed.status, pushed.provider_code, pushed.occurred_at, pushed.channel)
    )
    assert (polled.error_code, polled.recipient) == (pushed.error_code, pushed.recipient)


def test_reading_the_logs_uses_nothing_up():
    rehearsal = sent()
    rehearsal.desk.let_pass(60)

    assert asked(rehearsal, silent()) == asked(rehearsal, silent()) != []


def test_a_pending_message_has_no_end_yet():
    (fact,) = asked(sent(), silent())

    assert (fact.status, fact.occurred_at) == (S.ACCEPTED, None)


def test_what_the_provider_does_not_know_is_no_answer():
    assert asked(sent(), silent("another")) == []


def test_logs_reach_back_two_days():
    rehearsal = sent()
    rehearsal.desk.let_pass(timedelta(hours=48, seconds=1).total_seconds())

    assert asked(rehearsal, silent()) == []
    assert timedelta(hours=48).total_seconds() == PATIENCE.remembers_s


def test_that_a_message_was_seen_the_logs_do_not_say():
    rehearsal = sent(write=life(S.DELIVERED, S.SEEN))
    rehearsal.desk.let_pass(60)

    assert [fact.status for fact in asked(rehearsal, silent())] == [S.DELIVERED]


def test_a_message_of_an_unknown_channel_is_asked_about_on_all():
    rehearsal = sent(channels=(SMS,))
    facts = asked(rehearsal, silent(channel=None))

    assert paths(rehearsal) == ["/viber/2/logs", "/viber-bot/1/logs", "/sms/3/logs"]
    assert [fact.channel for fact in facts] == [SMS]


def test_a_channel_that_is_not_sent_is_not_asked_about():
    rehearsal = sent()

    assert asked(rehearsal, silent(channel=Channel.WHATSAPP)) == []
    assert paths(rehearsal) == []


def test_a_list_of_ids_is_never_too_long():
    rehearsal = sent()
    attempts = [silent(f"{number:03d}" + "x" * 197) for number in range(25)]
    asked(rehearsal, *attempts)
    lists = [parse_qs(urlsplit(url).query)["messageId"][0] for _, url, _, _ in rehearsal.outbound.calls[1:]]

    assert max(map(len, lists)) <= MAX_IDS
    assert [one for some in lists for one in some.split(",")] == [attempt.root_id for attempt in attempts]


@pytest.mark.parametrize(
    ("fate", "error"),
    [(429, ProviderThrottled), (401, CredentialsRefused), (500, SendInDoubt), (Mishap.LOST, SendInDoubt)],
)
@pytest.mark.parametrize("settings", [LOGS, REPORTS], ids=["logs", "reports"])
def test_an_error_is_no_answer(settings, fate, error):
    rehearsal = sent(settings)
    rehearsal.outbound.meet(fate)

    with pytest.raises(error):
        asked(rehearsal, silent())


def test_an_answer_that_cannot_be_read_is_kept_for_the_dead_letters():
    rehearsal = sent()
    rehearsal.outbound.meet(HttpAnswer(status=200, headers={}, body=b"<html>busy</html>"))
    (answer,) = asyncio.run(rehearsal.look_up().ask([silent()]))

    assert answer.body == b"<html>busy</html>"


def test_reports_come_once():
    rehearsal = sent(REPORTS)
    rehearsal.desk.let_pass(60)
    first, second = asked(rehearsal, silent()), asked(rehearsal, silent())

    assert [fact.status for fact in first] == [S.DELIVERED]
    assert second == []


def test_reports_come_of_messages_that_nobody_asked_about():
    rehearsal = sent(REPORTS, channels=(VIBER, VIBER))

    assert {fact.message_id for fact in asked(rehearsal, silent("send-0"))} == {"send-0", "send-1"}


def test_one_call_an_ask_so_that_no_error_behind_it_loses_reports():
    rehearsal = sent(REPORTS, channels=(VIBER, SMS))
    look_up = rehearsal.look_up()
    attempts = [silent("send-0", VIBER), silent("send-1", SMS)]
    for _ in range(3):
        asked(rehearsal, *attempts, look_up=look_up)

    assert paths(rehearsal) == ["/viber/2/reports", "/sms/3/reports", "/viber/2/reports"]


def test_reports_that_nobody_is_silent_about_are_not_fetched():
    rehearsal = sent(REPORTS)

    assert asked(rehearsal) == []
    assert paths(rehearsal) == []


def test_who_has_no_webhooks_asks_for_all_at_once():
    rehearsal = sent(REPORTS)
    asked(rehearsal, silent())

    assert urlsplit(rehearsal.outbound.calls[-1][1]).query == "limit=1000"
