"""Tell us that a message was sent."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request

from api.admission.access import Sender
from api.answers.attempts import Registered, RegistrationsTaken
from api.parts import Provided
from api.problems import (
    BODY_TOO_LARGE,
    CONNECTION_UNKNOWN,
    KAFKA_SILENT,
    MALFORMED,
    NOT_JSON,
    Refused,
    problem_responses,
)
from api.submissions.registrations import Registrations, as_records

router = APIRouter(
    tags=["attempts"],
    responses=problem_responses(MALFORMED, BODY_TOO_LARGE, NOT_JSON, CONNECTION_UNKNOWN, KAFKA_SILENT),
)


async def require_json(request: Request) -> None:
    """Raises when the body says that it is something else, as that of a form does."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise Refused(NOT_JSON)


@router.post("/attempts", status_code=202, dependencies=[Depends(require_json)], summary="Register what you have sent")
async def register_attempts(
    parts: Provided, caller: Sender, body: Annotated[Registrations, Body()]
) -> RegistrationsTaken:
    """Says which provider took which of your messages, one or up to a thousand at once.

    Answered when Kafka has acknowledged them all. All are taken or none is refused: when one member breaks a rule,
    nothing is written. After a 503 it is not known what was stored; send the same again with the same `message_id`.
    Reports may come before their registration: they wait for it.
    """
    records = as_records(body, caller, parts.settings.connections, now=parts.clock.now())
    await parts.registrar.write(records)
    return RegistrationsTaken(attempts=[Registered.model_validate(record, from_attributes=True) for record in records])
