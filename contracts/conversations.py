"""What is told of sessions: conversations with one person that a provider bills once, under rules of their own.

The last word about a session id stands: `opened` and `started` while it lasts, `closed` with its account, and
`corrected` when something that was heard late changes an account that was closed, or shows that there was none.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b

import msgspec

from contracts.codec import read
from contracts.records import Record


class ClosedBy(StrEnum):
    """Why a session is over."""

    TIME = "time"
    FULL = "full"
    """All its business messages are used."""


class NearLimit(StrEnum):
    """What is about to run out."""

    MESSAGES = "messages"
    IN_A_ROW = "in_a_row"
    TIME = "time"


class SessionRule(StrEnum):
    """What a business message breaks, or would."""

    NO_SESSION = "no_session"
    IN_A_ROW = "in_a_row"
    KIND = "kind"


class Parties(Record, frozen=True, kw_only=True):
    """Who talks with whom, over what."""

    account: str
    provider: str
    connection: str
    sender: str
    recipient: str
    """E.164 with a plus."""

    @property
    def key(self) -> bytes:
        """The Kafka key of the conversation."""
        return conversation_key(self.account, self.sender, self.recipient)


def conversation_key(account: str, sender: str, recipient: str) -> bytes:
    """By what a conversation is known. Providers spell our senders in their own case."""
    name = sender.strip().removeprefix("+").casefold()
    return f"{account}:{name}:{recipient}".encode("utf-8", "replace")


def session_id(parties: Parties, opened_ms: int) -> str:
    """The same on every machine and in every replay, and sorted by time."""
    digest = blake2b(parties.key, digest_size=10, person=b"session").hexdigest()
    return f"{opened_ms & 0xFFFF_FFFF_FFFF:012x}{digest}"


def opened_ms_of(name: str) -> int:
    """When the session that is called so was opened."""
    return int(name[:12], 16)


class SessionAccount(Record, frozen=True, kw_only=True):
    """What a session holds and costs."""

    session_id: str
    opened_at: datetime
    ends_at: datetime
    """Its time is up then, unless it is full before."""
    started_at: datetime | None = None
    """Since when its time runs; null while it is only a message of the person that nothing has come of."""
    business_count: int = 0
    user_count: int = 0
    closed_at: datetime | None = None
    """Null while it is open."""
    closed_by: ClosedBy | None = None
    is_billed: bool = False
    """Once for all its messages; not at all when we never answered, or it never started."""
    cost: Decimal | None = None
    """Null when it is billed and nobody has told us the price."""
    currency: str | None = None


class AboutSession(Record, frozen=True, kw_only=True, tag_field="told"):
    """The base of all that is told; `told` on the wire says which."""

    parties: Parties
    rules: str
    """The name of the rules by which it was judged."""


class SessionOpened(AboutSession, frozen=True, kw_only=True, tag="opened"):
    """The person has written, or the message after the last of a full session has gone out."""

    session: SessionAccount


class SessionStarted(AboutSession, frozen=True, kw_only=True, tag="started"):
    """The time of an open session runs from another moment than was told before."""

    session: SessionAccount


class SessionWarned(AboutSession, frozen=True, kw_only=True, tag="warned"):
    """An open session comes near a limit; told once each time it does."""

    session_id: str
    near: NearLimit
    messages_left: int
    in_a_row_left: int
    """How many more may go before the person has to answer."""
    minutes_left: int


class SessionClosed(AboutSession, frozen=True, kw_only=True, tag="closed"):
    """A session is over, and this is its account."""

    session: SessionAccount


class SessionCorrected(AboutSession, frozen=True, kw_only=True, tag="corrected"):
    """Something that was heard late has changed what was told of a session."""

    was: SessionAccount
    now: SessionAccount | None = None
    """Open again when it has no `closed_at`. Null: there was no such session; its messages belong to others."""


class SessionRuleBroken(AboutSession, frozen=True, kw_only=True, tag="rule_broken"):
    """A business message has gone out that the rules forbid: they differ from the provider's, or somebody else sent it.

    Told again with `is_withdrawn` when something that was heard late shows that it was in order.
    """

    rule: SessionRule
    sent_at: datetime
    is_withdrawn: bool = False


class HeardTooLate(AboutSession, frozen=True, kw_only=True, tag="heard_too_late"):
    """Something came after its time was settled; no account was changed, and nobody knows whether it was a repeat."""

    event_id: str
    occurred_at: datetime
    settled_until: datetime


class SessionStanding(AboutSession, frozen=True, kw_only=True, tag="standing"):
    """Where a conversation stands after something was heard in it: what the next business message may do.

    Told with every change, so that whoever keeps the latest by conversation can answer without the stage.
    """

    as_of: datetime
    kinds: tuple[str, ...]
    """Of content that a session takes, as contents name themselves on the wire."""
    session_id: str | None = None
    """Null: none is open."""
    ends_at: datetime | None = None
    business_count: int = 0
    """Of the open session."""
    messages_left: int = 0
    in_a_row_left: int = 0
    near: tuple[NearLimit, ...] = ()
    """What the open session is about to run out of."""
    opens_next: bool = False
    """When no message is left, the next one opens another session."""


Told = (
    SessionOpened
    | SessionStarted
    | SessionWarned
    | SessionClosed
    | SessionCorrected
    | SessionRuleBroken
    | HeardTooLate
    | SessionStanding
)


class AboutTalk(Record, frozen=True, kw_only=True, tag_field="told"):
    """The base of what is said in a conversation, on `talk`; `told` on the wire says which."""

    parties: Parties
    event_id: str
    at: datetime
    """When it was said, but never behind the moment at which we heard of it."""


class UserWrote(AboutTalk, frozen=True, kw_only=True, tag="user"):
    """The person has sent something, whatever kind."""


class BusinessSent(AboutTalk, frozen=True, kw_only=True, tag="business"):
    """A provider has accepted a message of ours as one of a session."""

    kind: str
    """As contents name themselves on the wire."""


Talk = UserWrote | BusinessSent

_told: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)
_talk: msgspec.json.Decoder[Talk] = msgspec.json.Decoder(Talk)


def read_told(data: bytes | None) -> Told:
    """What a record of `sessions` tells; raises `PayloadInvalid`."""
    return read(_told, data, "what is told of sessions")


def read_talk(data: bytes | None) -> Talk:
    """What was said, in a record of `talk`; raises `PayloadInvalid`."""
    return read(_talk, data, "what is said in a conversation")
