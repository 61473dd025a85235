"""A connection that sends, and answers in place of the provider's."""

import asyncio

import msgspec

from contracts.sends import (
    SendRequest,
    TextContent,
)
from contracts.vocabulary import Channel
from providers._kit.sending import HttpAnswer
from providers.infobip.settings import InfobipSettings

SETTINGS = InfobipSettings(
    username="ib-hook",
    passwords=("example-only",),
    base_url="https://abc123.api.infobip.com",
    api_key="an example key",
)
VIBER, BOT, SMS = Channel.VIBER, Channel.VIBER_BOT, Channel.SMS


def request(number=1, channel=VIBER, content=None, **changes):
    members = {
        "send_id": f"send-{number}",
        "channel": channel,
        "recipient": "01234567890A=" if channel is BOT else "+447700900105",
        "sender": "ExampleShop",
        "content": content or TextContent(text="Hello"),
        "message_id": f"m-{number}",
    }
    return SendRequest(**(members | changes))


def sent(rehearsal, one):
    return asyncio.run(rehearsal.sender().send(one))


def answered(status_id, *, group=5, name="REJECTED", message_id="send-1"):
    status = {"groupId": group, "groupName": name, "id": status_id, "name": name, "description": "said so"}
    body = {"messages": [{"messageId": message_id, "status": status, "destination": "447700900105"}]}
    return HttpAnswer(status=200, headers={}, body=msgspec.json.encode(body))


def worded(status, body, **headers):
    return HttpAnswer(status=status, headers=headers, body=msgspec.json.encode(body))
