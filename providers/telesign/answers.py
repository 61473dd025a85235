"""What Telesign answers to a send or a question: the code in the body decides, never the HTTP status."""

import re
from typing import NamedTuple

from contracts.errors import PayloadInvalid, SendError, SendInDoubt
from contracts.status import DeliveryStatus
from providers._kit.reading import as_id, as_text, read_object
from providers._kit.refused import load_refusals, retry_after_s
from providers._kit.sending import Accepted, HttpAnswer
from providers.telesign.codes import meaning_of

REFUSALS = load_refusals(__package__)

_ON_ITS_WAY = {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED, DeliveryStatus.SENT, DeliveryStatus.DELIVERED}
_STATUS = re.compile(r"[0-9]{3,4}")


class Said(NamedTuple):
    """What can be read of an answer."""

    code: str | None = None
    error_code: str | None = None
    """The first of `errors`, which older interfaces give beside a status of 500."""
    reference_id: str | None = None
    description: str = ""

    @property
    def is_status(self) -> bool:
        """Whether it speaks of a message: statuses have three or four digits, errors five or a minus."""
        return self.code is not None and _STATUS.fullmatch(self.code) is not None


def read_answer(answer: HttpAnswer) -> Said:
    """What is readable; an answer without sense says nothing."""
    try:
        body = read_object(answer.body)
        status = body.get("status")
        told = status if isinstance(status, dict) else {}
        return Said(
            code=as_text(told.get("code"), limit=20),
            error_code=_first_error(body.get("errors")),
            reference_id=as_id(body.get("reference_id"), "reference_id"),
            description=as_text(told.get("description"), limit=200) or "",
        )
    except PayloadInvalid:
        return Said()


def accepted(answer: HttpAnswer) -> Accepted:
    """The provider took the message; raises the `SendError` that its answer stands for when it did not."""
    said = read_answer(answer)
    if said.code is None or meaning_of(said.code).status not in _ON_ITS_WAY:
        raise refusal(answer, said)
    if said.reference_id is None:
        raise SendInDoubt(
            "Telesign took the message and gave no id by which it reports", code=said.code, http_status=answer.status
        )
    return Accepted(root_id=said.reference_id, provider_code=said.code)


def refusal(answer: HttpAnswer, said: Said) -> SendError:
    """The error that an answer stands for, with the provider's code and words."""
    return REFUSALS.error(
        said.description or "no words of the provider",
        code=said.error_code or said.code,
        http_status=answer.status,
        retry_after_s=retry_after_s(answer.headers.get("retry-after")),
    )


def _first_error(errors: object) -> str | None:
    first = errors[0] if isinstance(errors, list) and errors else None
    return as_text(first.get("code"), limit=20) if isinstance(first, dict) else None
