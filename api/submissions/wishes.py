"""What our own side says about a person's wishes, checked, and made into the record that goes to Kafka."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.admission.access import Caller
from api.people import Person
from api.problems import INVALID, FieldError, Refused
from api.texts import Slug, Text
from contracts.records import Wish
from contracts.vocabulary import WishKind, WishReason
from runtime.settings import Connection


class WishByHand(BaseModel):
    """A person is to get no more messages, or may get them again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Slug = Field("default", description="Whose messages are meant.", examples=["default"])
    sender: Text | None = Field(
        None, description="Which sender's; all senders of the account when not given.", examples=["ExampleShop"]
    )
    recipient: Person = Field(
        description="International form with a plus, or the id that a bot knows the person by.",
        examples=["+447700900105"],
    )
    reason: Text = Field(description="Why; it is kept and shown.", examples=["Asked for it by letter"])


def as_wish(
    body: WishByHand, kind: WishKind, caller: Caller, *, connections: Sequence[Connection], now: datetime
) -> Wish:
    """The record of a body; raises the problem that names an account which this key does not have."""
    accounts = sorted({one.account for one in connections if caller.may_see(one.account)})
    if body.account not in accounts:
        detail = f"This key may name {', '.join(accounts) or 'none'}"
        raise Refused(
            INVALID, errors=[FieldError(place="body", member="account", rule="account_unknown", detail=detail)]
        )
    return Wish(
        event_id=uuid4().hex,
        account=body.account,
        recipient=body.recipient,
        kind=kind,
        reason=WishReason.BY_HAND,
        since=now,
        sender=body.sender,
        note=body.reason,
        told_by=caller.key_id,
    )
