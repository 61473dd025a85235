"""What a record says that matters for the way of a message.

Most messages have no plan. What is heard of them costs a look at a header, or at most a record that is read in part.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec
import structlog

from contracts.codec import decode, read
from contracts.envelope import VERDICT, header
from contracts.errors import PayloadInvalid
from contracts.plans import MessageCancelled, MessagePlanned, SendOutcome, SentElsewhere, read_message, step_and_try
from contracts.records import AttemptRegistered, Due
from contracts.vocabulary import Verdict
from runtime.policies import Policy
from streams.engine.moments import EPOCH, moment_of
from streams.engine.stage import SourceRecord
from streams.fallback.knowledge import Event, Heard
from streams.fallback.state import MessageState

MESSAGES, UPDATES, OUTCOMES = "messages", "updates", "outcomes"
TIME = Due(due_at=EPOCH)
"""That the time has come says the record; when that was, Kafka."""

REGISTERED, REPEATED = Verdict.REGISTERED.value.encode(), Verdict.REPEATED.value.encode()
OF_NO_MESSAGE = frozenset({Verdict.PARKED.value.encode(), Verdict.UNCLAIMED.value.encode()})
"""Parked reports have no message yet, and what nobody claims has one that nobody can have planned."""

PolicyOf = Callable[[AttemptRegistered], Policy | None]
"""Which policy a message follows that was registered without a plan."""

log = structlog.get_logger()
_HEARD = msgspec.json.Decoder(Heard)


class _Registration(msgspec.Struct, frozen=True, gc=False):
    """Of an update, the registration in full."""

    registration: AttemptRegistered


_REGISTRATION = msgspec.json.Decoder(_Registration)


class Reader:
    """Knows of which messages something may matter."""

    def __init__(
        self,
        observed: frozenset[tuple[str, str]] = frozenset(),
        *,
        keeps_unplanned: bool,
        policy_of: PolicyOf | None = None,
    ) -> None:
        self._observed = observed
        """Connections where nobody registers attempts, so that nobody can plan their messages either."""
        self.keeps_unplanned = keeps_unplanned
        """Whether a plan may come after the first that is heard of its message."""
        self._policy_of = policy_of

    def events(self, topic: str, record: SourceRecord, known: MessageState | None) -> tuple[Event, ...]:
        """What the record tells, in the order to be heard; raises `PayloadInvalid` when it cannot be read."""
        if topic == UPDATES:
            return self._of_update(record, known)
        if topic == MESSAGES:
            return (_checked(read_message(record.value), record),)
        if topic == OUTCOMES:
            return (_checked(decode(SendOutcome, record.value or b""), record),)
        return (TIME,) if known is not None else ()

    def _of_update(self, record: SourceRecord, known: MessageState | None) -> tuple[Event, ...]:
        verdict = header(record.headers, VERDICT)
        may_follow = verdict == REGISTERED and self._policy_of is not None
        if verdict in OF_NO_MESSAGE:
            return ()
        if known is None and (verdict == REPEATED or not (self.keeps_unplanned or may_follow)):
            return ()
        heard = read(_HEARD, record.value, "an update")
        about = heard.report or heard.registration
        if known is None and about is not None and (about.provider, about.connection) in self._observed:
            return ()
        if may_follow and (known is None or known.plan is None) and (planned := self._by_policy(record)):
            return planned, heard
        return () if known is None and not self.keeps_unplanned else (heard,)

    def _by_policy(self, record: SourceRecord) -> MessagePlanned | None:
        """The plan of a message that somebody else has sent and registered; null when no policy is about it."""
        registered = read(_REGISTRATION, record.value, "an update with a registration").registration
        message_id = _name(record)
        policy = self._policy_of(registered) if self._policy_of else None
        if policy is None or step_and_try(message_id, registered.external_id) is not None:
            return None
        if registered.recipient is None:
            log.warning("policy_not_followed", policy=policy.name, message_id=message_id, reason="no recipient told")
            return None
        now = moment_of(record.timestamp)
        return MessagePlanned(
            message_id=message_id,
            account=registered.account,
            recipient=registered.recipient,
            planned_at=now,
            plan=policy.plan(now),
            campaign=registered.campaign,
            sent=SentElsewhere(root_id=registered.root_id, sent_at=registered.sent_at or now),
        )


Named = TypeVar("Named", MessagePlanned | MessageCancelled, SendOutcome)


def _name(record: SourceRecord) -> str:
    return (record.key or b"").decode("utf-8", "replace")


def _checked(told: Named, record: SourceRecord) -> Named:
    """Under another key the message would have a second state, perhaps on another partition."""
    if told.message_id != _name(record):
        raise PayloadInvalid("the key does not name the message that is told of")
    return told
