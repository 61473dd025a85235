from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from contracts.records import RawCallback
from providers.infobip.normaliser import normalise


def callback(body: bytes, *, hint="viber", content_type="application/json"):
    return RawCallback(
        provider="infobip",
        connection="main",
        method="POST",
        received_at=datetime(2024, 7, 1, 12, tzinfo=UTC),
        body=body,
        hint=hint,
        content_type=content_type,
    )


@pytest.fixture
def read_body():
    """The items of a body, byte for byte."""

    def items(body: bytes, **where: Any):
        return normalise(callback(body, **where))

    return items


@pytest.fixture
def read(read_body):
    """The items of entries of `results`."""

    def items(*entries: object, hint="viber"):
        return read_body(msgspec.json.encode({"results": entries}), hint=hint)

    return items


@pytest.fixture
def report():
    """A delivery report with some members changed; a member set to `...` is left out."""

    def entry(**changes: Any):
        members = {
            "messageId": "vb-1",
            "to": "447700900105",
            "sender": "ExampleShop",
            "sentAt": "2024-07-01T08:00:00.000+0000",
            "doneAt": "2024-07-01T08:00:04.250+0000",
            "messageCount": 1,
            "status": {"groupId": 3, "groupName": "DELIVERED", "id": 5, "name": "DELIVERED_TO_HANDSET"},
            "error": {"groupId": 0, "groupName": "OK", "id": 0, "name": "NO_ERROR", "permanent": False},
            **changes,
        }
        return {name: value for name, value in members.items() if value is not ...}

    return entry
