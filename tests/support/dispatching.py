"""Commands for an installation of the tests, and connections to a stand-in for their providers."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.codec import decode, encode
from contracts.envelope import fixed_headers, with_id
from contracts.plans import InDoubt, SendCommanded, SendOutcome, send_id_of
from contracts.sends import SendRequest, TextContent
from contracts.vocabulary import Channel
from runtime.partitioner import partition_of
from runtime.settings import Connection
from tests.support.rehearsing import connections_of
from tests.support.streams_installation import Installation

RECIPIENT = "+447700900105"


def told_of(connection: Connection) -> dict[str, Any]:
    """As it stands in settings, secrets and all."""
    tokens = [token.get_secret_value() for token in connection.tokens]
    told = {"provider": connection.provider, "name": connection.name, **connection.own}
    return told | ({"tokens": tokens} if tokens else {})


def connections_told(port: int, *slugs: str, **own: object) -> str:
    """The connections of these providers to a stand-in at that port, for the environment."""
    return json.dumps([told_of(connection) | own for connection in connections_of(slugs, port)])


def command(
    message_id: str,
    *,
    provider: str = "infobip",
    connection: str = "main",
    channel: Channel = Channel.SMS,
    lasts_s: float = 120,
    recipient: str = RECIPIENT,
    is_session: bool = False,
    number: int = 0,
) -> SendCommanded:
    send_id = send_id_of(message_id, 0, number)
    return SendCommanded(
        message_id=message_id,
        step=0,
        send_id=send_id,
        account="default",
        provider=provider,
        connection=connection,
        request=SendRequest(
            send_id=send_id,
            channel=channel,
            recipient=recipient,
            sender="ExampleShop",
            content=TextContent(text="Your parcel waits"),
            message_id=message_id,
            is_session=is_session,
        ),
        in_doubt=InDoubt.HOLD,
        give_up_at=datetime.now(UTC) + timedelta(seconds=lasts_s),
    )


async def tell(house: Installation, word: str, *records: Any) -> None:
    """Records about messages, on the partitions of their messages."""
    for record in records:
        key = record.message_id.encode()
        headers = with_id(fixed_headers("command", "fallback"), b"a test")
        await house.write(word, partition_of(key, house.partitions), [(key, encode(record), None, headers)])


async def outcomes(house: Installation) -> dict[str, list[SendOutcome]]:
    """All that was told of each send, in the order in which it was told."""
    told: dict[str, list[SendOutcome]] = {}
    for record in await house.read("outcomes"):
        outcome = decode(SendOutcome, record.value)
        told.setdefault(outcome.send_id, []).append(outcome)
    return told


def words(told: dict[str, list[SendOutcome]], commands: Sequence[SendCommanded]) -> list[list[str]]:
    """The outcomes of these commands, as words."""
    return [[str(one.outcome) for one in told.get(command.send_id, [])] for command in commands]
