"""Each kind of message that each provider takes, sent by its real sender over real HTTP, comes back through the house.

The providers are played by the stand-in. Its callbacks go through ingest, Kafka, the stages and the store, all as they
run, and each message must stand where its provider says. The provider that docs/add-a-provider.md builds is among them.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import aiohttp
import pytest

from api.admission.keys import KeyRing, Scope
from contracts.identity import new_message_id
from contracts.sends import SendRequest
from contracts.vocabulary import Channel
from providers import load_providers
from providers._kit.outbound import Client
from providers._kit.specimens import taken
from runtime.broker.ports import free_port
from runtime.clock import SystemClock
from runtime.settings import Connection, load_settings
from tests.support.fifth import fifth_provider
from tests.support.patience import LIMIT_S
from tests.support.rehearsing import connections_of
from tidings.api_client import ApiClient, ApiUnhelpful
from tidings.demo.setup import fresh_ports
from tidings.installation import Installation, running
from tidings.simulation.faults import Faults
from tidings.simulation.played import Staging
from tidings.simulation.post import door_of
from tidings.simulation.schedule import Actor, cast_of
from tidings.simulation.server import StandIn
from tidings.simulation.truth import Message

pytestmark = [pytest.mark.broker, pytest.mark.long]

CLOCK = SystemClock()
STAGING = Staging(seed=7, speed=10_000.0, replies=0.3, faults=Faults(duplicate=0.2, reorder=0.3, forge=0.1))


@dataclass
class Sent:
    """One message: ours, and as the stand-in knows it."""

    name: str
    message_id: str
    truth: Message


def settings_file(place: Path, bootstrap: str, connections: Sequence[Connection]) -> Path:
    ports = fresh_ports()
    lines = [
        f"data_dir = {json.dumps(str(place / 'data'))}",
        "[kafka]",
        f'bootstrap_servers = "{bootstrap}"',
        f'topic_prefix = "sends-{token_hex(4)}-"',
        "partitions = 4",
        f"[ingest]\nport = {ports['ingest_port']}\nadmin_port = {ports['ingest_admin_port']}",
        f"[streams]\nadmin_port = {ports['streams_admin_port']}",
        f"[api]\nport = {ports['api_port']}",
    ]
    for connection in connections:
        # A JSON string is a TOML string, and so are numbers, truths and lists of these.
        told = {"provider": connection.provider, "name": connection.name, **connection.own}
        told |= {"tokens": [token.get_secret_value() for token in connection.tokens]} if connection.tokens else {}
        lines += ["[[connections]]", *(f"{name} = {json.dumps(value)}" for name, value in told.items())]
    file = place / "tidings.toml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


async def send_all(actor: Actor, installation: Installation, client: Client, stand_in: StandIn, key: str) -> list[Sent]:
    """Send one of each kind, and register it as whoever sends does."""
    sender = actor.provider.make_sender(
        actor.settings, client.outbound(actor.provider.slug, actor.connection.name, actor.settings)
    )
    kinds = await taken(sender, door_of(installation.callbacks_url, actor.connection))
    truths = {message.order.root_id: message for message in stand_in.accounts[f"{actor.provider.slug}/main"].messages}
    sent, registrations = [], []
    for name, (request, accepted) in kinds.items():
        message_id = new_message_id(CLOCK.now_ms())
        sent.append(Sent(f"{actor.provider.slug} {name}", message_id, truths[accepted.root_id]))
        registrations.append(registration(actor, request, accepted.root_id, message_id))
    async with aiohttp.ClientSession(headers={"authorization": f"Bearer {key}"}) as session:
        for told in registrations:
            async with session.post(f"{installation.api_url}/v1/attempts", json=told) as answer:
                assert answer.status < 300, await answer.text()
    return sent


def registration(actor: Actor, request: SendRequest, root_id: str, message_id: str) -> dict[str, str]:
    told = {
        "provider": actor.provider.slug,
        "connection": actor.connection.name,
        "root_id": root_id,
        "message_id": message_id,
        "channel": request.channel,
        "sender": request.sender,
        "external_id": request.send_id,
        "sent_at": CLOCK.now().isoformat(),
    }
    # A bot knows its users by ids, not by numbers.
    return told if request.channel is Channel.VIBER_BOT else told | {"recipient": request.recipient}


async def standing(api: ApiClient, sent: Sequence[Sent]) -> dict[str, tuple[str, str]]:
    """Messages that do not stand yet where their provider says: there, or why nobody knows, and where they should."""
    differing = {}
    for one in sent:
        try:
            status = (await api.get(f"/v1/messages/{one.message_id}"))["status"]
        except ApiUnhelpful as exc:
            status = str(exc)
        if status != one.truth.told_status:
            differing[one.name] = (status, str(one.truth.told_status))
    return differing


async def all_arrived(api: ApiClient, sent: Sequence[Sent]) -> dict[str, tuple[str, str]]:
    deadline = CLOCK.monotonic() + LIMIT_S
    while (differing := await standing(api, sent)) and CLOCK.monotonic() < deadline:  # noqa: ASYNC110  # nobody tells us
        await asyncio.sleep(0.5)
    return differing


async def test_each_kind_of_message_of_each_provider_comes_back_to_its_message(broker, tmp_path):
    with fifth_provider(tmp_path / "elsewhere") as fifth:
        port = free_port()
        senders = [slug for slug, provider in load_providers().items() if provider.make_sender]
        file = settings_file(tmp_path, broker, connections_of(senders, port))
        settings = load_settings(file)
        cast = cast_of(settings.connections)
        async with running(settings, file) as (installation, _supervisor), Client() as client:
            _, key = KeyRing(settings.data_dir).create(CLOCK, name="sends", scopes=[Scope.SEND, Scope.READ])
            async with (
                StandIn(cast, STAGING, callbacks_url=installation.callbacks_url, port=port) as stand_in,
                ApiClient(installation.api_url, key) as api,
            ):
                sent = [one for actor in cast for one in await send_all(actor, installation, client, stand_in, key)]
                await stand_in.quiet()
                differing = await all_arrived(api, sent)
                books = await api.get("/v1/conservation")

        assert fifth in senders
        assert {one.truth.provider for one in sent} == set(senders)
        assert differing == {}
        assert [one.name for one in sent if one.truth.taken != one.truth.callbacks] == []
        assert not sum(one.truth.forged_taken for one in sent)
        assert books["total"]["quarantined"] == books["total"]["parked"] == books["total"]["unexplained"] == 0
