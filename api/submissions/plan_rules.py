"""The rules that a message breaks and that need more than one member, or the installation, to see."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from api.problems import INVALID, FieldError, Refused
from api.submissions.planning import Asked, World
from api.submissions.registrations import FUTURE_LIMIT, PAST_LIMIT
from contracts.codec import encode
from contracts.plans import PlanStep
from contracts.vocabulary import Channel

LARGEST_PLAN = 100_000
LONGEST_AHEAD = timedelta(days=30)
WITHOUT_NUMBERS = frozenset({Channel.VIBER_BOT, Channel.PUSH, Channel.EMAIL, Channel.OTHER})
"""Channels whose recipients need not be telephone numbers."""


def require_sound(asked: Sequence[Asked], world: World) -> None:
    """Raises the problem that names each member that cannot stand."""
    errors = [error for one in asked for error in _faults(one, world)] + list(_repeated(asked))
    if errors:
        raise Refused(INVALID, errors=errors)


def _faults(one: Asked, world: World) -> Iterator[FieldError]:
    yield from _faults_of_times(one, world)
    record, place = one.record, one.place
    budget = record.plan.guards.budget
    if budget and (budget, record.account) not in {(known.name, known.account) for known in world.settings.budgets}:
        member = f"{place}policy" if one.body.policy else f"{place}guards.budget"
        yield _error(member, "budget_unknown", "The account has no such budget among the settings' [[budgets]]")
    is_number = record.recipient.startswith("+")
    if not is_number and any(step.channel not in WITHOUT_NUMBERS for step in record.plan.steps):
        detail = "Write the number in international form with a plus: a step goes to a telephone"
        yield _error(f"{place}recipient", "number_needed", detail)
    for number, step in enumerate(record.plan.steps):
        yield from _faults_of_step(one, number, step, world=world)
    if len(encode(record)) > LARGEST_PLAN:
        yield _error(place.rstrip("."), "plan_too_large", f"A message may have {LARGEST_PLAN} bytes with its plan")


def _faults_of_times(one: Asked, world: World) -> Iterator[FieldError]:
    guards, sent = one.body.guards, one.body.sent
    if guards and guards.send_before and not world.now < guards.send_before <= world.now + LONGEST_AHEAD:
        detail = "The last time to send must lie ahead, at most 30 days"
        yield _error(f"{one.place}guards.send_before", "time_out_of_range", detail)
    if sent and not world.now - PAST_LIMIT <= sent.sent_at <= world.now + FUTURE_LIMIT:
        detail = "The time must lie within the last 30 days, and at most an hour ahead"
        yield _error(f"{one.place}sent.sent_at", "time_out_of_range", detail)


def _faults_of_step(one: Asked, number: int, step: PlanStep, *, world: World) -> Iterator[FieldError]:
    connection = world.known[step.provider, step.connection]
    is_sent = number == 0 and one.body.sent is not None
    if connection.account != one.record.account:
        detail = "All steps belong to one account, and this connection is of another one than the first"
        yield _error(one.member(number, "connection"), "account_mixed", detail)
    if connection.observe_only and not is_sent:
        detail = "The connection is declared observe_only: nothing is sent over it"
        yield _error(one.member(number, "connection"), "connection_only_observes", detail)
    if step.content is None and not is_sent:
        detail = "Give the step a content, or the message one for all its steps"
        yield _error(one.member(number, "content"), "content_missing", detail)


def _repeated(asked: Sequence[Asked]) -> Iterator[FieldError]:
    seen: dict[str, str] = {}
    for one in asked:
        if (first := seen.setdefault(one.record.message_id, one.place)) != one.place:
            yield _error(f"{one.place}message_id", "repeated", f"The same id stands at {first[:-1]} already")


def _error(member: str, rule: str, detail: str) -> FieldError:
    return FieldError(place="body", member=member, rule=rule, detail=detail)
