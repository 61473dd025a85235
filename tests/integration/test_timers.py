"""Times that track has set come on a real Kafka, also when the process that set them is gone."""

import time
from collections import Counter

import pytest

from contracts.identity import attempt_key
from contracts.raw import origin_headers
from tests.support.ledger_provider import body_of, status
from tests.support.streams_installation import OBSERVED, REGISTERED, Installation, told, until

pytestmark = pytest.mark.broker

DAY_MS = 86_400_000
PARKING = {"TIDINGS_STREAMS__PARKING_DAYS": str(3 / 86_400)}


@pytest.mark.long
async def test_what_nobody_registers_is_given_up_once_although_its_keeper_was_killed(house: Installation):
    stages = await house.start(replica="one", **PARKING).ready()
    await house.call_back(*[body_of(status(f"m{number}", "sent")) for number in range(8)], connection=REGISTERED)
    await house.updates(at_least=8)
    stages.kill()
    stages = await house.start(replica="one", **PARKING).ready()
    await house.updates(at_least=16)
    await house.register({"m3": "our-3"})
    await house.call_back(body_of(status("m3", "delivered")), body_of(status("m4", "delivered")), connection=REGISTERED)
    updates = told(await house.updates(at_least=19))

    assert Counter(update.verdict.value for update in updates) == {
        "parked": 8,
        "unclaimed": 8,
        "registered": 1,
        "applied": 2,
    }
    assert sum(update.released_applied_count for update in updates if update.verdict == "unclaimed") == 8
    assert {update.message_id for update in updates if update.status == "delivered"} > {"our-3"}


@pytest.mark.long
async def test_what_has_ended_and_is_silent_is_forgotten_and_nothing_else(house: Installation):
    now_ms, headers = int(time.time() * 1000), origin_headers("ledger", OBSERVED)
    # Not as long as Kafka keeps a callback: it would be gone before it is read.
    ages_ms = {"old": 3 * DAY_MS + 60_000, "young": 0}
    stages = await house.start(TIDINGS_STREAMS__KEEP_FINAL_DAYS="3").ready()
    for name, age_ms in ages_ms.items():
        row = (None, body_of(status(name, "delivered")), now_ms - age_ms, headers)
        await house.write("callbacks", 0, [row])
    await house.updates(at_least=2)
    await until(lambda: stages.get("/readyz")[1]["stages"]["track"]["keys"] == 1, of=stages)
    await house.call_back(body_of(status("old", "seen")), body_of(status("young", "seen")))
    updates = told(await house.updates(at_least=4))
    forgotten = {record.key for record in await house.read("track-state") if record.value is None}

    assert forgotten == {attempt_key("ledger", OBSERVED, "old")}
    assert [
        update.previous_status for update in updates if update.status == "seen" and update.report.root_id == "old"
    ] == [None]
    assert Counter(update.verdict.value for update in updates) == {"applied": 4}
