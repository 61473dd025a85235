"""What DecisionTelecom answers. Errors come with HTTP 200 as well, so the body is read before the status."""

from contracts.errors import PayloadInvalid, SendError, SendInDoubt
from providers._kit.reading import as_id, as_int, as_text, read_object, read_payload
from providers._kit.refused import load_refusals, retry_after_s
from providers._kit.sending import Accepted, HttpAnswer
from providers.decisiontelecom.payloads import CODE, MESSAGE_DATA, MESSAGE_ID, NAME, Failure, SentSms

REFUSALS = load_refusals(__package__)

_MOST_PARTS = 255


def members_of(answer: HttpAnswer) -> dict[str, object]:
    """The object in the answer; one without sense is as good as empty."""
    try:
        return read_object(answer.body)
    except PayloadInvalid:
        return {}


def refusal_in(answer: HttpAnswer, members: dict[str, object]) -> SendError | None:
    """The error that the answer is, whatever its HTTP status; null for a good one."""
    is_error = MESSAGE_ID not in members and (CODE in members or NAME in members)
    if 200 <= answer.status < 300 and not is_error:
        return None
    said = read_payload(Failure, members)
    return REFUSALS.error(
        _words(said),
        code=as_text(said.code, limit=20),
        http_status=_http_status(answer, said),
        retry_after_s=retry_after_s(answer.headers.get("retry-after")),
    )


def accepted_viber(answer: HttpAnswer) -> Accepted:
    """The id of a Viber message; raises a `SendError` for any other answer."""
    members = _good(answer)
    return Accepted(root_id=_id(members.get(MESSAGE_ID)))


def accepted_sms(answer: HttpAnswer) -> Accepted:
    """The id of an SMS; raises a `SendError` for any other answer."""
    entries = _good(answer).get(MESSAGE_DATA)
    first = entries[0] if isinstance(entries, list) and entries and isinstance(entries[0], dict) else {}
    sent = read_payload(SentSms, first)
    parts = as_int(sent.concat_part)
    return Accepted(
        root_id=_id(sent.message_id),
        provider_code=as_text(sent.status, limit=20),
        parts_count=parts if parts and 0 < parts <= _MOST_PARTS else 1,
    )


def _good(answer: HttpAnswer) -> dict[str, object]:
    members = members_of(answer)
    error = refusal_in(answer, members)
    if error is not None:
        raise error
    return members


def _id(value: object) -> str:
    try:
        found = as_id(value, MESSAGE_ID)
    except PayloadInvalid:
        found = None
    if found is None:
        raise SendInDoubt("the provider said yes and gave no id, so that nothing it reports can be told to be this")
    return found


def _http_status(answer: HttpAnswer, said: Failure) -> int:
    """The status that the body gives; it is right where the answer's own is 200."""
    status = as_int(said.status)
    return status if status is not None and 300 <= status <= 599 else answer.status


def _words(said: Failure) -> str:
    words = ": ".join(filter(None, (as_text(said.name, limit=200), as_text(said.message, limit=200))))
    return words or "the provider says no more"
