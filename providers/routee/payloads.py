"""Routee's own words, and the only place that spells them.

The models are tolerant to the last: every member may be missing or of any type, because one odd member must not cost
the report; the reading helpers take the values from here. They are msgspec structs and not pydantic models because an
item is read in microseconds, of which a model alone would take several.
"""

from typing import Any

import msgspec


class Payload(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The base of all shapes."""


class Body(Payload, frozen=True):
    """A report on one SMS or Viber message, pushed or polled."""

    message_id: Any = None
    """Of an SMS; all its parts share it."""
    sms_id: Any = None
    tracking_id: Any = None
    """Of a Viber message."""
    campaign_tracking_id: Any = None
    originating_service: Any = None
    type: Any = None
    """The channel, in a step of a cascade."""
    recipient: Any = msgspec.field(name="to", default=None)
    sender: Any = msgspec.field(name="from", default=None)
    status: Any = None
    parts_count: Any = msgspec.field(name="parts", default=None)
    label: Any = None
    campaign_name: Any = None
    campaign: Any = None
    """The campaign's name, as a polled answer calls it."""
    operator: Any = None
    price: Any = None
    created_at: Any = None


class Status(Payload, frozen=True):
    """`status` of one message; a polled answer says `status` and `date`."""

    name: Any = None
    polled_name: Any = msgspec.field(name="status", default=None)
    reason: Any = None
    updated_date: Any = None
    polled_date: Any = msgspec.field(name="date", default=None)


class Cascade(Payload, frozen=True):
    """A failover as a whole, without its steps."""

    tracking_id: Any = None
    status: Any = None
    status_code: Any = None
    """A number, the same as text, an empty text or null."""
    termination_channel: Any = None
    total_price: Any = None
    created_at: Any = None
    updated_at: Any = None


class Inbound(Payload, frozen=True):
    """What a person wrote, by Viber or SMS."""

    message_id: Any = None
    sender: Any = msgspec.field(name="from", default=None)
    recipient: Any = msgspec.field(name="to", default=None)
    message: Any = None
    media: Any = None
    file_name: Any = msgspec.field(name="filename", default=None)
    """As the example has it; the table beside it spells `fileName`."""
    file_name_by_table: Any = msgspec.field(name="fileName", default=None)
    sent_date: Any = None
    received_date: Any = None
    reference_tracking_id: Any = None
    campaign_tracking_id: Any = None
    campaign_name: Any = None
    label: Any = None
    parts_count: Any = msgspec.field(name="parts", default=None)
    originating_service: Any = None


class Progress(Payload, frozen=True):
    """How far a campaign has come."""

    tracking_id: Any = None
    name: Any = None
    total_recipients: Any = None
    campaign_status: Any = None
    message_statuses: Any = None
