"""Asking about messages that are silent."""

import json
from datetime import UTC, datetime

import pytest

from contracts.errors import CredentialsRefused, ProviderThrottled, ProviderUnavailable
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.asking import SilentAttempt
from providers._kit.memory_desk import life
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import HttpAnswer
from providers.decisiontelecom import PROVIDER

S = DeliveryStatus
SENT_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def silent(root_id: str, channel: Channel | None = Channel.VIBER) -> SilentAttempt:
    return SilentAttempt(root_id=root_id, sent_at=SENT_AT, channel=channel)


def answered(body, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status=status, headers={}, body=json.dumps(body).encode())


@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
async def test_what_is_polled_is_what_was_pushed(own, make_request, channel):
    rehearsal = Rehearsal(PROVIDER, own, life(S.SENT, S.DELIVERED))
    accepted = await rehearsal.sender().send(make_request(channel=channel, callback_base_url=None))
    rehearsal.desk.let_pass(60)

    (answer,) = await rehearsal.look_up().ask([silent(accepted.root_id, channel)])

    (polled,) = rehearsal.polled(answer)
    pushed = rehearsal.items(rehearsal.callbacks(accepted.root_id)[-1])
    assert [polled] == pushed


async def test_a_silent_message_has_something_to_say_at_once(own, make_request):
    rehearsal = Rehearsal(PROVIDER, own, life())
    accepted = await rehearsal.sender().send(make_request())

    (answer,) = await rehearsal.look_up().ask([silent(accepted.root_id)])

    assert rehearsal.polled(answer)[0].status is S.QUEUED


@pytest.mark.parametrize(
    ("channel", "call"),
    [
        (
            Channel.VIBER,
            ("POST", "https://web.it-decision.com/v1/api/receive-viber", b'{"message_id":429}'),
        ),
        (Channel.SMS, ("GET", "https://web.it-decision.com/v1/api/status?message_id=429", b"")),
    ],
)
async def test_a_question_leaves_as_the_provider_wants_it(rehearsal, channel, call):
    rehearsal.outbound.meet(answered({"message_id": 429, "status": 0}))

    await rehearsal.look_up().ask([silent("429", channel)])

    ((method, url, _, body),) = rehearsal.outbound.calls
    assert (method, url, body) == call


async def test_an_id_that_is_no_number_is_asked_about_as_text(rehearsal):
    await rehearsal.look_up().ask([silent("a&b", Channel.SMS), silent("a&b")])

    assert rehearsal.outbound.calls[0][1].endswith("?message_id=a%26b")
    assert rehearsal.outbound.calls[1][3] == b'{"message_id":"a&b"}'


@pytest.mark.parametrize("channel", [Channel.VIBER, Channel.SMS])
async def test_a_message_that_the_provider_does_not_know_is_no_answer(rehearsal, channel):
    assert await rehearsal.look_up().ask([silent("429", channel)]) == []


async def test_nothing_is_asked_about_an_unknown_channel(rehearsal):
    assert await rehearsal.look_up().ask([silent("429", None)]) == []
    assert rehearsal.outbound.calls == []


@pytest.mark.parametrize(
    ("fate", "error"),
    [
        pytest.param(Mishap.LOST, ProviderUnavailable, id="a question that was lost does no harm"),
        pytest.param(Mishap.UNREACHED, ProviderUnavailable, id="not reached"),
        pytest.param(429, ProviderThrottled, id="too often, said with HTTP 200"),
        pytest.param(500, ProviderUnavailable, id="an error inside"),
        pytest.param(503, ProviderUnavailable, id="away"),
        pytest.param(answered({}), ProviderUnavailable, id="an answer without sense"),
        pytest.param(answered({}, 401), CredentialsRefused, id="not let in"),
    ],
)
async def test_a_failed_question_is_no_callback(rehearsal, fate, error):
    rehearsal.outbound.meet(fate)

    with pytest.raises(error):
        await rehearsal.look_up().ask([silent("429")])
