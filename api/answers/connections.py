"""How providers are, connection by connection."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.answers.alarms import AlarmShown
from api.answers.base import Body, WithFreshness

Word = Literal["ok", "degraded", "unknown"]


class Ends(Body):
    """How attempts ended that were first heard of in a day."""

    ended_count: int = Field(description="Delivered, or at a bad end.", examples=[2041])
    bad_count: int = Field(description="At a bad end: undelivered, expired, rejected or failed.", examples=[52])
    bad_share: float | None = Field(description="Of those that ended; null when none did.", examples=[0.0255])


class Resting(Body):
    """Sends over the connection rest, because calls failed in a row."""

    since: datetime
    until: datetime
    reason: str | None = Field(examples=["ProviderUnavailable five times in a row"])


class ConnectionShown(Body):
    """One account at a provider, and how it is."""

    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    account: str = Field(description="Whose it is.", examples=["default"])
    is_observed_only: bool = Field(description="Nobody registers attempts here, and nothing is sent.", examples=[False])
    state: Word = Field(description="`unknown` while nothing was ever heard of it.", examples=["ok"])
    findings: list[str] = Field(
        description="Why, in sentences.", examples=[["The last callback came 2 s ago, 310 in the last hour."]]
    )
    last_callback_at: datetime | None = Field(description="In the last eight days; null when none came.")
    callbacks_last_hour: int = Field(examples=[310])
    usual_callbacks: float | None = Field(
        description="In the same hour of the last seven days, a day; null when it is too new.", examples=[295.4]
    )
    last_day: Ends
    day_before: Ends
    open_alarm_count: int = Field(examples=[0])
    in_doubt_count: int = Field(
        description="Sends of which nobody knows whether they were taken; `GET /v1/in-doubt` has them.", examples=[0]
    )
    resting: Resting | None = Field(
        description="Null when sends go on; told by `GET /v1/providers/{provider}/health` only."
    )


class ProviderShown(Body):
    """A provider, as well as the worst of its connections."""

    provider: str = Field(examples=["infobip"])
    state: Word = Field(examples=["ok"])
    connections: list[ConnectionShown]


class ProvidersAnswer(WithFreshness):
    """The providers of which the caller has connections."""

    as_of: datetime = Field(description="The moment as of which they were judged.")
    providers: list[ProviderShown]


class ProviderHealthAnswer(ProviderShown, WithFreshness):
    """One provider, with what there is to be alarmed about."""

    as_of: datetime = Field(description="The moment as of which it was judged.")
    is_resting_known: bool = Field(
        description="Whether Kafka said which sends rest; while it is silent, `resting` is null and means nothing.",
        examples=[True],
    )
    alarms: list[AlarmShown] = Field(description="Those of its connections that are open, the newest first.")
