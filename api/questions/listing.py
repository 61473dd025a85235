"""A list of messages as it is asked for in a query string, checked and made into what the store answers."""

from datetime import timedelta

from pydantic import Field

from analytics.lists.messages import MessagesQuestion
from analytics.measures.metrics import Dimension
from api.admission.access import Caller
from api.parts import Parts
from api.people import Person
from api.questions import filtering
from api.questions.cursors import LONGEST_CURSOR, attempt_in
from api.questions.measuring import Asked
from api.questions.spans import span_of
from api.texts import Text
from api.times import Moment

USUAL_SPAN = timedelta(days=30)
LONGEST = timedelta(days=100)


class MessagesParameters(Asked):
    """The query string of `GET /v1/messages`."""

    from_: Moment | None = Field(
        None, alias="from", description="First heard of at or after this moment; 30 days before `to` when not given."
    )
    to: Moment | None = Field(None, description="First heard of before this moment; now when not given.")
    status: filtering.Statuses = filtering.by(Dimension.STATUS)
    reason: filtering.Reasons = filtering.by(Dimension.REASON)
    provider_message_id: Text | None = Field(
        None, description="Only what the provider calls so: the id of a send, or of one of its channels or parts."
    )
    recipient: Person | None = Field(None, description="Only what was sent to this number, its plus written %2B.")
    external_id: Text | None = Field(
        None, description="Only what has this reference of yours, given with a registration or a plan."
    )
    cursor: str | None = Field(None, max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="How many at most.")

    def question(self, caller: Caller, parts: Parts) -> MessagesQuestion:
        """The question for this caller; raises the problem that names what makes no sense."""
        from_, to = span_of(
            (self.from_, self.to), parts.clock.now(), usual=USUAL_SPAN, longest=LONGEST, advice="ask in parts"
        )
        return MessagesQuestion(
            from_=from_,
            to=to,
            accounts=caller.accounts,
            filters=self.filters(),
            provider_message_id=self.provider_message_id,
            recipient=None if self.recipient is None else parts.store.pseudonym(self.recipient),
            external_id=self.external_id,
            before=attempt_in(self.cursor),
            limit=self.limit,
        )
