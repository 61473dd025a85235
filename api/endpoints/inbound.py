"""What people wrote to us."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from analytics.questions import InboundQuestion
from api.admission.access import Caller, Reader
from api.answers.base import FreshnessMember
from api.answers.inbound import Inbound, InboundAnswer
from api.parts import Parts, Provided
from api.people import Person
from api.problems import QUESTION_INVALID, problem_responses
from api.questions.cursors import LONGEST_CURSOR, cursor_after, place_in
from api.questions.spans import require_sensible
from api.texts import Slug, Text
from api.times import Moment
from contracts.vocabulary import Channel

router = APIRouter(tags=["people"], responses=problem_responses(QUESTION_INVALID))


class InboundParameters(BaseModel):
    """The query string of `GET /v1/inbound`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    provider: Slug | None = Field(None, description="Only what came by this provider.")
    connection: Slug | None = Field(None, description="Only what came by this connection.")
    channel: Channel | None = Field(None, description="Only what came on this channel.")
    from_: Moment | None = Field(None, alias="from", description="Received at or after this moment.")
    to: Moment | None = Field(None, description="Received before this moment.")
    addressee: Text | None = Field(None, description="Only what was written to this sender of ours, in any case.")
    author: Person | None = Field(
        None, description="Only what this person wrote: a number with its plus, written %2B, or the id a bot has."
    )
    text: Text | None = Field(None, description="Only what has these words in this order somewhere, in any case.")
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")

    def question(self, caller: Caller, parts: Parts) -> InboundQuestion:
        """The question for this caller; raises the problem that names what makes no sense."""
        require_sensible(self.from_, self.to, parts.clock.now())
        return InboundQuestion(
            accounts=caller.accounts,
            provider=self.provider,
            connection=self.connection,
            channel=self.channel,
            from_=self.from_,
            to=self.to,
            addressee=self.addressee,
            author=None if self.author is None else parts.store.pseudonym(self.author),
            text=self.text,
            before=place_in(self.cursor),
            limit=self.limit,
        )


@router.get("/inbound", summary="What people wrote to us")
async def get_inbound(
    parts: Provided, caller: Reader, parameters: Annotated[InboundParameters, Query()]
) -> InboundAnswer:
    """What people sent to our senders, newest first, each with the message that it answers and how that is known.

    What a message is answered by is found out when you ask, so a delivery report or a registration that came late
    counts as well. Authors are shown by their pseudonyms; their words are shown as they wrote them.
    """
    answer = await parts.store.inbound(parameters.question(caller, parts))
    return InboundAnswer(
        inbound=[Inbound.of(row) for row in answer.rows],
        next_cursor=cursor_after(answer.rows, "received_at", limit=parameters.limit),
        freshness=FreshnessMember.of(answer.freshness),
    )
