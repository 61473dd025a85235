"""What travels on Kafka: one frozen record per topic, JSON on the wire.

Times are aware UTC. `occurred_at` is the provider's clock, `received_at` ours; a time that the provider did not give
is null, never replaced by another. Fields that end in `_code`, `_id` and `description` keep the provider's own text.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from contracts.status import DeliveryStatus
from contracts.vocabulary import (
    Channel,
    DeadLetterKind,
    InboundKind,
    Reason,
    Scope,
    Source,
    Verdict,
    WishKind,
    WishReason,
)


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The base of all records: immutable, and defaults are not written."""


class Cause(Record, frozen=True, kw_only=True):
    """The item that a record stems from: item `index` of `items` in the callback at (partition, offset).

    Positions are those of the `callbacks` topic; conservation is checked on them.
    """

    partition: int
    offset: int
    index: int = 0
    items: int = 1


NOWHERE = Cause(partition=-1, offset=-1, items=0)
"""The cause of what stems from no callback."""


class RawCallback(Record, frozen=True, kw_only=True):
    """One HTTP request of a provider, kept as it came. On Kafka the body is the value and the rest are headers."""

    provider: str
    connection: str
    method: str
    received_at: datetime
    body: bytes
    source: Source = Source.PUSH
    query: str = ""
    """The raw query string, without the question mark."""
    hint: str = ""
    """What the user put behind the connection in the callback URL to tell kinds apart, such as `viber/delivery`."""
    content_type: str = ""


class DeliveryReport(Record, frozen=True, kw_only=True):
    """What a provider says about one message once."""

    event_id: str
    provider: str
    connection: str
    account: str
    root_id: str
    """The id that the answer to the send gave: the transaction in a cascade, else the message's own id."""
    provider_message_id: str
    scope: Scope
    status: DeliveryStatus
    provider_code: str
    received_at: datetime
    cause: Cause
    channel: Channel | None = None
    occurred_at: datetime | None = None
    sent_at: datetime | None = None
    """When the provider says it sent the message on; not the time of this report."""
    description: str | None = None
    reason: Reason | None = None
    error_code: str | None = None
    is_permanent: bool | None = None
    may_fall_back: bool = False
    is_known_code: bool = True
    """Whether a code table says what `provider_code` means; known ones may mean that nobody knows."""
    recipient: str | None = None
    """E.164 with a plus, or null when the provider gives something else."""
    country: str | None = None
    """ISO 3166 alpha-2, from the recipient's number."""
    sender: str | None = None
    operator: str | None = None
    """Mobile network as MCC and MNC digits."""
    external_id: str | None = None
    campaign: str | None = None
    part: str | None = None
    parts_count: int = 1
    price: Decimal | None = None
    currency: str | None = None
    source: Source = Source.PUSH


class InboundMessage(Record, frozen=True, kw_only=True):
    """What a person sent to one of our senders."""

    event_id: str
    provider: str
    connection: str
    account: str
    received_at: datetime
    cause: Cause
    kind: InboundKind
    provider_message_id: str | None = None
    channel: Channel | None = None
    occurred_at: datetime | None = None
    author: str | None = None
    """The person's number in E.164, or null when the provider gives an opaque id."""
    author_id: str | None = None
    """The opaque id of the person, where there is one."""
    addressee: str | None = None
    """Our number or sender name that was written to."""
    text: str | None = None
    media_url: str | None = None
    reply_to: str | None = None
    """The provider's id of the message that is answered, or the `reply_id` which that one carried."""
    part: str | None = None
    country: str | None = None
    extras: dict[str, str] = {}
    """Among them what may name the message that is answered: `reply_id`, `tracking`, `external_id`, `send_id`."""


class Signal(Record, frozen=True, kw_only=True):
    """Something that happened around a message and is neither a report nor an inbound message, such as a click."""

    event_id: str
    provider: str
    connection: str
    account: str
    received_at: datetime
    cause: Cause
    kind: str
    provider_message_id: str | None = None
    channel: Channel | None = None
    occurred_at: datetime | None = None
    recipient: str | None = None
    extras: dict[str, str] = {}


class DeadLetter(Record, frozen=True, kw_only=True):
    """One item, or a whole callback, put aside with the reason and its original bytes."""

    kind: DeadLetterKind
    reason: str
    provider: str
    connection: str
    received_at: datetime
    cause: Cause
    body: bytes
    """The original bytes: of the item where it could be told apart, else of the whole callback."""
    content_type: str = ""


class AttemptRegistered(Record, frozen=True, kw_only=True):
    """One of our messages was handed to one provider, which gave it `root_id`."""

    provider: str
    connection: str
    account: str
    root_id: str
    registered_at: datetime
    message_id: str | None = None
    channel: Channel | None = None
    recipient: str | None = None
    country: str | None = None
    sender: str | None = None
    campaign: str | None = None
    external_id: str | None = None
    sent_at: datetime | None = None


class EarlyEnd(Record, frozen=True, kw_only=True):
    """A bad end that was reported before its attempt was registered. Of several, the one that says most."""

    status: DeliveryStatus
    provider_code: str
    may_fall_back: bool = False
    scope: Scope = Scope.CHANNEL
    channel: Channel | None = None
    occurred_at: datetime | None = None


class StatusChanged(Record, frozen=True, kw_only=True):
    """The track stage's answer to one report or registration: the verdict, and where the attempt stands after it.

    `unclaimed` alone answers neither: nobody registered the attempt in time, and from then on it counts under its own
    derived message id. A registration that comes later still joins it.
    """

    verdict: Verdict
    attempt_id: str
    status: DeliveryStatus
    """Of the attempt, after this."""
    previous_status: DeliveryStatus | None = None
    """Of the attempt, before this; null for the first."""
    message_id: str | None = None
    """Ours, when the attempt is registered or its connection only observes; null while parked."""
    item_status: DeliveryStatus | None = None
    """Of the leg or part that the report is about, after this."""
    is_conflict: bool = False
    """Finals about this attempt contradict each other."""
    is_new_conflict: bool = False
    """They do since this report."""
    sent_at: datetime | None = None
    """The earliest known time at which the attempt left."""
    delivered_at: datetime | None = None
    """The earliest time at which it is said to have arrived."""
    latency_ms: int | None = None
    """Sent to delivered; on the one update that first makes both known, null on all others."""
    released_applied_count: int = 0
    released_outranked_count: int = 0
    """On `registered` and `unclaimed`: how many parked reports this frees, by what they did to the attempt."""
    report: DeliveryReport | None = None
    registration: AttemptRegistered | None = None
    early_end: EarlyEnd | None = None
    """On `registered`: the bad end that counts of those that had been parked until then."""


class Due(Record, frozen=True, kw_only=True):
    """The time has come that a stage has set for what it remembers under the record's key; the stage decides.

    It may come late, twice, or when something else has happened since: then there is nothing to do.
    """

    due_at: datetime


class Wish(Record, frozen=True, kw_only=True):
    """Somebody wants no more messages, or wants them again. On `suppressions`: the wish that stands.

    It is about one sender of the account, or about all when `sender` is null; see `contracts.suppressions`.
    """

    event_id: str
    """Of what was said: of the inbound message or the signal, else one that was made for it."""
    account: str
    recipient: str
    """E.164 with a plus; for a bot the opaque id of its user."""
    kind: WishKind
    reason: WishReason
    since: datetime
    """When it was said."""
    sender: str | None = None
    keyword: str | None = None
    """As our list has it, not as the person wrote it."""
    language: str | None = None
    """Of the keyword, as ISO 639 codes; several when the word is the same in them."""
    provider: str | None = None
    connection: str | None = None
    channel: Channel | None = None
    cause: Cause | None = None
    note: str | None = None
    """Why, in the words of whoever did it by hand."""
    told_by: str | None = None
    """The id of the API key by which it was done."""


class LookUpDue(Record, frozen=True, kw_only=True):
    """An attempt has not ended for too long: its provider is to be asked about it."""

    provider: str
    connection: str
    root_id: str
    sent_at: datetime
    """Or, where that is not known, when we first heard of it."""
    again_at: datetime
    """Then the attempt is looked at again, so that asking makes no sense any more."""
    channel: Channel | None = None
    recipient: str | None = None
    number: int = 1
    """Which question about this attempt it is."""


class PresumedLost(Record, frozen=True, kw_only=True):
    """An attempt has not ended for as long as its provider could have told, who was asked and did not tell.

    It is no status: a final report that comes later counts as any.
    """

    attempt_id: str
    message_id: str
    provider: str
    connection: str
    account: str
    root_id: str
    status: DeliveryStatus
    """Where the attempt stood."""
    presumed_at: datetime
    questions_count: int
