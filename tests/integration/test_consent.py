"""What a person writes, from the callback to the answer of the API: which message it answers, and that it is heeded."""

import asyncio
import time

import pytest

from contracts.suppressions import SuppressionList
from runtime.crash_points import VARIABLE
from tests.support.ledger_provider import body_of, status
from tests.support.running_api import asked
from tests.support.streams_installation import until

pytestmark = pytest.mark.broker

PERSON, OTHER, SHOP = "+447700900105", "+447700900106", "ExampleShop"
TO_PERSON = {"recipient": PERSON, "sender": SHOP, "channel": "sms"}
EARLIER = {"occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))}


def wrote(text: str, number: int, *, author: str = PERSON, **members) -> dict:
    """What a person wrote, at second `number`."""
    said = {"kind": "text", "message_id": f"mo-{number}", "author": author, "addressee": SHOP, "text": text}
    at = f"{time.strftime('%Y-%m-%dT%H:%M', time.gmtime(time.time() - 60))}:{number:02}Z"
    return {"is": "inbound", "occurred_at": at, **said, **members}


@pytest.mark.long
async def test_a_reply_is_attributed_and_a_stop_is_heeded_although_the_stage_is_killed(house, api):
    stages = house.start(replica="one", **{VARIABLE: "consent.outputs_written:2"})
    await stages.ready()
    await house.call_back(body_of(*(status("m1", said, **TO_PERSON, **EARLIER) for said in ("sent", "delivered"))))
    await house.updates(at_least=2)
    await house.call_back(body_of(wrote("Is it in stock?", 1), wrote("Stop.", 2, reply_to="m1")))
    for number in range(3, 9):
        await house.call_back(body_of(wrote("stop", number, author=OTHER)))
        await asyncio.sleep(0.2)
    await stages.ended()
    stages = await house.start(replica="one").ready()
    await house.call_back(body_of(wrote("START", 9, author=OTHER)))

    with api.client() as client:
        told = await asked(client, "/v1/inbound", lambda answer: len(answer.get("inbound", ())) == 9)
        mine = {one["text"]: one for one in told["inbound"] if one["text"] in {"Is it in stock?", "Stop."}}
        listed = await asked(
            client,
            "/v1/suppressions?lifted=true",
            lambda found: [one["kind"] for one in found["suppressions"]] == ["start", "stop"],
        )
        timeline = client.get(f"/v1/messages/{mine['Stop.']['message_id']}").json()
        wish = {"recipient": PERSON, "sender": SHOP, "reason": "Asked for it by letter"}
        lifted = client.request("DELETE", "/v1/suppressions", json=wish)
        after = await asked(client, "/v1/suppressions", lambda found: not found["suppressions"])
    sending = SuppressionList()
    for record in await house.read("suppressions"):
        sending.take(record.key, record.value)

    assert {text: one["attributed_by"] for text, one in mine.items()} == {
        "Is it in stock?": "newest_delivered",
        "Stop.": "provider_id",
    }
    assert [reply["text"] for reply in timeline["replies"]] == ["Is it in stock?", "Stop."]
    assert [(one["keyword"], one["sender"]) for one in listed["suppressions"]] == [("START", SHOP), ("STOP", SHOP)]
    assert (lifted.status_code, after["suppressions"]) == (202, [])
    assert [sending.find("default", SHOP, recipient=who) for who in (PERSON, OTHER)] == [None, None]
    await until(lambda: stages.get("/readyz")[0] == 200, of=stages)


@pytest.mark.long
async def test_a_stop_outlives_a_store_that_is_built_anew(house, api, tmp_path):
    await house.start("normalise", "consent").ready()
    await house.call_back(body_of(wrote("СТОП", 1)))
    with api.client() as client:
        await asked(client, "/v1/suppressions", lambda found: len(found["suppressions"]) == 1)
        api.process.kill()
        api.process.wait()
        for left in tmp_path.glob("tidings.duckdb*"):
            left.unlink()
        api.start()
        (kept,) = (await asked(client, "/v1/suppressions", lambda found: found["suppressions"]))["suppressions"]
    (record,) = await house.read("suppressions")

    assert (kept["kind"], kept["keyword"]) == ("stop", "СТОП")
    assert PERSON.encode() in record.value, "whoever sends needs the number itself"
    assert PERSON not in str(kept)
