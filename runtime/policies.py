"""The file of named policies: plans for messages that do not bring their own, with versions.

A message may name its policy. A policy that says to what it applies is also followed by messages that were registered
without a plan: its first step is then the attempt that was registered, which is waited for and not sent.
"""

import tomllib
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from contracts.errors import ConfigurationInvalid
from contracts.plans import MOST_STEPS, Guards, InDoubt, Plan, PlanStep, QuietHours, SucceedOn
from contracts.records import AttemptRegistered
from contracts.sends import AnyContent, Content
from contracts.vocabulary import Channel
from runtime.settings import SLUG, Section, Settings
from runtime.validation import wrong_members


def _content(given: object) -> object:
    """The content that a table of the file describes."""
    if given is None or isinstance(given, Content):
        return given
    try:
        return msgspec.convert(given, AnyContent)
    except msgspec.ValidationError as exc:
        raise ValueError(f"no content: {exc}") from exc


AnyContentOf = Annotated[Any, BeforeValidator(_content)]


class PolicyStep(Section):
    """One way to the recipient."""

    channel: Channel
    provider: str = Field(pattern=SLUG)
    connection: str = Field(pattern=SLUG)
    sender: str = Field(min_length=1)
    wait_s: int = Field(ge=1, le=30 * 86_400)
    content: AnyContentOf = None
    """Without it, the content that comes with the message."""
    succeed_on: SucceedOn = SucceedOn.DELIVERED
    validity_s: int | None = Field(None, ge=1)
    provider_cascades: bool = False
    is_session: bool = False
    own: dict[str, Any] = Field(default_factory=dict)

    def planned(self, content: AnyContent | None) -> PlanStep:
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return PlanStep(**given | {"content": self.content or content})


class Hours(Section):
    """Quiet hours where the recipient is, such as 21:00 to 08:00."""

    start: time
    end: time


class PolicyGuards(Section):
    """What is asked before each send."""

    quiet_hours: Hours | None = None
    send_within_s: int | None = Field(None, ge=1)
    """So long after the message was planned its last step may still be sent."""
    respects_opt_out: bool = True
    budget: str | None = Field(None, pattern=SLUG)

    def planned(self, at: datetime) -> Guards:
        quiet = self.quiet_hours
        return Guards(
            quiet_hours=QuietHours(start=quiet.start, end=quiet.end) if quiet else None,
            send_before=at + timedelta(seconds=self.send_within_s) if self.send_within_s else None,
            respects_opt_out=self.respects_opt_out,
            budget=self.budget,
        )


class AppliesTo(Section):
    """Which messages follow the policy although they were registered without a plan.

    They left over the connection of the policy's first step; what is given here narrows that.
    """

    account: str | None = Field(None, pattern=SLUG)
    campaign: str = "*"
    """With `*` and `?`; a message without a campaign is in the one without a name."""


class Policy(Section):
    """A plan with a name and a version, which is recorded with each decision."""

    name: str = Field(pattern=SLUG)
    version: int = Field(ge=1)
    """To be raised with every change."""
    steps: tuple[PolicyStep, ...] = Field(min_length=1, max_length=MOST_STEPS)
    guards: PolicyGuards = PolicyGuards()
    in_doubt: InDoubt = InDoubt.HOLD
    applies_to: AppliesTo | None = None

    @model_validator(mode="after")
    def _has_what_to_send(self) -> Self:
        wrong = [number for number, step in enumerate(self.steps) if number and step.content is None]
        if self.applies_to and wrong:
            raise ValueError(
                f"steps.{wrong[0]}.content: must be given, because applies_to has the policy followed by messages "
                "whose content nobody told us"
            )
        if self.applies_to and len(self.steps) < 2:
            raise ValueError("steps: applies_to needs a second step, because the first has been sent already")
        return self

    def plan(self, at: datetime, *, content: AnyContent | None = None) -> Plan:
        """For a message that is planned at that moment; `content` is for the steps that have none of their own."""
        return Plan(
            steps=tuple(step.planned(content) for step in self.steps),
            guards=self.guards.planned(at),
            in_doubt=self.in_doubt,
            policy=self.name,
            version=self.version,
        )

    def applies(self, registered: AttemptRegistered) -> bool:
        """Whether a message that left by this attempt follows the policy by itself."""
        first, to = self.steps[0], self.applies_to
        return (
            to is not None
            and (first.provider, first.connection) == (registered.provider, registered.connection)
            and registered.channel in {None, first.channel}
            and to.account in {None, registered.account}
            and fnmatchcase(registered.campaign or "", to.campaign)
        )


class PolicyBook(Section):
    """All policies of an installation, in the order of the file."""

    policies: tuple[Policy, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [policy.name for policy in self.policies]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"policies: {', '.join(twice)} stands there twice; give each policy a name of its own")
        return self

    def named(self, name: str) -> Policy | None:
        return next((policy for policy in self.policies if policy.name == name), None)

    def applying_to(self, registered: AttemptRegistered) -> Policy | None:
        """The first policy that a message follows by itself; null when none does."""
        return next((policy for policy in self.policies if policy.applies(registered)), None)


def load_policies(settings: Settings) -> PolicyBook:
    """The policies of the installation, none when no file is set.

    Raises `ConfigurationInvalid`, which names the member and the rule.
    """
    file = settings.fallback.policies
    if file is None:
        return PolicyBook()
    try:
        book = PolicyBook.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as exc:
        raise ConfigurationInvalid(f"fallback.policies: {file} cannot be read: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigurationInvalid(f"{file} is not valid TOML: {exc}") from exc
    except ValidationError as exc:
        raise ConfigurationInvalid(f"{file}: {wrong_members(exc)}") from None
    _check_world(book, settings, file)
    return book


def _check_world(book: PolicyBook, settings: Settings, file: Path) -> None:
    """Whether the connections and budgets that are named are there."""
    connections = {(one.provider, one.name) for one in settings.connections}
    budgets = {one.name for one in settings.budgets}
    for policy in book.policies:
        for number, step in enumerate(policy.steps):
            if (step.provider, step.connection) not in connections:
                raise ConfigurationInvalid(
                    f"{file}: {policy.name}.steps.{number}: there is no connection {step.connection} of "
                    f"{step.provider}; name one of those in the settings"
                )
        if policy.guards.budget is not None and policy.guards.budget not in budgets:
            raise ConfigurationInvalid(
                f"{file}: {policy.name}.guards.budget: there is no budget {policy.guards.budget}; add it to the "
                "settings as one of [[budgets]]"
            )
