"""A Telesign callback into facts: the channels' entries in the order of the body, then the transaction as a whole."""

from collections.abc import Iterator, Sequence

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from contracts.vocabulary import Channel, Scope, Source
from providers._kit.facts import Item, RejectedItem, StatusFact
from providers._kit.numbers import as_decimal
from providers._kit.pieces import Pieces
from providers._kit.reading import (
    as_channel,
    as_id,
    as_int,
    as_text,
    read_object,
    read_payload,
    required_id,
)
from providers.telesign.codes import is_of_sms, meaning_of
from providers.telesign.details import details_of
from providers.telesign.inbound import channel_in, inbound_fact, is_inbound
from providers.telesign.payloads import Body, Status
from providers.telesign.times import telesign_instant


def normalise(callback: RawCallback) -> Sequence[Item]:
    """The facts of one callback. An entry that cannot be understood is put aside alone, and the others stand."""
    members = read_object(callback.body)
    if not members:
        return []
    body = read_payload(Body, members)
    pieces = Pieces(callback.body)
    if is_inbound(body):
        return [_inbound(body, callback.hint, pieces)]
    if callback.source is Source.POLL and _is_error(body.status):
        raise PayloadInvalid("the answer tells of an error of the question, and of no message")
    transaction_id = _readable_id(body.reference_id)
    legs = () if body.channel_status is None else _legs(body.channel_status, transaction_id, pieces)
    return [*legs, _transaction(body, pieces)]


def _is_error(status: object) -> bool:
    """Statuses have three or four digits, errors five or a minus."""
    code = as_int(status.get("code")) if isinstance(status, dict) else None
    return code is not None and not 0 <= code < 10_000


def _legs(channel_status: object, transaction_id: str | None, pieces: Pieces) -> Iterator[Item]:
    """Documented is a list of objects with one member each; one object, and objects with several, are read as well."""
    objects = channel_status if isinstance(channel_status, list) else [channel_status]
    for index, entry in enumerate(objects):
        path = ("channel_status", index) if objects is channel_status else ("channel_status",)
        if not isinstance(entry, dict) or not entry:
            reason = "channel_status: an entry is an object with a channel's name as its member"
            yield RejectedItem(reason=reason, body=pieces.at(*path, value=entry))
            continue
        for name, value in entry.items():
            try:
                yield _leg_fact(name, value, transaction_id)
            except PayloadInvalid as exc:
                yield RejectedItem(reason=f"channel_status: {exc}", body=pieces.at(*path, name, value=value))


def _leg_fact(channel_name: str, value: object, transaction_id: str | None) -> StatusFact:
    name = required_id(channel_name, "the channel's name")
    channel = as_channel(name)
    said = read_payload(Status, value)
    meaning = meaning_of(said.code, is_named_sms=channel is Channel.SMS)
    message_id = as_id(said.reference_id, "reference_id")
    if message_id is None:
        # Without an id of its own the entry can only be told apart by its place in the transaction.
        message_id = required_id(transaction_id and f"{transaction_id}:{name.lower()}", "reference_id")
    return StatusFact(
        message_id=message_id,
        root_id=transaction_id,
        scope=Scope.CHANNEL,
        channel=channel,
        status=meaning.status,
        provider_code=meaning.code,
        is_known_code=meaning.is_known,
        reason=meaning.reason,
        is_permanent=meaning.is_permanent,
        # Telesign moves on to the next channel itself; only the end of the whole is a case for a fallback of ours.
        may_fall_back=False,
        description=as_text(said.description),
        occurred_at=telesign_instant(said.updated_on),
    )


def _inbound(body: Body, hint: str, pieces: Pieces) -> Item:
    try:
        return inbound_fact(body, hint)
    except PayloadInvalid as exc:
        return RejectedItem(reason=f"inbound: {exc}", body=pieces.at(value=None))


def _transaction(body: Body, pieces: Pieces) -> Item:
    try:
        return _transaction_fact(body, read_payload(Status, body.status))
    except PayloadInvalid as exc:
        return RejectedItem(reason=f"transaction: {exc}", body=pieces.at(value=None))


def _transaction_fact(body: Body, said: Status) -> StatusFact:
    details = details_of(body.additional_info)
    named = as_channel(said.last_channel) or channel_in(body.sub_resource)
    meaning = meaning_of(said.code, is_named_sms=named is Channel.SMS)
    return StatusFact(
        message_id=required_id(body.reference_id, "reference_id"),
        scope=Scope.TRANSACTION,
        # The SMS schema does not always name its channel, but its codes tell.
        channel=named or (Channel.SMS if is_of_sms(meaning.code) else None),
        status=meaning.status,
        provider_code=meaning.code,
        is_known_code=meaning.is_known,
        reason=meaning.reason,
        is_permanent=meaning.is_permanent,
        may_fall_back=meaning.may_fall_back,
        description=as_text(said.description),
        error_code=_first_error(body.errors),
        occurred_at=telesign_instant(said.updated_on),
        sent_at=telesign_instant(body.submit_timestamp),
        external_id=_external_id(body.external_id),
        recipient=details.recipient,
        sender=details.sender,
        operator=details.operator,
        parts_count=details.parts_count,
        # Answers to the look-up have them outside of additional_info.
        price=details.price or as_decimal(body.price),
        currency=details.currency or as_text(body.currency, limit=10),
    )


def _readable_id(value: object) -> str | None:
    """The transaction's id for its legs, which survive when it is none."""
    try:
        return as_id(value, "reference_id")
    except PayloadInvalid:
        return None


def _external_id(value: object) -> str | None:
    """Our own id. Their documentation's example shows the four letters "null" where null is meant."""
    text = as_id(value, "external_id")
    return None if text == "null" else text


def _first_error(errors: object) -> str | None:
    first = errors[0] if isinstance(errors, list) and errors else None
    return as_text(first.get("code"), limit=100) if isinstance(first, dict) else None
