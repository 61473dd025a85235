"""Tell us what is to reach whom, and by which ways; and that it is not to any more."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Path

from api.admission.access import Sender
from api.answers.plans import MessageCancelTaken, MessagesTaken, MessageTaken
from api.endpoints.attempts import require_json
from api.idempotency import idempotency_key
from api.parts import Parts, Provided
from api.problems import (
    BODY_TOO_LARGE,
    CONNECTION_UNKNOWN,
    INVALID,
    KAFKA_SILENT,
    MALFORMED,
    NOT_FOUND,
    NOT_JSON,
    NOTHING_LEFT,
    FieldError,
    Refused,
    problem_responses,
)
from api.stories import closing
from api.submissions.plan_rules import require_sound
from api.submissions.planning import Asked, World, as_asked, registration_of
from api.submissions.plans import NewMessages
from api.timelines import tell
from contracts.errors import QueryInvalid, StoreUnavailable
from contracts.plans import Decision, MessageCancelled

router = APIRouter(tags=["messages"])

Key = Annotated[str | None, idempotency_key("the same messages, which are sent once", example="order-1207-notice")]


@router.post(
    "/messages",
    status_code=202,
    dependencies=[Depends(require_json)],
    responses=problem_responses(MALFORMED, BODY_TOO_LARGE, NOT_JSON, CONNECTION_UNKNOWN, KAFKA_SILENT),
    summary="Let a message reach somebody by the first way that works",
)
async def plan_messages(
    parts: Provided, caller: Sender, body: Annotated[NewMessages, Body()], key: Key = None
) -> MessagesTaken:
    """Takes one message or up to a thousand, each with its plan: the ways to its recipient, in their order.

    The next way is taken when the one before ended badly for a reason that another one may cure, or when its time
    passes without success. Answered when Kafka has acknowledged them all; when one member breaks a rule, nothing is
    written. After a 503 it is not known what was stored: send the same again under the same `Idempotency-Key`, or with
    the same `message_id`s, and each message leaves once. Another plan under a known id is refused as soon as the store
    knows the first, and ignored before that.
    """
    world = World(caller, parts.settings, parts.policies(), parts.clock.now(), key)
    asked = as_asked(body, world)
    require_sound(asked, world)
    known = await _known(parts, asked, has_key=key is not None)
    fresh = [one.record for one in asked if one.record.message_id not in known]
    if registrations := [attempt for one in fresh if (attempt := registration_of(one))]:
        await parts.registrar.write(registrations)
    if fresh:
        await parts.registrar.write_messages(fresh)
    taken = [
        MessageTaken(
            message_id=one.record.message_id,
            account=one.record.account,
            external_id=one.record.external_id,
            is_repeat=one.record.message_id in known,
        )
        for one in asked
    ]
    return MessagesTaken(messages=taken)


async def _known(parts: Parts, asked: Sequence[Asked], *, has_key: bool) -> set[str]:
    """The messages that have this very plan already; raises the problem that names those that have another one."""
    repeatable = {one.record.message_id: one for one in asked if one.record.body_digest}
    if not repeatable:
        return set()
    try:
        rows = (await parts.store.known_plans(list(repeatable))).rows
    except (StoreUnavailable, QueryInvalid):
        # What is sent must not wait for what is asked: of two plans of one message the first counts anyway.
        return set()
    known = {row["message_id"]: (row["account"], row["body_digest"]) for row in rows}
    errors = [
        _taken_before(one, has_key=has_key)
        for name, one in repeatable.items()
        if known.get(name, ours := (one.record.account, one.record.body_digest)) != ours
    ]
    if errors:
        raise Refused(INVALID, errors=errors)
    return set(known)


def _taken_before(one: Asked, *, has_key: bool) -> FieldError:
    if has_key and one.body.message_id is None:
        detail = f"Under this key another message stood at {one.place[:-1] or 'the same place'}; use a key once"
        return FieldError(place="header", member="Idempotency-Key", rule="idempotency_key_reused", detail=detail)
    detail = "There is another plan under this id; give each message an id of its own"
    return FieldError(place="body", member=f"{one.place}message_id", rule="planned_differently", detail=detail)


@router.post(
    "/messages/{id}/cancel",
    status_code=202,
    responses=problem_responses(NOT_FOUND, NOTHING_LEFT, KAFKA_SILENT),
    summary="Send nothing more of a message",
)
async def cancel_message(
    parts: Provided,
    caller: Sender,
    id: Annotated[UUID, Path(description="The id of the message.")],  # noqa: A002  # the name is the public one
) -> MessageCancelTaken:
    """Stops what has not left of a message; what has left cannot be called back.

    A message that the store does not know yet is a 404 that says how far the store is: ask again in a moment. One about
    which all is decided is a 409 that says what was decided.
    """
    told = await tell(parts, caller.accounts, str(id), with_evidence=False)
    message_id, account = told.message_id, told.account
    if message_id is None or account is None:
        raise Refused(NOT_FOUND, f"Nobody has registered the attempt {id}, so it belongs to no message yet.")
    over = closing(told.decisions)
    is_repeat = bool(told.plan and told.plan.cancelled_at) or (over is not None and over.decision is Decision.CANCELLED)
    if over is not None and not is_repeat:
        raise Refused(NOTHING_LEFT, f"{over.words}.")
    if not is_repeat:
        now = parts.clock.now()
        await parts.registrar.write_messages(
            [MessageCancelled(message_id=message_id, account=account, cancelled_at=now)]
        )
    return MessageCancelTaken(message_id=message_id, account=account, is_repeat=is_repeat)
