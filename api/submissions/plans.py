"""A message as a body has it: to whom, by which ways, under which conditions."""

from datetime import time
from hashlib import blake2b
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)
from pydantic import model_validator as checked

from api.people import Person
from api.submissions.contents import AnyContentBody
from api.submissions.registrations import AT_ONCE, one_or_many
from api.texts import Slug, Text
from contracts.plans import MOST_STEPS, InDoubt, SucceedOn
from contracts.vocabulary import Channel

LONGEST_WAIT_S = 30 * 86_400
OWN_LIMIT, OWN_DEPTH = 4_000, 10


def _small(own: dict[str, Any]) -> dict[str, Any]:
    """As they are, when Kafka can have them."""
    try:
        size = len(msgspec.json.encode(own)) if _is_flat(own) else OWN_LIMIT + 1
    except UnicodeEncodeError as exc:
        raise ValueError("the provider's own options have a text that cannot be encoded") from exc
    if size > OWN_LIMIT:
        raise ValueError(f"the provider's own options may have {OWN_LIMIT} bytes and {OWN_DEPTH} levels")
    return own


def _is_flat(own: dict[str, Any]) -> bool:
    """Whether it ends within so many levels; found without recursion, because it may go down without end."""
    level: list[Any] = [own]
    for _ in range(OWN_DEPTH):
        lists = [one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)]
        level = [inner for each in lists for inner in each]
        if not level:
            return True
    return False


def _plain_minute(moment: time) -> time:
    if moment.tzinfo or moment.second or moment.microsecond:
        raise ValueError("write hours and minutes alone, such as 21:00; the zone is the recipient's")
    return moment


Own = Annotated[dict[str, Any], AfterValidator(_small)]
Minute = Annotated[time, AfterValidator(_plain_minute)]


class Body(BaseModel):
    """The base of all that callers say: a member that nobody knows is an error, because a typo must not be silent."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(Body):
    """One way to the recipient."""

    channel: Channel = Field(examples=["viber"])
    provider: Slug = Field(examples=["routee"])
    connection: Slug = Field(description="One of the settings' connections of this provider.", examples=["main"])
    sender: Text = Field(description="What the provider knows your side by.", examples=["ExampleShop"])
    wait_s: int = Field(
        ge=1,
        le=LONGEST_WAIT_S,
        description="How long it has to succeed, from when its provider took it; and before that, to be taken.",
        examples=[60],
    )
    content: AnyContentBody | None = Field(
        None,
        description="What it says; the message's `content` when not given.",
        examples=[{"kind": "text", "text": "Your parcel waits"}],
    )
    succeed_on: SucceedOn = Field(SucceedOn.DELIVERED, description="The least that it has to reach.")
    validity_s: int | None = Field(
        None, ge=1, le=LONGEST_WAIT_S, description="After so long the provider gives up; its own limit when not given."
    )
    provider_cascades: bool = Field(
        default=False,
        description="The provider itself goes on to other channels when this fails; then nothing else is sent by us.",
    )
    is_session: bool = Field(
        default=False, description="Part of the open conversation with the person, and not sent outside of one."
    )
    own: Own = Field(default_factory=dict, description="Options that only this provider knows.")


class Hours(Body):
    """From `start` to `end` where the recipient is; over midnight when `end` is the earlier."""

    start: Minute = Field(examples=["21:00"])
    end: Minute = Field(examples=["08:00"])

    @checked(mode="after")
    def _has_a_length(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end are the same; leave quiet_hours out when there are none")
        return self


class MessageGuards(Body):
    """What is asked before each send."""

    quiet_hours: Hours | None = Field(None, description="Sends wait until they are over.")
    send_before: AwareDatetime | None = Field(
        None, description="After this nothing is sent any more.", examples=["2026-11-21T18:00:00Z"]
    )
    respects_opt_out: bool = Field(
        default=True, description="People who want no messages of the sender get none; false only where the law allows."
    )
    budget: Slug | None = Field(None, description="One of the settings' budgets of the account; it ends what is sent.")


class SentAlready(Body):
    """Your own code has sent the first step."""

    root_id: Text = Field(
        description="The id that the provider's answer gave, exactly.", examples=["35C8B5D509BC10689196FED2AD551B01"]
    )
    sent_at: AwareDatetime = Field(description="With its zone.", examples=["2026-11-21T09:59:57.500000Z"])
    provider_cascades: bool = Field(
        default=False, description="You asked the provider to go on to other channels itself; then nothing is sent."
    )


class NewMessage(Body):
    """A message that is to reach somebody by the first way that works."""

    recipient: Person = Field(
        description="International form with a plus, or the id that a bot knows the person by.",
        examples=["+447700900105"],
    )
    steps: list[Step] | None = Field(
        None, min_length=1, max_length=MOST_STEPS, description="The ways, in their order; or name a `policy`."
    )
    policy: Slug | None = Field(
        None, description="The name of a policy of the installation, which has the steps and guards.", examples=["otp"]
    )
    content: AnyContentBody | None = Field(
        None, description="What the steps say that have no content of their own.", examples=[None]
    )
    guards: MessageGuards | None = Field(
        None, description="Conditions of each send; those of the policy, if one is named."
    )
    in_doubt: InDoubt | None = Field(
        None,
        description="What to do when nobody knows whether a provider took a send: `hold` it for a person, which is "
        "usual, or `resend` and risk that it arrives twice.",
    )
    message_id: UUID | None = Field(
        None,
        description="Your own id of the message, so that a repeat says the same; version 7 is found fastest.",
        examples=["019aa5a1-0000-7000-8000-000000000001"],
    )
    campaign: Text | None = Field(None, examples=["autumn"])
    external_id: Text | None = Field(None, description="Your own reference, kept verbatim.", examples=["order-1207"])
    sent: SentAlready | None = Field(None, description="The first step was sent elsewhere, and this is how.")

    @checked(mode="after")
    def _has_one_plan(self) -> Self:
        if (self.steps is None) == (self.policy is None):
            raise ValueError("give either steps or the name of a policy")
        if self.policy is not None and (self.guards is not None or self.in_doubt is not None):
            raise ValueError("guards and in_doubt come with the policy; leave them out, or give steps")
        return self

    @property
    def digest(self) -> str:
        """The same for a repeat of the request, and for no other."""
        said = self.model_dump_json(exclude={"message_id"}).encode()
        return blake2b(said, digest_size=16, person=b"new message").hexdigest()


NewMessages = Annotated[
    Annotated[NewMessage, Tag("one")]
    | Annotated[list[NewMessage], Field(min_length=1, max_length=AT_ONCE), Tag("many")],
    Discriminator(one_or_many),
]
"""The body: one message, or a list of up to a thousand."""
