"""Conversations with people that are billed by the session."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from analytics.lists.sessions import SessionsQuestion
from api.admission.access import Caller, Reader
from api.answers.base import FreshnessMember
from api.answers.sessions import ConversationAnswer, RuleBreak, Session, SessionsAnswer, conversation_of
from api.parts import Parts, Provided
from api.people import Person
from api.problems import NOT_FOUND, QUESTION_INVALID, problem_responses
from api.questions.cursors import LONGEST_CURSOR, cursor_after, place_in
from api.questions.spans import require_sensible
from api.texts import Text
from api.times import Moment
from contracts.conversations import NearLimit

router = APIRouter(tags=["people"], responses=problem_responses(QUESTION_INVALID))


class Page(BaseModel):
    """Which part of a list of sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")


class SessionsParameters(Page):
    """The query string of `GET /v1/sessions`."""

    sender: Text | None = Field(None, description="Only with this sender of ours, in any case.")
    open: bool | None = Field(None, description="Only open ones, or only closed ones.")
    near: NearLimit | None = Field(None, description="Only open ones that are about to run out of this.")
    from_: Moment | None = Field(None, alias="from", description="Opened at or after this moment.")
    to: Moment | None = Field(None, description="Opened before this moment.")

    def question(self, caller: Caller, parts: Parts) -> SessionsQuestion:
        """The question for this caller; raises the problem that names what makes no sense."""
        require_sensible(self.from_, self.to, parts.clock.now())
        return SessionsQuestion(
            accounts=caller.accounts,
            sender=self.sender,
            is_open=self.open,
            near=self.near,
            from_=self.from_,
            to=self.to,
            before=place_in(self.cursor),
            limit=self.limit,
        )


@router.get("/sessions", summary="Sessions with people")
async def get_sessions(
    parts: Provided, caller: Reader, parameters: Annotated[SessionsParameters, Query()]
) -> SessionsAnswer:
    """Viber sessions, the newest first: how many messages they hold, why they are over, and what they cost.

    A session is billed once, whatever it holds. One whose account was told and is changed by a message that was heard
    late shows the corrected account.
    """
    answer = await parts.store.sessions(parameters.question(caller, parts))
    return SessionsAnswer(
        sessions=[Session.model_validate(row) for row in answer.rows],
        next_cursor=cursor_after(answer.rows, "opened_at", limit=parameters.limit),
        freshness=FreshnessMember.of(answer.freshness),
    )


@router.get(
    "/sessions/{sender}/{recipient:path}",
    responses=problem_responses(NOT_FOUND),
    summary="What may be sent to a person in a session",
)
async def get_conversation(
    parts: Provided,
    caller: Reader,
    sender: Annotated[Text, Path(description="A sender of ours, in any case.", examples=["ExampleShop"])],
    recipient: Annotated[
        Person, Path(description="A number with its plus, or the id a bot has.", examples=["+447700900105"])
    ],
    page: Annotated[Page, Query()],
) -> ConversationAnswer:
    """The sessions of one person with one sender, and what the next message of each kind would do if it left now.

    It is what sends are held to. What left a moment ago may not be counted yet; `freshness` and `as_of` say more.
    """
    question = SessionsQuestion(
        accounts=caller.accounts,
        sender=sender,
        recipient=parts.store.pseudonym(recipient),
        before=place_in(page.cursor),
        limit=page.limit,
    )
    found = await parts.store.conversation(question)
    now = parts.clock.now()
    return ConversationAnswer(
        sender=sender,
        recipient_hash=f"{question.recipient:016x}",
        conversations=[conversation_of(row, recipient, now) for row in found.standings],
        rule_breaks=[RuleBreak.model_validate(row) for row in found.breaks],
        sessions=[Session.model_validate(row) for row in found.rows],
        next_cursor=cursor_after(found.rows, "opened_at", limit=page.limit),
        freshness=FreshnessMember.of(found.freshness),
    )
