"""Tell us that a message was sent."""

from typing import Annotated

from fastapi import APIRouter, Body

from api.access import Sender
from api.answers.attempts import Registered, RegistrationsTaken
from api.parts import Provided
from api.problems import BODY_TOO_LARGE, CONNECTION_UNKNOWN, KAFKA_SILENT, MALFORMED, problem_responses
from api.registrations import Registrations, as_records

router = APIRouter(
    tags=["attempts"], responses=problem_responses(MALFORMED, BODY_TOO_LARGE, CONNECTION_UNKNOWN, KAFKA_SILENT)
)


@router.post("/attempts", status_code=202, summary="Register what you have sent")
async def register_attempts(
    parts: Provided, caller: Sender, body: Annotated[Registrations, Body()]
) -> RegistrationsTaken:
    """Says which provider took which of your messages, one or up to a thousand at once.

    Answered when Kafka has acknowledged them all. All are taken or none is refused: when one member breaks a rule,
    nothing is written. After a 503 it is not known what was stored; send the same again with the same `message_id`.
    Reports may come before their registration: they wait for it.
    """
    registrations = body if isinstance(body, list) else [body]
    records = as_records(registrations, caller, parts.settings.connections, now=parts.clock.now())
    await parts.registrar.write(records)
    return RegistrationsTaken(attempts=[Registered.model_validate(record, from_attributes=True) for record in records])
