"""A cascade of Routee's own as facts: its steps in the order of the body, then the whole."""

from collections.abc import Iterator

from msgspec import structs

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Scope
from providers._kit.facts import Item, RejectedItem, StatusFact
from providers._kit.numbers import as_decimal
from providers._kit.pieces import Pieces
from providers._kit.reading import as_channel, as_e164, as_id, as_int, as_text, read_payload, required_id
from providers._kit.times import as_instant
from providers.routee.codes import meaning_of_cascade
from providers.routee.hints import Hint
from providers.routee.payloads import Body, Cascade
from providers.routee.reports import fact_about

FAILED = "failed"


def read_failover(entry: dict[str, object], hint: Hint, pieces: Pieces, place: tuple[int | str, ...]) -> Iterator[Item]:
    """The facts of a cascade at `place` of the body. What cannot be understood is put aside alone."""
    root_id = _readable_id(entry.get("trackingId"))
    steps = entry.get("messages")
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        try:
            yield _step(step, root_id, hint)
        except PayloadInvalid as exc:
            yield RejectedItem(reason=f"messages: {exc}", body=pieces.at(*place, "messages", index, value=step))
    try:
        yield _whole(entry, _recipient(steps), hint)
    except PayloadInvalid as exc:
        yield RejectedItem(reason=f"failover: {exc}", body=pieces.at(*place, value=entry))


def _step(step: object, root_id: str | None, hint: Hint) -> StatusFact:
    if not isinstance(step, dict):
        raise PayloadInvalid("a step is not an object")
    body = read_payload(Body, step)
    # Routee goes on to the next step itself; only the end of the whole is a case for a fallback of ours. Network and
    # campaign are the whole's to tell.
    return structs.replace(
        fact_about(body, body.type, hint), root_id=root_id, may_fall_back=False, operator=None, campaign=None
    )


def _whole(entry: dict[str, object], recipient: str | None, hint: Hint) -> StatusFact:
    cascade = read_payload(Cascade, entry)
    name = as_text(cascade.status, limit=100)
    if name is None:
        raise PayloadInvalid("status is missing or not text")
    code = _code(cascade.status_code) if name.lower() == FAILED else None
    meaning = meaning_of_cascade(name, code)
    return StatusFact(
        message_id=required_id(cascade.tracking_id, "trackingId"),
        scope=Scope.TRANSACTION,
        channel=as_channel(cascade.termination_channel),
        status=meaning.status,
        provider_code=f"{name}:{code}" if code else name,
        is_known_code=meaning.is_known,
        reason=meaning.reason,
        is_permanent=meaning.is_permanent,
        may_fall_back=meaning.may_fall_back,
        occurred_at=as_instant(cascade.updated_at),
        sent_at=as_instant(cascade.created_at),
        recipient=recipient,
        external_id=hint.send_id,
        price=as_decimal(cascade.total_price),
    )


def _code(value: object) -> str | None:
    """A number also as text; nothing for an empty text."""
    number = as_int(value)
    return as_text(value, limit=100) if number is None else str(number)


def _recipient(steps: object) -> str | None:
    """Whom the cascade is for: its steps say so, and mean the same person."""
    numbers = (as_e164(step.get("to")) for step in steps if isinstance(step, dict)) if isinstance(steps, list) else ()
    return next((number for number in numbers if number), None)


def _readable_id(value: object) -> str | None:
    """The whole's id for its steps, which survive when it is none."""
    try:
        return as_id(value, "trackingId")
    except PayloadInvalid:
        return None
