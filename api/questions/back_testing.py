"""Questions about the past as they are asked, checked and made into those the store answers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from analytics.back_test.questions import BackTestQuestion, ReplayedStep, TimeBy, WaitsQuestion, Way
from api.admission.access import Caller
from api.problems import INVALID, FieldError, Refused
from api.questions.filtering import listed, or_several
from api.questions.measuring import VALUES_LIMIT, split
from api.questions.spans import Place, span_of
from api.texts import Slug
from api.times import Moment
from contracts.plans import MOST_STEPS, SucceedOn
from contracts.vocabulary import Channel
from runtime.policies import Policy, PolicyBook
from runtime.settings import Connection

_Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
_CountriesWritten = Annotated[str, Field(pattern="^[A-Z]{2}(,[A-Z]{2})*$")]
_Text = Annotated[str, Field(min_length=1, max_length=200)]
Channels = Annotated[list[Channel], BeforeValidator(split)]
Countries = Annotated[
    list[_Country], BeforeValidator(split, json_schema_input_type=or_several(_CountriesWritten, VALUES_LIMIT))
]
Texts = Annotated[list[_Text], BeforeValidator(listed, json_schema_input_type=or_several(_Text, VALUES_LIMIT))]
LONGEST = timedelta(days=100)
A_WEEK = timedelta(days=7)
LONGEST_WAIT_S = 30 * 86_400


class SpanAsked(BaseModel):
    """Which messages are looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: Moment | None = Field(
        None,
        alias="from",
        description="Messages that began at this moment or later; a week before `to` when not given.",
    )
    to: Moment | None = Field(None, description="Messages that began before this moment; now when not given.")
    provider: Slug | None = Field(None, description="Only messages that began with this provider.")
    country: Countries = Field(
        [], max_length=VALUES_LIMIT, description="Only to numbers of these countries; repeat it or separate by commas."
    )
    campaign: Texts = Field([], max_length=VALUES_LIMIT, description="Only of these campaigns.")
    clock: TimeBy = Field(
        TimeBy.RECEIVED,
        description="`received`: a report counts from when we heard it, as a plan goes by it. `occurred`: from when "
        "its provider says that it happened, for messages whose reports came in bulk.",
    )

    def span(self, caller: Caller, now: datetime, *, place: Place = "body") -> dict[str, Any]:
        """The members of a question for this caller; raises the problem that names a span that makes no sense."""
        from_, to = span_of(
            (self.from_, self.to), now, usual=A_WEEK, longest=LONGEST, advice="ask in parts", place=place
        )
        return {
            "from_": from_,
            "to": to,
            "accounts": caller.accounts,
            "provider": self.provider,
            "countries": tuple(self.country) or None,
            "campaigns": tuple(self.campaign) or None,
            "clock": self.clock,
        }


class StepAsked(BaseModel):
    """A step of a plan to be replayed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel = Field(description="Over which channel.", examples=["viber"])
    provider: Slug | None = Field(None, description="Only by this provider.", examples=["infobip"])
    connection: Slug | None = Field(None, description="Only over this connection.", examples=["main"])
    wait_s: int = Field(
        60, ge=1, le=LONGEST_WAIT_S, description="For how long it may succeed; of no use in the last step."
    )
    succeed_on: SucceedOn = Field(SucceedOn.DELIVERED, description="The least that it has to reach.")

    def replayed(self) -> ReplayedStep:
        return ReplayedStep(**self.model_dump())


class BackTestAsked(SpanAsked):
    """A plan, by the name of its policy or step by step, and the messages to replay it with."""

    policy: Slug | None = Field(None, description="The name of a policy in the installation's file.", examples=["otp"])
    steps: list[StepAsked] | None = Field(
        None, min_length=2, max_length=MOST_STEPS, description="The plan, when it is not one in the file."
    )

    @model_validator(mode="after")
    def _has_one_plan(self) -> Self:
        if (self.policy is None) == (self.steps is None):
            raise ValueError("give either policy or steps")
        return self

    def question(self, caller: Caller, now: datetime, policy: Policy | None) -> BackTestQuestion:
        """The question for this caller."""
        steps = tuple(step.replayed() for step in self.steps or ()) if policy is None else _steps_of(policy)
        return BackTestQuestion(**self.span(caller, now), steps=steps)

    def policy_in(self, book: PolicyBook, caller: Caller, connections: Sequence[Connection]) -> Policy | None:
        """The policy that is named; raises the problem that the caller can see none of that name."""
        if self.policy is None:
            return None
        known = policies_for(caller, book, connections)
        policy = known.get(self.policy)
        if policy is None:
            names = ", ".join(known) or "none"
            raise _wrong("policy_unknown", f"There is no such policy; there are: {names}")
        if len(policy.steps) < 2:
            raise _wrong("no_fallback", "The policy has one step, so no fallback; name another")
        return policy


class WaitsParameters(SpanAsked):
    """The query string of `GET /v1/advice/waits`."""

    channel: Channels = Field(
        [Channel.VIBER], min_length=1, max_length=len(Channel), description="Of messages on these channels."
    )
    fallback: Channel = Field(Channel.SMS, description="The channel that a fallback would take.")
    fallback_provider: Slug | None = Field(None, description="By which provider; its prices count then.")
    value_of_minute: Decimal | None = Field(
        None,
        gt=0,
        le=1_000_000,
        max_digits=12,
        decimal_places=6,
        description="What it is worth that one message arrives a minute sooner, in the currency of the fallback's "
        "price. When not given a tenth of that price: for ten minutes sooner one would pay another fallback.",
    )
    least: int = Field(200, ge=50, le=1_000_000, description="Below so many observations nothing is advised.")

    def question(self, caller: Caller, now: datetime) -> WaitsQuestion:
        """The question for this caller."""
        return WaitsQuestion(
            **self.span(caller, now, place="query"),
            channels=tuple(dict.fromkeys(self.channel)),
            fallback=Way(channel=self.fallback, provider=self.fallback_provider),
            value_of_minute=self.value_of_minute,
            least_observations=self.least,
        )


def policies_for(caller: Caller, book: PolicyBook, connections: Sequence[Connection]) -> dict[str, Policy]:
    """By name those whose every step goes by a connection that the caller may see."""
    visible = {(one.provider, one.name) for one in connections if caller.may_see(one.account)}
    return {
        one.name: one for one in book.policies if all((step.provider, step.connection) in visible for step in one.steps)
    }


def _steps_of(policy: Policy) -> tuple[ReplayedStep, ...]:
    return tuple(
        ReplayedStep(
            channel=step.channel,
            provider=step.provider,
            connection=step.connection,
            wait_s=step.wait_s,
            succeed_on=step.succeed_on,
        )
        for step in policy.steps
    )


def _wrong(rule: str, detail: str) -> Refused:
    return Refused(INVALID, errors=[FieldError(place="body", member="policy", rule=rule, detail=detail)])
