"""What people write back to a two-way message. Members: https://en-api.decisiontele.com/viber-api, at second hand."""

from contracts.errors import PayloadInvalid
from contracts.vocabulary import Channel, InboundKind
from providers._kit.facts import InboundFact
from providers._kit.reading import MAX_ID, as_content, as_e164, as_id, as_text, read_object, read_payload
from providers._kit.times import as_instant
from providers.decisiontelecom.hints import Hint
from providers.decisiontelecom.payloads import MESSAGE, TEXT, TRACKING_DATA, Inbound, InboundContent

_TRACKING = "tracking_id:"


def inbound_fact(members: dict[str, object], hint: Hint) -> InboundFact:
    """The person's message; raises `PayloadInvalid` for an id that must not be kept."""
    said = read_payload(Inbound, members)
    content = read_payload(InboundContent, _content(members))
    author = as_e164(said.phone_number)
    reply_to, tracking = _tracked(content.tracking_data)
    text = as_content(content.text)
    return InboundFact(
        kind=InboundKind.TEXT if text else InboundKind.UNKNOWN,
        # Tokens of 19 digits are above what a binary float holds; they stay the text of the whole number.
        message_id=as_id(said.message_token, "message_token"),
        channel=Channel.VIBER,
        occurred_at=as_instant(said.time),
        author=author,
        author_id=None if author else as_id(said.phone_number, "phone_number"),
        # An empty text is what the person sent; none at all is null.
        text="" if content.text == "" else text,
        reply_to=reply_to,
        extras={name: value for name, value in (("send_id", hint.send_id), ("tracking", tracking)) if value},
    )


def _content(members: dict[str, object]) -> dict[str, object]:
    """The object `message`; in a form, which has no objects, its JSON, its text, or its members beside the others."""
    message = members.get(MESSAGE, members)
    if isinstance(message, str):
        return _object_in(message) or {TEXT: message}
    return message if isinstance(message, dict) else {}


def _object_in(text: str) -> dict[str, object]:
    """The message that `text` is as JSON; empty when it is anything else, such as what the person wrote."""
    try:
        found = read_object(text.encode("utf-8", "surrogatepass"))
    except PayloadInvalid:
        return {}
    return found if TEXT in found or TRACKING_DATA in found else {}


def _tracked(tracking_data: object) -> tuple[str | None, str | None]:
    """The id of our message in `tracking_id:100035`, and the text that holds something else."""
    text = as_text(tracking_data)
    if text is None:
        return None, None
    has_prefix = text.lower().startswith(_TRACKING)
    found = text[len(_TRACKING) :].strip() if has_prefix else text
    is_id = has_prefix or found.isdecimal()
    return (found or None, None) if is_id and len(found) <= MAX_ID and found.isprintable() else (None, text)
