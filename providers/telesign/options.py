"""What only Telesign knows of a send: `SendRequest.own`, checked."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress

MessageType = Literal["ARN", "MKT", "OTP"]
SmsApi = Literal["messaging", "omnichannel"]

FallbackTime = Field(None, ge=30, le=3600)
"""Seconds until the provider takes the next channel; without it they are 300."""


class NextChannel(BaseModel):
    """A channel of the provider's own cascade, in the provider's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Literal["rcs", "whatsapp", "sms", "mms", "viber"]
    template: str = Field("text", min_length=1, max_length=100)
    parameters: dict[str, Any]
    fallback_time_s: int | None = FallbackTime


class SendOptions(BaseModel):
    """Without any of them a send is one message on one channel: the fallback stays ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message_type: MessageType | None = None
    """Alerts, reminders and notifications (ARN), marketing (MKT) or one-time passwords (OTP); else the connection's."""
    sms_api: SmsApi | None = None
    """By which interface an SMS goes; else the connection's."""
    then: tuple[NextChannel, ...] = ()
    """Channels that the provider takes by itself when the first does not deliver in time. Who asks for them must not
    fall back as well."""
    fallback_time_s: int | None = FallbackTime
    """For the first channel."""
    account_lifecycle_event: Literal["create", "sign-in", "transact", "update", "delete"] | None = None
    originating_ip: IPvAnyAddress | None = None
    is_primary: bool | None = None
    """Whether this provider is tried first; it says that it helps its routing. SMS interface only."""
    dlt_template_id: str | None = Field(None, max_length=40)
    dlt_entity_id: str | None = Field(None, max_length=40)
    """For traffic within India; SMS interface only."""


ONLY_OMNICHANNEL = frozenset({"then", "fallback_time_s"})
ONLY_SMS_API = frozenset({"is_primary", "dlt_template_id", "dlt_entity_id"})
