"""The plans of docs/fallback.md, posted as they stand there to an installation with simulated providers behind it."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from secrets import token_hex

import pytest

from api.admission.keys import KeyRing, Scope
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import load_settings
from tests.support.patience import LIMIT_S
from tests.support.rehearsing import connections_of
from tests.support.stories import examples
from tidings.api_client import ApiClient, ApiUnhelpful
from tidings.demo.setup import fresh_ports
from tidings.installation import running
from tidings.simulation.author import write_life
from tidings.simulation.played import Staging
from tidings.simulation.schedule import cast_of
from tidings.simulation.server import StandIn

pytestmark = pytest.mark.broker

CLOCK = SystemClock()
OTP, MARKETING, SUPPORT = examples()
FAST = 10_000.0


def settings_file(place: Path, bootstrap: str, api_port: int) -> Path:
    ports = fresh_ports()
    lines = [
        f"data_dir = {json.dumps(str(place / 'data'))}",
        f'[kafka]\nbootstrap_servers = "{bootstrap}"\ntopic_prefix = "plans-{token_hex(4)}-"\npartitions = 4',
        f"[ingest]\nport = {ports['ingest_port']}\nadmin_port = {ports['ingest_admin_port']}",
        f'public_base_url = "http://127.0.0.1:{ports["ingest_port"]}"',
        f"[streams]\nadmin_port = {ports['streams_admin_port']}",
        f"[api]\nport = {ports['api_port']}",
        '[[budgets]]\nname = "autumn-sale"\nmost_sends_per_day = 10',
    ]
    for one in connections_of(["routee", "telesign", "infobip"], api_port):
        tokens = {"tokens": [token.get_secret_value() for token in one.tokens]} if one.tokens else {}
        told = {"provider": one.provider, "name": one.name, **one.own, **tokens}
        lines += ["[[connections]]", *(f"{name} = {json.dumps(value)}" for name, value in told.items())]
    file = place / "tidings.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def fitting_seed(cast) -> int:
    """One by which the first Viber message expires, the SMS behind it arrives, and so does the second Viber message."""
    sayable = {actor.connection.provider: actor.repertoire.sayable for actor in cast}

    def end(seed, slug, number, channel):
        return write_life(f"{seed}:{slug}/main:{number}:0", CLOCK.now(), (channel,), sayable[slug])[-1].status

    return next(
        seed
        for seed in count()
        if end(seed, "routee", 0, Channel.VIBER) is DeliveryStatus.EXPIRED
        and end(seed, "telesign", 0, Channel.SMS) is DeliveryStatus.DELIVERED
        and end(seed, "routee", 1, Channel.VIBER) is DeliveryStatus.DELIVERED
    )


async def told_of(api: ApiClient, body: dict, *, until) -> dict:
    """Post the message, and wait until the last that is decided of it is one of `until`."""
    message_id = (await api.post("/v1/messages", body))["messages"][0]["message_id"]
    deadline = CLOCK.monotonic() + LIMIT_S
    told = await known(api, message_id)
    while not any(one["decision"] in until for one in told["decisions"]):
        assert CLOCK.monotonic() < deadline, f"nothing was decided in time: {told}"
        await asyncio.sleep(0.3)
        told = await known(api, message_id)
    return told


async def known(api: ApiClient, message_id: str) -> dict:
    """What is told of the message; nothing while the store does not know it."""
    try:
        return await api.get(f"/v1/messages/{message_id}")
    except ApiUnhelpful:
        return {"decisions": []}


def today(body: dict) -> dict:
    """The last time to send lies ahead, whenever this runs."""
    ahead = datetime.now(UTC) + timedelta(days=2)
    return body | {"guards": body["guards"] | {"send_before": ahead.isoformat()}}


@pytest.fixture
async def api(broker, tmp_path):
    """A key's way to an installation over three providers that are played."""
    port = free_port()
    file = settings_file(tmp_path, broker, port)
    settings = load_settings(file)
    cast = cast_of(settings.connections)
    staging = Staging(seed=fitting_seed(cast), speed=FAST)
    async with AsyncExitStack() as stack:
        installation, _ = await stack.enter_async_context(running(settings, file))
        await stack.enter_async_context(StandIn(cast, staging, callbacks_url=installation.callbacks_url, port=port))
        _, key = KeyRing(settings.data_dir).create(CLOCK, name="plans", scopes=[Scope.SEND, Scope.READ])
        yield await stack.enter_async_context(ApiClient(installation.api_url, key))


def story(told: dict) -> list[tuple[str, str, str]]:
    return [(one["decision"], one["channel"], one["because"]) for one in told["decisions"]]


async def test_the_plans_of_the_guide_go_their_ways(api):
    otp = await told_of(api, OTP.body, until={"stop"})
    support = await told_of(api, SUPPORT.body, until={"stop"})
    marketing = await told_of(api, today(MARKETING.body), until={"send", "wait", "stop"})

    assert story(otp) == [
        ("send", "viber", "first_step"),
        ("send", "sms", "ended_badly"),
        ("stop", "sms", "arrived"),
    ]
    assert otp["decisions"][1]["words"].startswith("SMS sent at ")
    assert " because Viber reported expired" in otp["decisions"][1]["words"]
    assert [(one["step"], one["outcome"]) for one in otp["sends"]] == [(0, "accepted"), (1, "accepted")]
    assert otp["status"] == "delivered"
    assert story(support) == [
        ("send", "viber", "first_step"),
        ("send", "viber", "not_taken"),
        ("stop", "viber", "arrived"),
    ]
    assert [one["error"] for one in support["sends"]] == ["SessionRequired", None]
    # At night it is put off, and by day it leaves.
    assert story(marketing)[0][2] in {"first_step", "quiet_hours"}
