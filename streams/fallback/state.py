"""What is remembered of a message with a plan, as small as it can be kept. Members are stored by place: append only.

Three things are kept: the plan, what is known of each send, and what was decided. What is known only grows: statuses
join as sets, outcomes and ends as the most telling, moments as the earliest. So it is the same in any order.
"""

from datetime import time
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import structs

from contracts.identity import attempt_key
from contracts.plans import MOST_TRIES, InDoubt, MessagePlanned, PlanStep, SucceedOn
from contracts.sends import AnyContent
from contracts.status import NO_EVIDENCE, ORDER, DeliveryStatus, Evidence
from contracts.vocabulary import Channel
from streams.engine.moments import ms_of

NO_SEND = -1
"""Where it is not known to which send an attempt belongs."""
NOT_BEGUN = -1


class KeptStep(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A step without its names; its content goes when it cannot be sent any more."""

    channel: Channel
    provider: str
    connection: str
    sender: str
    wait_s: int
    content: AnyContent | None
    succeed_on: SucceedOn
    validity_s: int | None
    provider_cascades: bool
    own: dict[str, Any]
    is_session: bool = False


class KeptPlan(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of `MessagePlanned`, what decisions need. `quiet` is minutes of the day, from and to."""

    account: str
    recipient: str
    steps: tuple[KeptStep, ...]
    policy: str
    version: int
    in_doubt: InDoubt
    quiet: tuple[int, int] | None
    send_before_ms: int
    respects_opt_out: bool
    budget: str | None
    campaign: str | None


class Send(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One try of one step. `outcome` is the place in the order of outcomes, from 1; 0 while none is told."""

    code: int
    commanded_ms: int
    give_up_ms: int
    outcome: int = 0
    left_ms: int = 0
    """The earliest moment at which it is known to have been taken; 0 while it is not."""
    told_ms: int = 0
    error: str | None = None
    provider_code: str | None = None
    may_fall_back: bool = False
    is_held: bool = False
    is_withdrawn: bool = False

    @property
    def step(self) -> int:
        return self.code // MOST_TRIES

    @property
    def number(self) -> int:
        return self.code % MOST_TRIES


class End(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An end that was reported; of two, that of the whole counts, then the one that forbids more, then the stronger."""

    forbids: bool
    rank: int
    provider_code: str
    at_ms: int
    is_of_leg: bool = False
    """It is told of one channel of a send that may have several, and does not say that another way may cure it."""


class Attempt(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is said of one attempt."""

    send: int = NO_SEND
    """The code of the send that it belongs to."""
    evidence: Evidence = NO_EVIDENCE
    heard_ms: int = 0
    """When it was first spoken of; 0 while it was not."""
    channels: int = 0
    """The channels that were reported on, as bits in the order of `Channel`."""
    end: End | None = None
    success: End | None = None
    """Kept as an end is, for the sentence about it."""


class MessageState(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A message; without `plan` only what was heard of it before."""

    first_ms: int
    plan: KeptPlan | None = None
    sends: tuple[Send, ...] = ()
    attempts: dict[bytes, Attempt] = {}
    """By the short name of the attempt's key."""
    at: int = NOT_BEGUN
    """The last step that was sent or skipped."""
    told: int = 0
    """What was decided once and for all, as bits."""
    put_off_ms: int = 0
    """Until when quiet hours hold the next send."""
    cancelled_ms: int = 0
    changed_ms: int = 0


def code_of(step: int, number: int) -> int:
    """A try of a step as one number; later sends have higher ones."""
    return step * MOST_TRIES + number


def root_of(provider: str, connection: str, root_id: str) -> bytes:
    """The short name of an attempt: eight bytes tell the few attempts of one message apart."""
    key = attempt_key(provider, connection, root_id)
    return blake2b(key, digest_size=8).digest()


def kept_plan(planned: MessagePlanned) -> KeptPlan:
    plan, guards, sent = planned.plan, planned.plan.guards, planned.sent
    quiet = guards.quiet_hours
    return KeptPlan(
        account=planned.account,
        recipient=planned.recipient,
        steps=tuple(
            _kept_step(step, cascades=number == 0 and sent is not None and sent.provider_cascades)
            for number, step in enumerate(plan.steps)
        ),
        policy=plan.policy,
        version=plan.version,
        in_doubt=plan.in_doubt,
        quiet=(_minutes(quiet.start), _minutes(quiet.end)) if quiet else None,
        send_before_ms=ms_of(guards.send_before) if guards.send_before else 0,
        respects_opt_out=guards.respects_opt_out,
        budget=guards.budget,
        campaign=planned.campaign,
    )


def _kept_step(step: PlanStep, *, cascades: bool) -> KeptStep:
    return KeptStep(
        channel=step.channel,
        provider=step.provider,
        connection=step.connection,
        sender=step.sender,
        wait_s=step.wait_s,
        content=step.content,
        succeed_on=step.succeed_on,
        validity_s=step.validity_s,
        provider_cascades=step.provider_cascades or cascades,
        own=step.own,
        is_session=step.is_session,
    )


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def lean(state: MessageState, *, is_over: bool) -> MessageState:
    """Without the contents that will not be sent any more: they are most of a state, and people's affair."""
    if state.plan is None:
        return state
    is_taken = any(send.left_ms for send in state.sends if send.step == state.at)
    count = len(state.plan.steps) if is_over else state.at + is_taken
    if all(step.content is None for step in state.plan.steps[: max(0, count)]):
        return state
    steps = tuple(
        structs.replace(step, content=None) if number < count else step for number, step in enumerate(state.plan.steps)
    )
    return structs.replace(state, plan=structs.replace(state.plan, steps=steps))


def status_at(rank: int) -> DeliveryStatus:
    return ORDER[rank]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(MessageState)


def encode_message(state: MessageState) -> bytes:
    return _ENCODER.encode(state)


def decode_message(data: bytes) -> MessageState:
    return _DECODER.decode(data)
