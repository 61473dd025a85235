"""What waits for its registration."""

from datetime import datetime

from pydantic import Field

from api.answers.base import Body, WithFreshness


class ParkedReports(Body):
    """What waits at one connection."""

    account: str = Field(examples=["default"])
    provider: str = Field(examples=["telesign"])
    connection: str = Field(examples=["main"])
    report_count: int = Field(description="Reports that wait.", examples=[3])
    attempt_count: int = Field(description="Attempts they are about.", examples=[2])
    oldest_at: datetime = Field(description="When the oldest of them was received.")


class ParkedAnswer(WithFreshness):
    """Reports of attempts that nobody has registered yet."""

    report_count: int = Field(description="All that wait.", examples=[3])
    oldest_at: datetime | None = Field(description="When the oldest was received; null when none waits.")
    oldest_age_s: float | None = Field(description="How long it has waited.", examples=[86_400.0])
    connections: list[ParkedReports]
