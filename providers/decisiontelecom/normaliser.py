"""A DecisionTelecom callback, or the answer of a look-up, into facts.

One address takes all that the provider says: the shape tells reports, replies and errors apart.
"""

from collections.abc import Iterator, Sequence

from msgspec import UNSET

from contracts.errors import PayloadInvalid
from contracts.records import RawCallback
from contracts.vocabulary import Channel
from providers._kit.codes import Meaning
from providers._kit.facts import Item, RejectedItem, StatusFact
from providers._kit.pieces import Pieces
from providers._kit.reading import as_id, as_text, read_payload, required_id
from providers.decisiontelecom.bodies import Entry, entries_in
from providers.decisiontelecom.codes import is_word, sms_meaning, viber_meaning
from providers.decisiontelecom.hints import Hint, read_hint
from providers.decisiontelecom.inbound import inbound_fact
from providers.decisiontelecom.payloads import CODE, MESSAGE, MESSAGE_ID, MESSAGE_TOKEN, NAME, Failure, Report


def normalise(callback: RawCallback) -> Sequence[Item]:
    """The facts of one callback. What cannot be understood is put aside alone, and the rest stands."""
    hint = read_hint(callback.hint)
    # What came in a query has no body; its bytes are the query's.
    pieces = Pieces(callback.body or callback.query.encode())
    return [item for entry in entries_in(callback) for item in _items(entry, hint, pieces)]


def _items(entry: Entry, hint: Hint, pieces: Pieces) -> Iterator[Item]:
    members = entry.members
    if not isinstance(members, dict):
        yield _rejected("an entry is an object", entry, pieces)
    elif MESSAGE_TOKEN in members or isinstance(members.get(MESSAGE), dict):
        try:
            yield inbound_fact(members, hint)
        except PayloadInvalid as exc:
            yield _rejected(f"inbound: {exc}", entry, pieces)
    elif _is_failure(members):
        yield _rejected(_failure(members), entry, pieces)
    else:
        yield from _reports(entry, hint, pieces)


def _is_failure(members: dict[str, object]) -> bool:
    """An error may name the message that was asked about; a report has neither of the two members of an error."""
    told = (CODE in members) + (NAME in members)
    return told > (MESSAGE_ID in members)


def _failure(members: object) -> str:
    """An error that came where a status was expected, often with HTTP 200; it tells of no message."""
    said = read_payload(Failure, members)
    words = (as_text(said.name, limit=200), as_text(said.message, limit=200))
    return f"the provider's error {as_text(said.code, limit=20)}, no report: " + ", ".join(filter(None, words))


def _reports(entry: Entry, hint: Hint, pieces: Pieces) -> Iterator[Item]:
    """The message's own report, then that of the SMS which the provider itself sent after it."""
    report = read_payload(Report, entry.members)
    try:
        message_id = required_id(report.message_id, MESSAGE_ID)
    except PayloadInvalid as exc:
        yield _rejected(f"report: {exc}{f' (send {hint.send_id})' if hint.send_id else ''}", entry, pieces)
        return
    is_cascade = hint.is_cascade or not (report.sms_message_id is UNSET and report.sms_message_status is UNSET)
    try:
        channel, meaning = _said(report.status, hint, is_old_sms=entry.is_old_sms)
        yield _fact(message_id, channel, meaning, hint=hint, may_fall_back=meaning.may_fall_back and not is_cascade)
    except PayloadInvalid as exc:
        yield _rejected(f"report: {exc}", entry, pieces)
    if _has(report.sms_message_id) or _has(report.sms_message_status):
        try:
            yield _sms_leg(report, message_id, hint)
        except PayloadInvalid as exc:
            yield _rejected(f"sms: {exc}", entry, pieces)


def _said(status: object, hint: Hint, *, is_old_sms: bool) -> tuple[Channel, Meaning]:
    """Which channel's scale the status is of, and what it means there: words are of SMS, numbers as the hint says.

    A word that SMS does not have is of the hint's channel as well.
    """
    if is_old_sms or (hint.channel is Channel.SMS and status is not None):
        return Channel.SMS, sms_meaning(status)
    if is_word(status) and ((meaning := sms_meaning(status)).is_known or hint.channel is None):
        return Channel.SMS, meaning
    return hint.channel or Channel.VIBER, viber_meaning(status)


def _sms_leg(report: Report, message_id: str, hint: Hint) -> StatusFact:
    status = report.sms_message_status
    own_id = as_id(report.sms_message_id, "sms_message_id") if _has(report.sms_message_id) else None
    # Without an id of its own the SMS can only be told apart as the one of its Viber message.
    leg_id = own_id or required_id(f"{message_id}:sms", "sms_message_id")
    meaning = sms_meaning(None if status is UNSET else status)
    return _fact(leg_id, Channel.SMS, meaning, hint=hint, root_id=message_id)


def _fact(
    message_id: str,
    channel: Channel,
    meaning: Meaning,
    *,
    hint: Hint,
    root_id: str | None = None,
    may_fall_back: bool = False,
) -> StatusFact:
    return StatusFact(
        message_id=message_id,
        root_id=root_id,
        channel=channel,
        status=meaning.status,
        provider_code=meaning.code,
        is_known_code=meaning.is_known,
        reason=meaning.reason,
        is_permanent=meaning.is_permanent,
        may_fall_back=may_fall_back,
        external_id=hint.send_id,
    )


def _has(value: object) -> bool:
    return value is not UNSET and value is not None and value != ""


def _rejected(reason: str, entry: Entry, pieces: Pieces) -> RejectedItem:
    return RejectedItem(reason=reason, body=pieces.at(*entry.path, value=entry.members))
