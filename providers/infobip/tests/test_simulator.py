from datetime import UTC, datetime, timedelta

import pytest

from contracts.errors import ConfigurationInvalid
from contracts.records import RawCallback
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.provider import CallbackRequest
from providers._kit.script import Script, Step
from providers.infobip.normaliser import normalise
from providers.infobip.settings import InfobipSettings
from providers.infobip.simulator import simulate
from providers.infobip.verifier import make_verifier

S = DeliveryStatus
SETTINGS = InfobipSettings(username="ib-hook", passwords=("example-only",))
SENT_AT = datetime(2024, 7, 1, 8, tzinfo=UTC)
SAYABLE = [S.UNKNOWN, S.ACCEPTED, S.SENT, S.UNDELIVERED, S.EXPIRED, S.REJECTED, S.DELIVERED, S.SEEN]


def script(*statuses, number=1, channel=Channel.VIBER, apart_s=1):
    steps = [
        Step(status, SENT_AT + timedelta(seconds=apart_s * place), channel) for place, status in enumerate(statuses)
    ]
    return Script(
        number=number, seed=7, recipient="+447700900105", sender="ExampleShop", sent_at=SENT_AT, steps=tuple(steps)
    )


def facts_of(callback):
    raw = RawCallback(
        provider="infobip",
        connection="main",
        method=callback.method,
        received_at=callback.at,
        body=callback.body,
        hint=callback.hint,
    )
    return normalise(raw)


@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
@pytest.mark.parametrize("status", SAYABLE)
@pytest.mark.parametrize("number", range(8))
def test_what_is_played_is_what_is_understood(status, channel, number):
    played = script(S.ACCEPTED, status, number=number, channel=channel)
    facts = [fact for callback in simulate(played, SETTINGS) for fact in facts_of(callback)]

    assert [fact.status for fact in facts] == [S.ACCEPTED, status]
    assert {(fact.recipient, fact.channel, fact.sent_at) for fact in facts} == {("+447700900105", channel, SENT_AT)}
    assert facts[1].occurred_at in {played.steps[1].at, None}


def test_pending_reports_have_no_time_and_ends_have_one():
    facts = [facts_of(callback)[0] for callback in simulate(script(S.ACCEPTED, S.SENT, S.DELIVERED, S.SEEN), SETTINGS)]

    assert [fact.occurred_at is None for fact in facts] == [True, True, False, False]


def test_every_callback_is_signed_and_says_what_it_amounts_to():
    callbacks = simulate(script(S.ACCEPTED, S.DELIVERED, S.SEEN), SETTINGS)
    verify = make_verifier(SETTINGS)

    for callback in callbacks:
        verify(CallbackRequest("POST", "https://hooks.example.test/", callback.headers, callback.body))
        facts = facts_of(callback)

        assert len(facts) == callback.expected_items
        assert {fact.message_id for fact in facts} == {callback.root_id}


def test_a_seen_report_goes_where_seen_reports_go():
    hints = [callback.hint for callback in simulate(script(S.ACCEPTED, S.DELIVERED, S.SEEN), SETTINGS)]

    assert hints == ["viber", "viber", "viber/seen"]


def test_the_same_script_gives_the_same_bytes_and_another_number_another_id():
    played = script(S.ACCEPTED, S.DELIVERED)

    assert simulate(played, SETTINGS) == simulate(played, SETTINGS)
    assert simulate(played, SETTINGS)[0].root_id != simulate(script(S.ACCEPTED, number=2), SETTINGS)[0].root_id


def test_steps_that_are_due_together_now_and_then_share_a_body():
    sizes = {
        tuple(
            callback.expected_items for callback in simulate(script(S.SENT, S.DELIVERED, number=n, apart_s=0), SETTINGS)
        )
        for n in range(20)
    }

    assert sizes == {(2,), (1, 1)}


def test_bad_ends_have_all_the_errors_people_meet():
    ends = [simulate(script(S.UNDELIVERED, number=n), SETTINGS)[0] for n in range(60)]

    assert {facts_of(end)[0].error_code for end in ends} == {"7002", "7003", "7201", "7051"}


@pytest.mark.parametrize("status", [S.QUEUED, S.FAILED])
def test_what_the_provider_has_no_word_for_cannot_be_played(status):
    with pytest.raises(ConfigurationInvalid, match=f"no word for {status}"):
        simulate(script(status), SETTINGS)


def test_a_channel_that_is_not_played_is_named():
    with pytest.raises(ConfigurationInvalid, match="not email"):
        simulate(script(S.SENT, channel=Channel.EMAIL), SETTINGS)
