"""What somebody ought to look at."""

from datetime import datetime

from pydantic import Field

from api.answers.base import Body, WithFreshness
from contracts.alarms import AlarmKind


class AlarmShown(Body):
    """One alarm: since when it is open, or was."""

    alarm_id: str = Field(examples=["0f5e1b2d0c1be4f64c6f8a4c2f6d5b1a"])
    kind: AlarmKind
    account: str | None = Field(description="Whose; null for the whole installation.", examples=["default"])
    provider: str | None = Field(examples=["routee"])
    connection: str | None = Field(examples=["main"])
    channel: str | None = Field(examples=["sms"])
    raised_at: datetime
    cleared_at: datetime | None = Field(description="Null while it is open.")
    value: float | None = Field(description="What was seen when it was raised.", examples=[1800.0])
    usual: float | None = Field(description="What it is as a rule.", examples=[42.0])
    detail: str | None = Field(
        description="The same, in a sentence.",
        examples=["The last callback came at 2026-11-21T09:31:00+00:00; at this hour it is silent for 42 s as a rule."],
    )
    cleared_detail: str | None = Field(description="What was seen when it was cleared.")


class AlarmsAnswer(WithFreshness):
    """Alarms, the newest first."""

    alarms: list[AlarmShown]
