"""What only Routee knows of a send: the members of `own`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import RequestInvalid

Strategy = Literal["OnChange", "OnCompletion"]


class SmsStep(BaseModel):
    """The SMS that Routee sends by itself when the Viber message ends badly."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sender: str = Field(min_length=1)
    text: str = Field(min_length=1)
    ttl_minutes: int | None = Field(None, ge=1, le=1440)
    viber_for_s: int = Field(60, ge=30, le=86_400)
    """How long the Viber message is tried first."""


class SendOptions(BaseModel):
    """Which interface takes the send, and its switches."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    via: Literal["campaign", "single"] = "campaign"
    """How a Viber message goes: a campaign has a name, so it is never sent twice; a single message has none."""
    respect_quiet_hours: bool | None = None
    strategy: Strategy = "OnChange"
    """Whether an SMS is reported at each change or only at its end; a cascade is reported at its end."""
    flash: bool | None = None
    transcode: bool | None = None
    then_sms: SmsStep | None = None
    """Asks for Routee's own failover."""


OF_CAMPAIGN = frozenset({"via", "respect_quiet_hours"})
OF_SINGLE = frozenset({"via"})
OF_SMS = frozenset({"strategy", "flash", "transcode"})
OF_FAILOVER = frozenset({"then_sms"})


def keep_to(options: SendOptions, allowed: frozenset[str], what: str) -> None:
    """Raises `RequestInvalid` for an option that this way of sending does not have."""
    for member in sorted(options.model_fields_set - allowed):
        raise RequestInvalid(f"own.{member}: {what} has no such option")
