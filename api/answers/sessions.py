"""Sessions with people: what they hold, what they cost, and what the next message would do."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args

from pydantic import Field

from api.answers.base import Body, WithFreshness
from contracts import standings
from contracts.conversations import ClosedBy, NearLimit, Parties, SessionRule, SessionStanding
from contracts.sends import AnyContent

KINDS: tuple[str, ...] = tuple(str(kind.__struct_config__.tag) for kind in get_args(AnyContent))
PSEUDONYM = "A pseudonym of the person, the same in all answers of this installation."


class Session(Body):
    """One session: what a provider bills once, whatever number of messages is in it."""

    session_id: str = Field(examples=["019aa5a10000112233445566778899aa"])
    account: str = Field(examples=["default"])
    provider: str = Field(examples=["routee"])
    connection: str = Field(examples=["main"])
    sender: str = Field(examples=["ExampleShop"])
    recipient_hash: str = Field(description=PSEUDONYM, examples=["00f00d00f00d00f0"])
    rules: str = Field(description="The rules by which it was judged.", examples=["viber"])
    is_open: bool = Field(description="Whether messages still go into it.", examples=[True])
    opened_at: datetime = Field(description="When the person wrote, or the message after a full session left.")
    started_at: datetime | None = Field(
        None, description="Since when its time runs; null while nothing has come of the person's message."
    )
    ends_at: datetime = Field(description="When its time is up, unless it is full before.")
    closed_at: datetime | None = Field(None, description="Null while it is open.")
    closed_by: ClosedBy | None = Field(None, examples=["time"])
    business_count: int = Field(description="Messages of ours in it.", examples=[4])
    user_count: int | None = Field(None, description="Messages of the person; null while it is open.", examples=[3])
    is_billed: bool | None = Field(None, description="Once for all its messages; null while it is open.")
    cost: Decimal | None = Field(
        None, description="Null while it is open, and when nobody has told the price.", examples=["0.05"]
    )
    currency: str | None = Field(None, examples=["EUR"])
    near: list[NearLimit] = Field(description="What it is about to run out of.", examples=[["in_a_row"]])
    messages_left: int | None = Field(None, description="How many of ours it still takes.", examples=[56])
    in_a_row_left: int | None = Field(
        None, description="How many may go before the person has to answer.", examples=[1]
    )


class SessionsAnswer(WithFreshness):
    """A page of sessions, the newest first."""

    sessions: list[Session]
    next_cursor: str | None = Field(description="Send it as `cursor` for the page behind this one; null on the last.")


class Effect(StrEnum):
    """What becomes of a message that is sent as one of a session."""

    BELONGS = "belongs"
    OPENS = "opens"
    REFUSED = "refused"


class NextSend(Body):
    """What the next message of one kind would do."""

    kind: str = Field(description="Of its content, alone: with a button or a caption it is another kind.")
    effect: Effect = Field(
        description="It belongs to the open session, opens another that is billed anew, or is refused.",
        examples=["belongs"],
    )
    words: str = Field(
        description="The same in words.",
        examples=["goes into the open session, which takes 56 more, 1 of them in a row"],
    )
    reason: SessionRule | None = Field(None, description="Which rule refuses it.", examples=["in_a_row"])


class Conversation(Body):
    """Where the conversation of a person with a sender stands in one account."""

    account: str = Field(examples=["default"])
    provider: str = Field(examples=["routee"])
    connection: str = Field(examples=["main"])
    rules: str = Field(examples=["viber"])
    as_of: datetime = Field(description="When the last was heard of it, by the times of its messages.")
    session_id: str | None = Field(None, description="Of the open session; null when none is.")
    ends_at: datetime | None = Field(None, description="When the time of the open session is up.")
    next_send: list[NextSend] = Field(description="What the next message of each kind would do, sent now.")


class RuleBreak(Body):
    """A message of ours went out although the rules forbid it: somebody else sent it, or the provider's differ."""

    account: str = Field(examples=["default"])
    rule: SessionRule = Field(examples=["in_a_row"])
    sent_at: datetime


class ConversationAnswer(WithFreshness):
    """The sessions of one person with one sender, where they stand, and what may be sent now."""

    sender: str = Field(description="As it was asked for.", examples=["ExampleShop"])
    recipient_hash: str = Field(description=PSEUDONYM, examples=["00f00d00f00d00f0"])
    conversations: list[Conversation] = Field(description="One for each account that has one.")
    rule_breaks: list[RuleBreak] = Field(description="The newest fifty.")
    sessions: list[Session] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="Send it as `cursor` for the sessions behind these; null at the last.")


def conversation_of(row: dict[str, Any], recipient: str, now: datetime) -> Conversation:
    """Where it stands, and what may be sent `now`."""
    parties = Parties(
        recipient=recipient, **{name: row[name] for name in ("account", "provider", "connection", "sender")}
    )
    told = {name: row[name] for name in SessionStanding.__struct_fields__ if name in row}
    standing = SessionStanding(**told | {"parties": parties, "kinds": tuple(row["kinds"]), "near": tuple(row["near"])})
    is_over = standing.ends_at is None or standing.ends_at <= now
    shown = row | ({"session_id": None, "ends_at": None} if is_over else {})
    return Conversation.model_validate(
        shown | {"next_send": [next_send_of(standing, kind, now) for kind in dict.fromkeys((*standing.kinds, *KINDS))]}
    )


def next_send_of(standing: SessionStanding, kind: str, now: datetime) -> NextSend:
    match standings.next_send(standing, kind, now):
        case standings.Refused(reason, advice):
            return NextSend(kind=kind, effect=Effect.REFUSED, words=advice, reason=reason)
        case standings.Opens():
            words = "opens another session, which is billed anew: the open one is full"
            return NextSend(kind=kind, effect=Effect.OPENS, words=words)
        case standings.Allowed(_, left, in_a_row, _):
            words = f"goes into the open session, which takes {left} more, {min(left, in_a_row)} of them in a row"
            return NextSend(kind=kind, effect=Effect.BELONGS, words=words)
