"""A message that may go by several ways: what was planned, commanded, told of it, and decided, with the reasons.

A plan is a list of steps. The next is taken when the one before ended badly for a reason that another channel may cure,
or when its time passes without success. Every decision is a record with its facts; `plan_words` says it aloud.
"""

import re
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any

import msgspec

from contracts.codec import read
from contracts.records import Record
from contracts.sends import AnyContent, SendRequest
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

MOST_STEPS = 5
MOST_TRIES = 3
"""Of one step; a second and third only where the plan says that a send in doubt is sent again."""


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""With its zone: moments without one cannot be compared with others."""


class SucceedOn(StrEnum):
    """The least that a step has to reach."""

    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"


class InDoubt(StrEnum):
    """What happens when nobody knows whether a provider took a send."""

    HOLD = "hold"
    RESEND = "resend"


class Outcome(StrEnum):
    """What came of a commanded send, from the least to the most that is known of it."""

    IN_DOUBT = "in_doubt"
    WITHDRAWN = "withdrawn"
    """It never left: its time was up, or it was not wanted any more."""
    THROTTLED = "throttled"
    REFUSED = "refused"
    ACCEPTED = "accepted"


class Decision(StrEnum):
    """What is done about a message."""

    SEND = "send"
    WAIT = "wait"
    SKIP = "skip"
    STOP = "stop"
    HOLD = "hold"
    REFUSE = "refuse"
    SILENT = "silent"
    CANCELLED = "cancelled"
    DOUBLE_DELIVERY = "double_delivery"
    EXPIRED = "expired"


class Because(StrEnum):
    """Why."""

    FIRST_STEP = "first_step"
    ENDED_BADLY = "ended_badly"
    NOT_TAKEN = "not_taken"
    NOT_SENT_IN_TIME = "not_sent_in_time"
    NO_SUCCESS_IN_TIME = "no_success_in_time"
    IN_DOUBT = "in_doubt"
    OUTCOME_MISSING = "outcome_missing"
    CONNECTION_ILL = "connection_ill"
    ARRIVED = "arrived"
    NO_OTHER_WAY_HELPS = "no_other_way_helps"
    NO_STEP_LEFT = "no_step_left"
    QUIET_HOURS = "quiet_hours"
    TOO_LATE = "too_late"
    OPTED_OUT = "opted_out"
    BUDGET_SPENT = "budget_spent"
    NO_CONTENT = "no_content"
    PROVIDER_CASCADES = "provider_cascades"
    BY_REQUEST = "by_request"
    EARLIER_ARRIVED = "earlier_arrived"
    NOBODY_RESOLVED = "nobody_resolved"


class PlanStep(Record, frozen=True, kw_only=True):
    """One way to the recipient."""

    channel: Channel
    provider: str
    connection: str
    sender: str
    wait_s: Annotated[int, msgspec.Meta(ge=1, le=30 * 86_400)]
    """How long it has to succeed, from when its provider took it; and before that, to be taken."""
    content: AnyContent | None = None
    """Null only for a step that was sent elsewhere."""
    succeed_on: SucceedOn = SucceedOn.DELIVERED
    validity_s: int | None = None
    provider_cascades: bool = False
    """The provider itself goes on to other channels when this one fails, so we do not."""
    is_session: bool = False
    """Sent as part of the open conversation with the person, and not at all when its rules forbid that."""
    own: dict[str, Any] = msgspec.field(default_factory=dict)
    """Options that only this provider knows."""


class QuietHours(Record, frozen=True, kw_only=True):
    """From `start` to `end` where the recipient is; over midnight when `end` is the earlier."""

    start: time
    end: time


class Guards(Record, frozen=True, kw_only=True):
    """What is asked before each send."""

    quiet_hours: QuietHours | None = None
    send_before: Moment | None = None
    respects_opt_out: bool = True
    budget: str | None = None


class Plan(Record, frozen=True, kw_only=True):
    """The ways in their order, and under which conditions."""

    steps: Annotated[tuple[PlanStep, ...], msgspec.Meta(min_length=1, max_length=MOST_STEPS)]
    guards: Guards = Guards()
    in_doubt: InDoubt = InDoubt.HOLD
    policy: str = ""
    """The named policy that it comes from; empty when it was given with the message."""
    version: int = 1


class SentElsewhere(Record, frozen=True, kw_only=True):
    """The first step left before the plan was told: what its provider calls it."""

    root_id: str
    sent_at: Moment
    provider_cascades: bool = False


class AboutMessage(Record, frozen=True, kw_only=True, tag_field="told"):
    """The base of what is told of a message on `messages`; `told` on the wire says which."""


class MessagePlanned(AboutMessage, frozen=True, kw_only=True, tag="planned"):
    """A message is to reach somebody by one of several ways."""

    message_id: str
    account: str
    recipient: str
    planned_at: Moment
    plan: Plan
    campaign: str | None = None
    external_id: str | None = None
    sent: SentElsewhere | None = None
    body_digest: str | None = None
    """Of the request by which it was planned, to tell a repeat from another plan under the same id."""


class MessageCancelled(AboutMessage, frozen=True, kw_only=True, tag="cancelled"):
    """What has not left of a message is not to leave."""

    message_id: str
    account: str
    cancelled_at: Moment


MessageTold = MessagePlanned | MessageCancelled


class AboutSend(Record, frozen=True, kw_only=True, tag_field="told"):
    """The base of what is told of a send on `commands`; `told` on the wire says which."""

    message_id: str
    step: int
    send_id: str


class SendCommanded(AboutSend, frozen=True, kw_only=True, tag="commanded"):
    """One send is to be made, once; after `give_up_at` not any more."""

    account: str
    provider: str
    connection: str
    request: SendRequest
    in_doubt: InDoubt
    give_up_at: datetime
    budget: str | None = None
    """What it is counted against."""


class SendWithdrawn(AboutSend, frozen=True, kw_only=True, tag="withdrawn"):
    """A commanded send is not wanted any more: when it has not left, it is not to leave, and its outcome is so."""


CommandTold = SendCommanded | SendWithdrawn


class SendClaimed(Record, frozen=True, kw_only=True):
    """Somebody is about to make a send. Of all claims of one send, the first on its partition counts, and no other."""

    message_id: str
    send_id: str
    claimant: str
    """Unique for each life of a process."""
    claimed_at: datetime


class SendOutcome(Record, frozen=True, kw_only=True):
    """What came of a commanded send, as far as is known; a doubtful one may be told anew when it is resolved."""

    message_id: str
    account: str
    step: int
    send_id: str
    outcome: Outcome
    provider: str
    connection: str
    told_at: Moment
    root_id: str | None = None
    error: str | None = None
    """The name of the error's class."""
    code: str | None = None
    may_fall_back: bool = False
    parts_count: int = 1
    price: Decimal | None = None
    currency: str | None = None
    told_by: str | None = None
    """The id of the API key of the person who resolved a doubt; null when it was not a person."""
    note: str | None = None
    """Why, in the words of that person; else why it was refused, is in doubt or was withdrawn."""


class ConnectionHealth(Record, frozen=True, kw_only=True):
    """Whether sends over a connection are worth trying; told anew while it is ill, and once when it is well again."""

    provider: str
    connection: str
    is_ill: bool
    since: datetime
    until: datetime
    """After this nothing is known of it any more, and it counts as well."""
    reason: str | None = None


class Facts(Record, frozen=True, kw_only=True):
    """What a decision rests on: what is known of one step, and since when."""

    step: int
    channel: Channel
    at: datetime
    status: DeliveryStatus | None = None
    provider_code: str | None = None
    error: str | None = None


class DecisionMade(Record, frozen=True, kw_only=True):
    """Something was decided about a message, with all that is needed to say why."""

    message_id: str
    account: str
    decision: Decision
    because: Because
    decided_at: datetime
    step: int
    """The step that it is about: the one to be sent, or the one that was reached."""
    channel: Channel
    policy: str
    version: int
    until: datetime | None = None
    send_id: str | None = None
    facts: Facts | None = None


_messages: msgspec.json.Decoder[MessageTold] = msgspec.json.Decoder(MessageTold)
_commands: msgspec.json.Decoder[CommandTold] = msgspec.json.Decoder(CommandTold)


def read_message(data: bytes | None) -> MessageTold:
    """What a record of `messages` tells; raises `PayloadInvalid`."""
    return read(_messages, data, "what is told of messages")


def read_command(data: bytes | None) -> CommandTold:
    """What a record of `commands` tells; raises `PayloadInvalid`."""
    return read(_commands, data, "what is told of sends")


_SEND_ID = re.compile(r"(?P<message>.+)-(?P<step>[0-4])-(?P<try>[0-2])")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What the API calls messages; other ids may be anybody's."""
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,90}")


def send_id_of(message_id: str, step: int, number: int) -> str:
    """The id of a try of a step, always the same: letters, digits and hyphens, whatever the message is called."""
    return f"{_stem(message_id)}-{step}-{number}"


def step_and_try(message_id: str, send_id: str | None) -> tuple[int, int] | None:
    """Which try of which step of the message goes by `send_id`; null when none does."""
    found = _SEND_ID.fullmatch(send_id or "")
    if found is None or found["message"] != _stem(message_id):
        return None
    return int(found["step"]), int(found["try"])


def message_of(send_id: str | None) -> str | None:
    """The message whose send goes by that id; null when it is no id of a send, or does not tell."""
    found = _SEND_ID.fullmatch(send_id or "")
    return found["message"] if found and _UUID.fullmatch(found["message"]) else None


def _stem(message_id: str) -> str:
    if _PLAIN.fullmatch(message_id):
        return message_id
    return blake2b(message_id.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
