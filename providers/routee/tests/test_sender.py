"""The sender against the simulated API: tokens, repeats, doubts, and what each refusal is."""

import json

import pytest

from contracts.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    FundsExhausted,
    ProviderThrottled,
    ProviderUnavailable,
    RecipientUnreachable,
    RequestInvalid,
    SendInDoubt,
)
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from providers._kit.rehearsal import Mishap, Rehearsal
from providers._kit.sending import HttpAnswer
from providers.routee import PROVIDER
from providers.routee.access import Access
from providers.routee.sender import REFUSALS, RouteeSender, read_answer
from providers.routee.settings import RouteeSettings

SETTINGS = RouteeSettings.model_validate(PROVIDER.example)
REQUEST = SendRequest(
    send_id="7f-1",
    channel=Channel.VIBER,
    recipient="+447700900301",
    sender="sender-id",
    content=TextContent(text="Hello"),
)
SINGLE = SendRequest(
    **{name: getattr(REQUEST, name) for name in REQUEST.__struct_fields__} | {"own": {"via": "single"}}
)


def rehearsal() -> Rehearsal:
    return Rehearsal(PROVIDER, SETTINGS)


def paths(stage: Rehearsal) -> list[str]:
    return [url.partition(".net")[2] for _, url, _, _ in stage.outbound.calls]


def answer(status: int, body: object = None, **headers: str) -> HttpAnswer:
    return HttpAnswer(status=status, headers=headers, body=b"" if body is None else json.dumps(body).encode())


# Tokens


async def test_a_token_is_fetched_once():
    stage = rehearsal()
    sender = stage.sender()

    await sender.send(REQUEST)
    await sender.send(SINGLE)

    assert paths(stage) == ["/oauth/token", "/viber/campaign", "/viber"]
    method, url, headers, body = stage.outbound.calls[0]
    assert (method, url, body) == ("POST", "https://auth.routee.net/oauth/token", b"grant_type=client_credentials")
    assert headers["authorization"] == "Basic NTc1NmE0MTFlNGIwNmEzM2Q1MDUxN2M3OmFuIGludmVudGVkIHNlY3JldA=="


async def test_a_token_that_ran_out_at_the_provider_is_renewed_and_the_send_made_once_more():
    stage = rehearsal()
    sender = stage.sender()
    await sender.send(REQUEST)
    stage.desk.let_pass(3600)

    await sender.send(SINGLE)

    assert paths(stage)[2:] == ["/viber", "/oauth/token", "/viber"]
    assert len(stage.desk.orders()) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_who_is_refused_twice_is_not_let_in(status):
    stage = rehearsal()
    sender = stage.sender()
    await sender.send(REQUEST)
    stage.outbound.meet(status)
    token = answer(200, {"access_token": "fresh", "expires_in": 3600})
    stage.outbound.meet(token, status)

    with pytest.raises(CredentialsRefused):
        await sender.send(SINGLE)
    assert paths(stage)[2:] == ["/viber", "/oauth/token", "/viber"]


async def test_a_token_is_not_used_up_to_its_last_second():
    now, stage = [0.0], rehearsal()
    access = Access(SETTINGS, stage.outbound, seconds=lambda: now[0])
    for at in (0, 3539, 3540):
        now[0] = at
        await access.call("GET", "/sms/tracking/single/1")

    assert paths(stage).count("/oauth/token") == 2


@pytest.mark.parametrize(
    ("fate", "error"),
    [
        pytest.param(Mishap.LOST, ProviderUnavailable, id="no answer: of the message nothing has left"),
        pytest.param(Mishap.UNREACHED, ProviderUnavailable, id="not reached"),
        pytest.param(answer(401, {"error": "invalid_client"}), CredentialsRefused, id="wrong secret"),
        pytest.param(answer(400), CredentialsRefused, id="malformed"),
        pytest.param(answer(429), ProviderThrottled, id="too many"),
        pytest.param(answer(500), ProviderUnavailable, id="their fault"),
        pytest.param(answer(200, {}), ProviderUnavailable, id="an answer without a token"),
        pytest.param(answer(200, [1]), ProviderUnavailable, id="an answer without sense"),
    ],
)
async def test_without_a_token_nothing_was_sent(fate, error):
    stage = rehearsal()
    stage.outbound.meet(fate)

    with pytest.raises(error):
        await stage.sender().send(REQUEST)
    assert list(stage.desk.orders()) == []


@pytest.mark.parametrize("missing", ["app_id", "app_secret"])
def test_a_connection_without_credentials_cannot_send(missing):
    members = {name: value for name, value in PROVIDER.example.items() if name != missing}

    with pytest.raises(ConfigurationInvalid, match=missing):
        RouteeSender(RouteeSettings.model_validate(members), rehearsal().outbound)


@pytest.mark.parametrize(
    ("members", "url"),
    [
        pytest.param({}, "https://auth.routee.net/oauth/token", id="Routee's own"),
        pytest.param({"base_url": "http://127.0.0.1:9/x/"}, "http://127.0.0.1:9/x/oauth/token", id="a simulator's"),
        pytest.param({"auth_url": "https://a.example.test"}, "https://a.example.test/oauth/token", id="as it is set"),
    ],
)
def test_tokens_come_from_where_the_api_is(members, url):
    assert RouteeSettings.model_validate(PROVIDER.example | members).token_url == url


# Repeats and doubts


async def test_a_campaign_that_was_cut_is_not_sent_twice():
    """The name is taken, so nothing is sent again; but nobody says under which id, so the doubt stays."""
    stage = rehearsal()
    sender = stage.sender()
    await sender.send(SINGLE)
    stage.outbound.meet(Mishap.CUT)
    with pytest.raises(SendInDoubt, match="no answer"):
        await sender.send(REQUEST)

    with pytest.raises(SendInDoubt, match="A campaign of this name was made before") as caught:
        await sender.send(REQUEST)
    assert caught.value.code == "409009003"
    assert len(stage.desk.orders()) == 2


async def test_a_repeat_whose_first_answer_is_remembered_is_the_same_send():
    stage = rehearsal()
    sender = stage.sender()
    first = await sender.send(REQUEST)

    again, found = await sender.send(REQUEST), await sender.find(REQUEST)

    assert (again.root_id, again.is_repeat) == (first.root_id, True)
    assert found is not None
    assert found.root_id == first.root_id
    assert len(stage.desk.orders()) == 1


async def test_only_a_campaign_may_be_repeated():
    sender = rehearsal().sender()
    sms = SendRequest(
        send_id="7f-1", channel=Channel.SMS, recipient="+447700900301", sender="x", content=TextContent(text="x")
    )

    assert [sender.may_repeat(request) for request in (REQUEST, SINGLE, sms)] == [True, False, False]
    for request in (REQUEST, SINGLE, sms):
        with pytest.raises(SendInDoubt):
            await sender.find(request)


# Answers


@pytest.mark.parametrize("row", REFUSALS.rows, ids=lambda row: f"{row.code or 'any code'} {row.http_status or ''}")
def test_each_refusal_is_what_its_row_says(row):
    code, _, inner = row.code.partition(":")
    if code == "failover":
        body = {"trackingId": "fo-1", "status": "Failed", "statusCode": int(inner)}
        refused = {"of_failover": True}, answer(200, body)
    else:
        number = code if code.isdecimal() else "400019002"
        viber = inner or (code if code.startswith("SRVC_") else None)
        body = {"code": number, "developerMessage": "words", "properties": {"errorCode": viber} if viber else None}
        refused = {}, answer(row.http_status or int(number[:3]), body if code else None)

    with pytest.raises(row.error) as caught:
        read_answer(refused[1], **refused[0])
    assert type(caught.value) is row.error
    assert row.meaning in str(caught.value)


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        pytest.param(
            answer(400, {"code": "400019002", "developerMessage": "Viber: errorCode=007 wrong type"}),
            RequestInvalid,
            "400019002:007",
            id="the inner code in the words",
        ),
        pytest.param(
            answer(400, {"code": 400019002, "properties": {"errorCode": 1}}),
            RequestInvalid,
            "400019002:001",
            id="numbers",
        ),
        pytest.param(answer(400, {"code": "400999999"}), RequestInvalid, "400999999", id="a new code"),
        pytest.param(answer(400, {"code": "400001009"}), FundsExhausted, "400001009", id="no balance"),
        pytest.param(answer(502), SendInDoubt, None, id="a gateway that knows nothing"),
        pytest.param(answer(503), SendInDoubt, None, id="a gateway that may have passed it on"),
        pytest.param(answer(302), RequestInvalid, None, id="elsewhere"),
        pytest.param(answer(200, {"state": "Queued"}), SendInDoubt, None, id="no id"),
        pytest.param(answer(200, {"trackingId": "x" * 201}), SendInDoubt, None, id="an id too long to keep"),
    ],
)
def test_an_answer_that_is_no_acceptance(given, error, code):
    with pytest.raises(error) as caught:
        read_answer(given)
    assert caught.value.code == code


def test_patience_is_told():
    with pytest.raises(ProviderThrottled) as caught:
        read_answer(answer(429, None, **{"retry-after": "7"}))

    assert caught.value.retry_after_s == 7


def test_an_sms_says_how_many_parts_it_takes():
    accepted = read_answer(answer(200, {"trackingId": "m-1", "status": "Queued", "bodyAnalysis": {"parts": 3}}))

    assert (accepted.root_id, accepted.provider_code, accepted.parts_count) == ("m-1", "Queued", 3)


def test_a_failover_that_failed_at_once_was_not_taken():
    body = {"trackingId": "fo-1", "status": "Failed", "statusCode": 2}

    with pytest.raises(RecipientUnreachable):
        read_answer(answer(200, body), of_failover=True)
