"""Callbacks in, updates out, on a real Kafka: counted exactly, and the same after a restart."""

import signal
from collections import Counter

import pytest
from aiokafka import ConsumerRecord

from contracts.codec import decode
from contracts.records import DeadLetter
from runtime.exits import Exit
from runtime.settings import KafkaSettings, Settings
from streams.topology import topology_of
from tests.support.ledger_provider import body_of, status
from tests.support.patience import once
from tests.support.streams_installation import REGISTERED, Installation, told

pytestmark = pytest.mark.broker


INBOUND = {"is": "inbound", "kind": "text", "author": "+447700900105", "addressee": "Shop", "text": "hello"}
CLICK = {"is": "signal", "kind": "click", "message_id": "m1"}
REJECTED = {"is": "rejected", "reason": "no id", "body": "eyJ9"}


def received_at(records: list[ConsumerRecord]) -> set[int]:
    """Kafka's times, which travel unchanged from the callback on."""
    return {record.timestamp for record in records}


async def test_every_item_ends_in_exactly_one_place(house: Installation):
    bodies = [
        body_of(status("m1", "sent"), status("m2", "sent"), REJECTED),
        body_of(status("m1", "delivered"), INBOUND, CLICK),
        body_of(status("m1", "delivered")),
        body_of(status("m2", "expired"), status("m2", "queued")),
        b"[]",
        b"not JSON",
        b'[{"is": "bug"}]',
    ]
    await house.call_back(*bodies, partition=0)
    await house.call_back(
        body_of(status("m3", "sent")), body_of(status("m3", "queued")), connection=REGISTERED, partition=0
    )
    await house.call_back(b"[]", connection="unheard-of")
    await house.start().ready()
    await house.updates(at_least=8)
    await house.register({"m3": "our-message"})
    updates = told(await house.updates(at_least=9))
    letters_read = await house.read("dead-letters")
    letters = [decode(DeadLetter, record.value) for record in letters_read]

    assert received_at([*await house.read("reports"), *letters_read]) <= received_at(await house.read("callbacks"))
    assert Counter(update.verdict for update in updates) == {
        "applied": 4,
        "repeated": 1,
        "outranked": 1,
        "parked": 2,
        "registered": 1,
    }
    assert Counter(letter.kind for letter in letters) == {
        "invalid_item": 1,
        "empty": 1,
        "unreadable": 2,
        "unknown_connection": 1,
    }
    assert (len(await house.read("inbound")), len(await house.read("signals"))) == (1, 1)
    registered = next(update for update in updates if update.registration)
    assert (registered.message_id, registered.released_applied_count, registered.released_outranked_count) == (
        "our-message",
        1,
        1,
    )


async def test_what_runs_is_well_and_has_subscribed_to_what_is_declared(house: Installation):
    stages = await house.start().ready()
    running, health = stages.get("/topology")[1], stages.get("/healthz")

    declared = topology_of(Settings(kafka=KafkaSettings(topic_prefix=house.prefix)))

    assert health == (200, {"ill": []})
    assert running == {node.stage: {"group": node.group, "subscriptions": sorted(node.reads)} for node in declared}


@pytest.mark.long
async def test_state_survives_a_restart_and_a_stop_repeats_nothing(house: Installation):
    first = await house.start().ready()
    await house.call_back(*[body_of(status(f"m{number}", "sent")) for number in range(200)])
    await house.updates(at_least=200)
    keys = first.get("/readyz")[1]["stages"]["track"]["keys"]
    first.send(signal.SIGTERM)
    ended = await first.ended()
    committed = [await house.committed("normalise", "callbacks"), await house.committed("track", "reports")]
    second = await house.start().ready()
    keys_again = second.get("/readyz")[1]["stages"]["track"]["keys"]
    await house.call_back(*[body_of(status(f"m{number}", "sent")) for number in range(200)])
    updates = told(await house.updates(at_least=400))

    assert (ended, keys, keys_again) == (0, 200, 200)
    assert [sum(offsets.values()) for offsets in committed] == [200, 200]
    assert Counter(update.verdict for update in updates) == {"applied": 200, "repeated": 200}
    assert len(await house.read("updates")) == 400


async def test_what_track_cannot_read_is_put_aside_under_its_callback(house: Installation):
    await house.call_back(body_of(status("m1", "sent")), partition=0)
    stages = await house.start().ready()
    await house.updates(at_least=1)
    good = (await house.read("reports"))[0]
    await house.write("reports", good.partition, [(good.key, b"{", None, [("ce_id", b"callbacks/0/7/1")])])
    await house.call_back(body_of(status("m1", "delivered")), partition=0)
    await house.updates(at_least=2)
    letters = [decode(DeadLetter, record.value) for record in await house.read("dead-letters")]

    assert [(letter.kind, letter.body, letter.cause.offset, letter.cause.index) for letter in letters] == [
        ("unreadable", b"{", 7, 1)
    ]
    assert stages.process.poll() is None


async def test_without_its_topics_a_stage_does_not_begin(house: Installation):
    stages = house.start(TIDINGS_KAFKA__TOPIC_PREFIX="nobody-made-these-")

    assert await stages.ended() == Exit.CONFIGURATION
    assert "tidings topics --create" in stages.log.read_text()


async def test_without_a_broker_a_stage_does_not_begin(house: Installation):
    stages = house.start(TIDINGS_KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1")

    assert await stages.ended() == Exit.NO_BROKER
    assert "no Kafka answers at 127.0.0.1:1" in stages.log.read_text()


@pytest.mark.long
async def test_a_port_that_is_taken_is_told(house: Installation):
    first = await house.start().ready()
    second = house.start(TIDINGS_STREAMS__ADMIN_PORT=str(first.port))

    assert await second.ended() == Exit.CONFIGURATION
    assert "streams.admin_port" in second.log.read_text()


async def test_state_that_cannot_be_read_ends_the_process_and_commits_nothing(house: Installation):
    """Bad data is put aside, but what we wrote ourselves and cannot read is no data: somebody has to look."""
    await house.call_back(body_of(status("m1", "sent")), partition=0)
    normalise = await house.start("normalise").ready()
    await once(lambda: house.read("reports"), every_s=0.2)
    report = (await house.read("reports"))[0]
    never_applied = b"\x00" * 4 + b"\xff" * 16
    await house.write("track-state", report.partition, [(report.key, never_applied + b"no state", None, [])])
    track = house.start("track")

    assert set(normalise.get("/topology")[1]) == {"normalise"}  # each runs alone by its name
    assert await track.ended() == 1
    assert "stages_failed" in track.log.read_text()
    assert sum((await house.committed("track", "reports")).values()) == 0
    assert normalise.process.poll() is None
