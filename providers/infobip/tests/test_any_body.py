"""Whatever is sent, the answer is items or `PayloadInvalid`, and the items can be written out."""

from datetime import UTC, datetime

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from providers._kit.facts import RejectedItem, StatusFact
from providers.infobip.normaliser import normalise

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["3", "447700900105", "2024-07-01T08:00:04.250+0000", "DELIVERED", "TEXT", "MESSAGE", "MO", "SEEN"]
    )
)
NAMES = st.sampled_from(
    [
        "results",
        "status",
        "error",
        "price",
        "message",
        "content",
        "event",
        "channel",
        "messageId",
        "to",
        "from",
        "sender",
        "destination",
        "groupId",
        "groupName",
        "id",
        "name",
        "permanent",
        "doneAt",
        "seenAt",
        "sentAt",
        "receivedAt",
        "mccMnc",
        "callbackData",
        "pricePerMessage",
        "currency",
        "type",
        "text",
        "url",
        "timestamp",
        "user",
        "userId",
        "notificationType",
        "sendDateTime",
        "integrationType",
    ]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=30
)
ENTRIES = st.lists(st.dictionaries(NAMES, VALUES, max_size=10) | VALUES, max_size=4)


def outcome(body: bytes, content_type="application/json"):
    """The items, or the words with which the body is refused."""
    now = datetime(2024, 7, 1, tzinfo=UTC)
    raw = RawCallback(
        provider="infobip", connection="main", method="POST", received_at=now, body=body, content_type=content_type
    )
    try:
        return normalise(raw)
    except PayloadInvalid as refused:
        return str(refused)


@given(VALUES)
def test_any_json_gives_items_or_is_refused(value):
    found = outcome(msgspec.json.encode(value))

    assert isinstance(found, list) or found
    assert msgspec.json.encode(found)


@given(ENTRIES)
def test_each_entry_gives_an_item_whatever_it_is(entries):
    items = outcome(msgspec.json.encode({"results": entries}))

    assert len(items) >= len(entries)
    assert msgspec.json.encode(items)
    for item in items:
        assert not isinstance(item, StatusFact) or item.message_id
        assert not isinstance(item, RejectedItem) or (item.reason and item.body)


@given(st.binary(max_size=200), st.sampled_from(["application/json", "application/xml", "", "text/xml; charset=utf-8"]))
@example(b'{"results":[{"messageId":"\\ud800","status":{"groupId":3,"id":5}}]}', "")
@example(b'{"results":[{"messageId":"a\\u0000b","status":{"groupId":3,"id":5}}]}', "")
@example(b'{"results":[{"messageId":"a","status":{"groupId":3,"id":5},"doneAt":1e999}]}', "")
@example(b"<a><results><b><status/></b></results></a>", "")
def test_any_bytes_give_items_or_are_refused(body, content_type):
    found = outcome(body, content_type)

    assert isinstance(found, list) or found
    assert msgspec.json.encode(found)
