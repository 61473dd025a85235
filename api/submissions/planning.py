"""Messages as they were asked for, made into the records that go to Kafka."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from msgspec import structs

from api.admission.access import Caller
from api.problems import INVALID, FieldError, Refused
from api.recipients import recipient_of
from api.submissions.plans import MessageGuards, NewMessage, Step
from api.submissions.registrations import Known, known_connections, require_known
from contracts.identity import keyed_message_id, new_message_id
from contracts.plans import Guards, InDoubt, MessagePlanned, Plan, PlanStep, QuietHours, SentElsewhere
from contracts.records import AttemptRegistered
from runtime.policies import PolicyBook
from runtime.settings import Settings


@dataclass(frozen=True)
class World:
    """What a message is checked against."""

    caller: Caller
    settings: Settings
    policies: PolicyBook
    now: datetime
    key: str | None = None
    """By which the request is known when it is repeated."""

    @cached_property
    def known(self) -> Known:
        return known_connections(self.caller, self.settings.connections)


@dataclass(frozen=True)
class Asked:
    """One message of a request, its place there, and the record of it."""

    place: str
    body: NewMessage
    record: MessagePlanned

    def member(self, step: int, name: str) -> str:
        """Where a member of a step stands in the body; the steps of a policy stand behind its name."""
        return f"{self.place}policy" if self.body.policy else f"{self.place}steps[{step}].{name}"


def as_asked(body: NewMessage | Sequence[NewMessage], world: World) -> list[Asked]:
    """The messages of a body; raises the problem that names the policies and connections that are not known."""
    bodies = {"": body} if isinstance(body, NewMessage) else {f"[{at}].": one for at, one in enumerate(body)}
    _require_policies(bodies, world)
    _require_connections(bodies, world)
    return [Asked(place, one, _record(one, index, world)) for index, (place, one) in enumerate(bodies.items())]


def registration_of(planned: MessagePlanned) -> AttemptRegistered | None:
    """The attempt of a first step that was sent elsewhere; null when none was."""
    if planned.sent is None:
        return None
    first = planned.plan.steps[0]
    is_number = planned.recipient.startswith("+")
    return AttemptRegistered(
        provider=first.provider,
        connection=first.connection,
        account=planned.account,
        root_id=planned.sent.root_id,
        registered_at=planned.planned_at,
        message_id=planned.message_id,
        channel=first.channel,
        recipient=planned.recipient,
        country=recipient_of(planned.recipient).country if is_number else None,
        sender=first.sender,
        campaign=planned.campaign,
        external_id=planned.external_id,
        sent_at=planned.sent.sent_at,
    )


def _require_policies(bodies: Mapping[str, NewMessage], world: World) -> None:
    names = [one.name for one in world.policies.policies]
    known = f"The policies are: {', '.join(names) or 'none'}"
    errors = [
        FieldError(place="body", member=f"{place}policy", rule="policy_unknown", detail=known)
        for place, one in bodies.items()
        if one.policy is not None and one.policy not in names
    ]
    if errors:
        raise Refused(INVALID, errors=errors)


def _require_connections(bodies: Mapping[str, NewMessage], world: World) -> None:
    named = {
        f"{place}steps[{number}].connection": (step.provider, step.connection)
        for place, one in bodies.items()
        for number, step in enumerate(one.steps or ())
    }
    for place, one in bodies.items():
        if policy := world.policies.named(one.policy or ""):
            named |= {f"{place}policy": (step.provider, step.connection) for step in policy.steps}
    require_known(named, world.known)


def _plan(body: NewMessage, world: World) -> Plan:
    policy = world.policies.named(body.policy or "")
    if policy is not None:
        plan = policy.plan(world.now, content=body.content.as_record() if body.content else None)
    else:
        plan = Plan(
            steps=tuple(_plan_step(step, body) for step in body.steps or ()),
            guards=_guards(body.guards or MessageGuards()),
            in_doubt=body.in_doubt or InDoubt.HOLD,
        )
    if body.sent is None:
        return plan
    # What was sent elsewhere is not sent again, so nobody needs to keep what it said.
    first, *others = plan.steps
    return structs.replace(plan, steps=(structs.replace(first, content=None), *others))


def _plan_step(step: Step, body: NewMessage) -> PlanStep:
    content = step.content or body.content
    return PlanStep(
        channel=step.channel,
        provider=step.provider,
        connection=step.connection,
        sender=step.sender,
        wait_s=step.wait_s,
        content=content.as_record() if content else None,
        succeed_on=step.succeed_on,
        validity_s=step.validity_s,
        provider_cascades=step.provider_cascades,
        is_session=step.is_session,
        own=dict(step.own),
    )


def _guards(body: MessageGuards) -> Guards:
    quiet = body.quiet_hours
    return Guards(
        quiet_hours=QuietHours(start=quiet.start, end=quiet.end) if quiet else None,
        send_before=body.send_before,
        respects_opt_out=body.respects_opt_out,
        budget=body.budget,
    )


def _record(body: NewMessage, index: int, world: World) -> MessagePlanned:
    plan, sent = _plan(body, world), body.sent
    first = plan.steps[0]
    account = world.known[first.provider, first.connection].account
    return MessagePlanned(
        message_id=_message_id(body, index, account, world=world),
        account=account,
        recipient=body.recipient,
        planned_at=world.now,
        plan=plan,
        campaign=body.campaign,
        external_id=body.external_id,
        sent=SentElsewhere(**sent.model_dump()) if sent else None,
        body_digest=body.digest if body.message_id or world.key else None,
    )


def _message_id(body: NewMessage, index: int, account: str, *, world: World) -> str:
    if body.message_id is not None:
        return str(body.message_id)
    if world.key is not None:
        return keyed_message_id(account, world.key, index)
    return new_message_id(int(world.now.timestamp() * 1000))
