"""The life of a message, as the API tells it."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from api.answers.base import Body, Cause, WithFreshness
from api.answers.inbound import Inbound
from api.answers.plans import DecisionTold, PlanTold, SendTold
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel, Reason, Scope, Source, Verdict


class TimelineEntry(Body):
    """What was said about an attempt: by the provider, by you, or by us when something did not come in time."""

    event: Literal["report", "registration", "unclaimed", "presumed_lost"] = Field(
        description="Whose word it is: the provider's, yours, or ours that no registration came in time, or that the "
        "provider was asked and can no longer tell how it ended."
    )
    known_at: datetime = Field(description="When we heard it.", examples=["2026-11-21T10:00:00.250000Z"])
    verdict: Verdict | None = Field(
        None,
        description="What it did: `applied` moved something, `repeated` had been said before, `outranked` is true and "
        "changes nothing, `parked` waits for a registration, `registered` is that registration, `unclaimed` says that "
        "it waited long enough; null for `presumed_lost`, which moves nothing.",
        examples=["applied"],
    )
    attempt_id: str = Field(examples=["019aa5a1-0000-7000-8000-00000000000a"])
    status: DeliveryStatus | None = Field(
        None, description="What the report says, in our words; null for a registration.", examples=["delivered"]
    )
    item_status: DeliveryStatus | None = Field(
        None, description="Where the channel or part that it is about stood afterwards.", examples=["delivered"]
    )
    attempt_status: DeliveryStatus = Field(description="Where the attempt stood afterwards.", examples=["delivered"])
    previous_status: DeliveryStatus | None = Field(None, description="Where it stood before.", examples=["sent"])
    is_conflict: bool = Field(default=False, description="Final reports about this attempt contradict each other.")
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    provider_message_id: str | None = Field(None, examples=["vb-7003"])
    provider_code: str | None = Field(None, description="The provider's own code, verbatim.", examples=["5"])
    description: str | None = Field(None, description="The provider's own words.", examples=["Delivered to handset"])
    error_code: str | None = Field(None, description="The provider's own error code, verbatim.")
    reason: Reason | None = Field(None, description="Why it did not arrive, in our words.")
    is_permanent: bool | None = Field(None, description="Whether trying again is said to be of no use.")
    channel: Channel | None = Field(None, examples=["viber"])
    scope: Scope | None = Field(
        None, description="Whether one channel or the provider's whole send is meant.", examples=["channel"]
    )
    part: str | None = Field(None, description="Which part of a long message.")
    occurred_at: datetime | None = Field(None, description="When it happened, by the provider's clock.")
    received_at: datetime | None = Field(None, description="When the callback came, by ours.")
    price: Decimal | None = Field(None, description="What the provider says it costs.", examples=["0.0042"])
    currency: str | None = Field(None, examples=["EUR"])
    source: Source | None = Field(None, description="How the callback reached us.", examples=["push"])
    event_id: str | None = Field(None, description="The same fact has the same id, however often it is reported.")
    cause: Cause | None = Field(None, description="The callback behind a report; null for a registration.")


class Leg(Body):
    """One channel, or one part, of an attempt."""

    channel: Channel | None = Field(None, examples=["viber"])
    part: str | None = None
    provider_message_id: str | None = Field(None, examples=["vb-7003"])
    status: DeliveryStatus = Field(examples=["delivered"])


class Attempt(Body):
    """One message, one provider, one try, and where it stands."""

    attempt_id: str = Field(examples=["019aa5a1-0000-7000-8000-00000000000a"])
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    account: str = Field(examples=["default"])
    root_id: str | None = Field(None, description="The id that the provider gave to the send.", examples=["vb-7003"])
    channel: Channel | None = Field(None, examples=["viber"])
    country: str | None = Field(None, examples=["GB"])
    campaign: str | None = None
    sender: str | None = Field(None, examples=["ExampleShop"])
    status: DeliveryStatus = Field(examples=["delivered"])
    is_registered: bool = Field(default=False, description="Our side said that it sent this.")
    is_conflict: bool = Field(default=False, description="Final reports about it contradict each other.")
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    latency_ms: int | None = Field(None, description="From sent to delivered.", examples=[2500])
    legs: list[Leg] = Field(description="Channels of a cascade, or parts of a long text, when there are several.")


class Evidence(Body):
    """A callback as it came, byte for byte; `absent_because` says why when it cannot be shown."""

    partition: int = Field(examples=[3])
    offset: int = Field(examples=[1207])
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    absent_because: str | None = Field(None, examples=["Kafka keeps callbacks for 7 days and no longer has this one."])
    received_at: datetime | None = None
    source: Source | None = Field(None, examples=["push"])
    method: str | None = Field(None, examples=["POST"])
    content_type: str | None = Field(None, examples=["application/json"])
    query: str | None = Field(None, description="The query string, as it came.", examples=[""])
    hint: str | None = Field(None, description="What stood behind the connection in the callback's address.")
    size_bytes: int | None = Field(None, examples=[214])
    body_base64: str | None = Field(None, examples=["eyJyZXN1bHRzIjpbXX0="])
    body_text: str | None = Field(
        None, description="The same bytes as text; null when they are not UTF-8.", examples=['{"results":[]}']
    )


class MessageTimeline(WithFreshness):
    """All that was said about a message, oldest first, and where its attempts stand."""

    message_id: str | None = Field(
        description="Ours; null while nobody has registered the attempt.",
        examples=["019aa5a1-0000-7000-8000-000000000001"],
    )
    account: str | None = Field(None, description="Whose it is.", examples=["default"])
    status: DeliveryStatus = Field(description="The best that any attempt reached.", examples=["delivered"])
    attempts: list[Attempt]
    timeline: list[TimelineEntry]
    plan: PlanTold | None = Field(None, description="The ways that were planned; null when none were for this message.")
    decisions: list[DecisionTold] = Field([], description="Why each step was taken or not, oldest first.")
    sends: list[SendTold] = Field([], description="What we sent of it, by step.")
    next_decision_at: datetime | None = Field(
        None, description="When something is decided if nothing is heard before; null when nothing is to be."
    )
    replies: list[Inbound] = Field(description="What people answered to it, oldest first.")
    evidence: list[Evidence] | None = Field(None, description="The raw callbacks, with `evidence=true`.")


class Listed(Body):
    """One attempt to send a message, and where it stands. Recipients are never shown."""

    message_id: str | None = Field(
        description="Ours; null while nobody has registered the attempt.",
        examples=["019aa5a1-0000-7000-8000-000000000001"],
    )
    attempt_id: str = Field(examples=["019aa5a1-0000-7000-8000-00000000000a"])
    first_heard_at: datetime = Field(description="When we first heard of it; the list is in this order.")
    account: str = Field(examples=["default"])
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    root_id: str = Field(description="The id that the provider gave to the send.", examples=["vb-7003"])
    external_id: str | None = Field(None, description="Your own reference, as it was registered.")
    channel: Channel | None = Field(None, examples=["viber"])
    country: str | None = Field(None, examples=["GB"])
    campaign: str | None = None
    sender: str | None = Field(None, examples=["ExampleShop"])
    status: DeliveryStatus = Field(examples=["delivered"])
    reason: Reason | None = Field(None, description="Why it did not arrive, in our words.")
    is_registered: bool = Field(description="Our side said that it sent this.")
    is_conflict: bool = Field(description="Final reports about it contradict each other.")
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    latency_ms: int | None = Field(None, description="From sent to delivered.", examples=[2500])


class MessagesAnswer(WithFreshness):
    """A page of attempts, newest first."""

    messages: list[Listed]
    next_cursor: str | None = Field(description="Send it as `cursor` for the page behind this one; null on the last.")


class Change(Body):
    """One report that changed something. Recipients are never shown."""

    received_at: datetime = Field(description="When we heard it.", examples=["2026-11-21T10:00:00.250000Z"])
    occurred_at: datetime | None = Field(None, description="When it happened, by the provider's clock.")
    message_id: str = Field(
        description="Ours; the attempt's id while nobody has registered it.",
        examples=["019aa5a1-0000-7000-8000-000000000001"],
    )
    attempt_id: str = Field(examples=["019aa5a1-0000-7000-8000-00000000000a"])
    provider: str = Field(examples=["infobip"])
    connection: str = Field(examples=["main"])
    channel: Channel | None = Field(None, examples=["viber"])
    country: str | None = Field(None, examples=["GB"])
    verdict: Verdict = Field(description="`applied`, or `parked` while the registration is missing.")
    status: DeliveryStatus = Field(description="What the report says.", examples=["delivered"])
    attempt_status: DeliveryStatus = Field(description="Where the attempt stands since.", examples=["delivered"])
    previous_status: DeliveryStatus | None = Field(None, examples=["sent"])
    provider_code: str | None = Field(None, description="The provider's own code, verbatim.", examples=["5"])
    reason: Reason | None = Field(None, description="Why it did not arrive, in our words.")
    is_conflict: bool = Field(default=False, description="Final reports about this attempt contradict each other.")


class Changes(WithFreshness):
    """The newest changes, newest first."""

    changes: list[Change]
