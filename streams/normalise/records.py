"""Facts of an adapter as records of the house: the same members, with identity, account, country and cause."""

from contracts.identity import inbound_event_id, report_event_id, signal_event_id
from contracts.records import Cause, DeadLetter, DeliveryReport, InboundMessage, RawCallback, Signal
from contracts.vocabulary import DeadLetterKind
from providers._kit.facts import InboundFact, SignalFact, StatusFact
from runtime.countries import country_of


def report_of(callback: RawCallback, fact: StatusFact, account: str, *, cause: Cause) -> DeliveryReport:
    event_id = report_event_id(
        (callback.provider, callback.connection),
        fact.message_id,
        part=fact.part,
        channel=fact.channel,
        said=(fact.status, fact.provider_code),
        occurred_at=fact.occurred_at,
    )
    return DeliveryReport(
        event_id=event_id,
        provider=callback.provider,
        connection=callback.connection,
        account=account,
        root_id=fact.root_id or fact.message_id,
        provider_message_id=fact.message_id,
        scope=fact.scope,
        status=fact.status,
        provider_code=fact.provider_code,
        received_at=callback.received_at,
        cause=cause,
        channel=fact.channel,
        occurred_at=fact.occurred_at,
        sent_at=fact.sent_at,
        description=fact.description,
        reason=fact.reason,
        error_code=fact.error_code,
        is_permanent=fact.is_permanent,
        may_fall_back=fact.may_fall_back,
        is_known_code=fact.is_known_code,
        recipient=fact.recipient,
        country=country_of(fact.recipient),
        sender=fact.sender,
        operator=fact.operator,
        external_id=fact.external_id,
        campaign=fact.campaign,
        part=fact.part,
        parts_count=fact.parts_count,
        price=fact.price,
        currency=fact.currency,
        source=callback.source,
    )


def inbound_of(callback: RawCallback, fact: InboundFact, account: str, *, cause: Cause) -> InboundMessage:
    event_id = inbound_event_id(
        (callback.provider, callback.connection),
        fact.message_id,
        occurred_at=fact.occurred_at,
        said=(fact.part, fact.author or fact.author_id, fact.addressee, fact.text, fact.media_url),
    )
    return InboundMessage(
        event_id=event_id,
        provider=callback.provider,
        connection=callback.connection,
        account=account,
        received_at=callback.received_at,
        cause=cause,
        kind=fact.kind,
        provider_message_id=fact.message_id,
        channel=fact.channel,
        occurred_at=fact.occurred_at,
        author=fact.author,
        author_id=fact.author_id,
        addressee=fact.addressee,
        text=fact.text,
        media_url=fact.media_url,
        reply_to=fact.reply_to,
        part=fact.part,
        country=country_of(fact.author),
        extras=fact.extras,
    )


def signal_of(callback: RawCallback, fact: SignalFact, account: str, *, cause: Cause) -> Signal:
    event_id = signal_event_id(
        (callback.provider, callback.connection),
        fact.kind,
        fact.message_id,
        occurred_at=fact.occurred_at,
        extras=fact.extras,
    )
    return Signal(
        event_id=event_id,
        provider=callback.provider,
        connection=callback.connection,
        account=account,
        received_at=callback.received_at,
        cause=cause,
        kind=fact.kind,
        provider_message_id=fact.message_id,
        channel=fact.channel,
        occurred_at=fact.occurred_at,
        recipient=fact.recipient,
        extras=fact.extras,
    )


def dead_letter_of(
    callback: RawCallback, cause: Cause, kind: DeadLetterKind, *, reason: str, body: bytes | None = None
) -> DeadLetter:
    """The callback, or `body` of it, put aside."""
    return DeadLetter(
        kind=kind,
        reason=_printable(reason),
        provider=_printable(callback.provider),
        connection=_printable(callback.connection),
        received_at=callback.received_at,
        cause=cause,
        body=callback.body if body is None else body,
        content_type=_printable(callback.content_type),
    )


def _printable(text: str) -> str:
    """The text with halves of surrogate pairs replaced: no wire takes them."""
    return text.encode("utf-8", "replace").decode()
