"""Who must not be written to."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.answers.base import Body, Cause, WithFreshness
from contracts.vocabulary import Channel, WishKind, WishReason


class Suppression(Body):
    """What one person wants of one of our senders, or of all of an account."""

    account: str = Field(examples=["default"])
    sender: str | None = Field(description="Null stands for all senders of the account.", examples=["ExampleShop"])
    recipient_hash: str = Field(
        description="A pseudonym of the person, the same in all answers of this installation.",
        examples=["00f00d00f00d00f0"],
    )
    kind: WishKind = Field(
        description="`stop`: must not be written to. `start`: came back, and may be again.", examples=["stop"]
    )
    reason: WishReason = Field(
        description="How we know: a keyword that was written, a bot that was left or joined, or somebody by hand.",
        examples=["keyword"],
    )
    since: datetime = Field(description="When it was said.", examples=["2026-11-21T10:01:00Z"])
    keyword: str | None = Field(None, description="As our list has it.", examples=["STOP"])
    language: str | None = Field(None, description="Of the keyword, ISO 639; several share some.", examples=["en"])
    provider: str | None = Field(None, examples=["infobip"])
    connection: str | None = Field(None, examples=["main"])
    channel: Channel | None = Field(None, examples=["viber"])
    note: str | None = Field(None, description="Why it was done by hand.", examples=["Asked for it by letter"])
    told_by: str | None = Field(None, description="The id of the key by which it was done.", examples=["1a2b3c4d"])
    cause: Cause | None = Field(None, description="The callback that it came in; null for what was done by hand.")

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Suppression":
        cause = {name: row[f"cause_{name}"] for name in Cause.model_fields}
        return cls.model_validate(row | {"cause": None if cause["offset"] is None else cause})


class SuppressionsAnswer(WithFreshness):
    """A page of wishes, newest first."""

    suppressions: list[Suppression]
    next_cursor: str | None = Field(description="Send it as `cursor` for the page behind this one; null on the last.")


class WishTaken(Body):
    """The wish is durable; it stands, and the store has it, a moment later, unless a newer one is known."""

    event_id: str = Field(examples=["1b2d0c1be4f64c6f8a4c2f6d5b1a7e31"])
    account: str = Field(examples=["default"])
    sender: str | None = Field(description="Null stands for all senders of the account.", examples=["ExampleShop"])
    kind: WishKind = Field(examples=["stop"])
    since: datetime = Field(examples=["2026-11-21T10:01:00Z"])
