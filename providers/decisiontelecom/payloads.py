"""DecisionTelecom's own words, and the only place that spells them.

The provider publishes little, so the models are tolerant to the last: every member may be missing or of any type, and
the reading helpers take the values from here. They are msgspec structs because they stand on the hot path.
"""

from typing import Any

import msgspec

MESSAGE_TOKEN = "message_token"  # noqa: S105  # the name of a member, and no secret
MESSAGE = "message"
MESSAGE_ID = "message_id"
CODE = "code"
NAME = "name"
OLD_STATUS = "status"
OLD_ERROR = "error"
OLD_MESSAGE_IDS = ("msgid", "message_id")
"""What the old SMS API's look-up is asked with; its answer does not repeat it."""
TEXT = "text"
TRACKING_DATA = "tracking_data"
MESSAGE_DATA = "message_data"


class Report(msgspec.Struct, gc=False, frozen=True):
    """Where a message stands: the callback, and the answer of a look-up."""

    message_id: Any = None
    status: Any = None
    sms_message_id: Any = msgspec.UNSET
    sms_message_status: Any = msgspec.UNSET


class Inbound(msgspec.Struct, gc=False, frozen=True):
    """What a person wrote back."""

    message_token: Any = None
    phone_number: Any = None
    time: Any = None
    message: Any = None


class InboundContent(msgspec.Struct, gc=False, frozen=True):
    """`message` of an inbound message."""

    text: Any = None
    tracking_data: Any = None


class Failure(msgspec.Struct, gc=False, frozen=True):
    """An error; it may come with HTTP 200. Its `status` is the number of an HTTP status, and none of a message."""

    name: Any = None
    message: Any = None
    code: Any = None
    status: Any = None


class SentSms(msgspec.Struct, gc=False, frozen=True):
    """One entry of `message_data`, the answer to a sent SMS."""

    message_id: Any = None
    concat_part: Any = None
    status: Any = None
