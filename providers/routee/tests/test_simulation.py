"""The simulated API as it refuses, and what it tells when it is asked."""

import json
from dataclasses import replace

import pytest

from contracts.errors import ProviderThrottled, SendError
from contracts.sends import FileContent, SendRequest, TextContent
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.asking import SilentAttempt
from providers._kit.desk import ApiCall
from providers._kit.memory_desk import MemoryDesk, life
from providers._kit.rehearsal import Rehearsal
from providers.routee import PROVIDER
from providers.routee.settings import RouteeSettings
from providers.routee.simulated_api import serve

S = DeliveryStatus
SETTINGS = RouteeSettings.model_validate(PROVIDER.example)
DOOR = "https://hooks.example.test/callbacks/routee/main/token"
CAMPAIGN = {"campaignName": "t-1", "senderInfoTrackingId": "s", "to": ["+447700900301"], "body": {"text": "x"}}


def request(**members) -> SendRequest:
    usual = {"send_id": "7f-1", "channel": Channel.VIBER, "recipient": "+447700900301", "sender": "s"}
    content = {"content": TextContent(text="Hello"), "callback_base_url": DOOR}
    return SendRequest(**usual | content | members)


class Caller:
    """Calls the API without the sender, so that its own checks are seen."""

    def __init__(self) -> None:
        self.desk = MemoryDesk()
        self.token = ""
        basic = "Basic NTc1NmE0MTFlNGIwNmEzM2Q1MDUxN2M3OmFuIGludmVudGVkIHNlY3JldA=="
        given = self.call("POST", "/oauth/token", b"grant_type=client_credentials", basic)
        self.token = json.loads(given.body)["access_token"]

    def call(self, method, path, body=b"", authorization=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"authorization": authorization or f"Bearer {self.token}"}
        return serve(ApiCall(method=method, path=path, query="", headers=headers, body=data), self.desk, SETTINGS)


@pytest.mark.parametrize(
    ("members", "status", "code", "inner"),
    [
        pytest.param({"campaignName": "x"}, 400, "400000000", None, id="a name too short"),
        pytest.param({"campaignName": "x" * 31}, 400, "400000000", None, id="a name too long"),
        pytest.param({"campaignName": "a_b"}, 400, "400000000", None, id="a letter that names do not have"),
        pytest.param({"ttl": 29}, 400, "400000000", None, id="too short a life"),
        pytest.param({"to": ["77"]}, 400, "400019002", "001", id="a wrong number"),
        pytest.param({"body": {"text": "x", "imageURL": "https://x"}}, 400, "400019002", "007", id="text and image"),
        pytest.param(
            {"body": {"text": "x", "action": {"caption": "x"}}, "isSessionMessage": True},
            400,
            "400019002",
            "020",
            id="a button in a session",
        ),
        pytest.param({"body": {"imageURL": "http://x"}}, 400, "400000000", None, id="not https"),
        pytest.param({"senderInfoTrackingId": ""}, 404, "404020001", None, id="no sender"),
    ],
)
def test_it_refuses_in_its_own_words(members, status, code, inner):
    reply = Caller().call("POST", "/viber/campaign", CAMPAIGN | members)
    body = json.loads(reply.body)

    assert (reply.status, body["code"], (body["properties"] or {}).get("errorCode")) == (status, code, inner)


def test_a_name_is_taken_once():
    caller = Caller()

    assert caller.call("POST", "/viber/campaign", CAMPAIGN).status == 200
    again = caller.call("POST", "/viber/campaign", CAMPAIGN)
    assert (again.status, json.loads(again.body)["code"]) == (409, "409009003")
    assert len(caller.desk.orders()) == 1


@pytest.mark.parametrize("authorization", ["Bearer 1-x", "Bearer 1772357400-x", "Bearer ", "Basic x"])
def test_nobody_is_let_in_without_a_token(authorization):
    assert Caller().call("POST", "/viber/campaign", CAMPAIGN, authorization).status == 401


KINDS = {
    "campaign": request(),
    "session file": request(
        content=FileContent(url="https://media.example.test/offer.pdf"), is_session=True, label="autumn"
    ),
    "single": request(own={"via": "single"}),
    "sms": request(channel=Channel.SMS),
    "failover": request(own={"then_sms": {"sender": "ExampleCo", "text": "by text"}}),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_is_told_at_the_sends_own_address(kind):
    stage = Rehearsal(PROVIDER, SETTINGS)
    accepted = await stage.sender().send(KINDS[kind])
    (order,) = stage.desk.orders()
    hint = order.urls["delivery"].removeprefix(DOOR + "/")

    for callback in stage.callbacks(accepted.root_id):
        facts = stage.items(replace(callback, hint=hint))
        assert {fact.root_id or fact.message_id for fact in facts} == {accepted.root_id}
        assert {fact.external_id for fact in facts} == {"7f-1"}


@pytest.mark.parametrize(
    ("kind", "is_root"),
    [
        pytest.param("campaign", True, id="a campaign, by the campaign's id"),
        pytest.param("single", True, id="a single message"),
        pytest.param("failover", False, id="a cascade, by the id of its step"),
    ],
)
async def test_a_reply_names_the_message_and_the_send(kind, is_root):
    stage = Rehearsal(PROVIDER, SETTINGS)
    accepted = await stage.sender().send(KINDS[kind])
    (order,) = stage.desk.orders()
    callback = replace(stage.reply(accepted.root_id, "Yes"), hint=order.urls["inbound"].removeprefix(DOOR + "/"))

    (reply,) = stage.items(callback)
    assert (reply.text, reply.extras["external_id"]) == ("Yes", "7f-1")
    assert (reply.reply_to == accepted.root_id) is is_root
    assert is_root or reply.reply_to in {fact.message_id for fact in stage.items(stage.callbacks(accepted.root_id)[0])}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_asked_is_what_was_told_last(kind):
    stage = Rehearsal(PROVIDER, SETTINGS, life(S.ACCEPTED, S.QUEUED, S.UNDELIVERED))
    accepted = await stage.sender().send(KINDS[kind])
    silent = [
        SilentAttempt(root_id=accepted.root_id, sent_at=stage.desk.now(), channel=channel)
        for channel in (KINDS[kind].channel, None)
    ]
    before = await stage.look_up().ask(silent)
    stage.desk.let_pass(60)

    for answer in await stage.look_up().ask(silent):
        facts = stage.polled(answer)
        assert {fact.root_id or fact.message_id for fact in facts} == {accepted.root_id}
        assert {fact.status for fact in facts} <= {S.UNDELIVERED, S.FAILED}
        silent.pop()
    assert (list(before), silent) == ([], [])


async def test_a_look_up_passes_a_refusal_on():
    stage = Rehearsal(PROVIDER, SETTINGS)
    look_up = stage.look_up()
    silent = [SilentAttempt(root_id="x", sent_at=stage.desk.now())]
    assert await look_up.ask(silent) == []
    stage.outbound.meet(429)

    with pytest.raises(SendError) as caught:
        await look_up.ask(silent)
    assert isinstance(caught.value, ProviderThrottled)


async def test_an_id_is_not_a_path():
    stage = Rehearsal(PROVIDER, SETTINGS)
    await stage.look_up().ask([SilentAttempt(root_id="../sms", sent_at=stage.desk.now(), channel=Channel.SMS)])

    assert stage.outbound.calls[1][1] == "https://connect.routee.net/sms/tracking/single/..%2Fsms"
