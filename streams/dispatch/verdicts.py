"""What came of a commanded send, as the records that are told of it. Pure."""

from datetime import datetime
from typing import Any

from contracts.conversations import BusinessSent, Parties
from contracts.errors import ProviderThrottled, SendError, SendInDoubt, TidingsError
from contracts.people import without_numbers
from contracts.plans import Outcome, SendCommanded, SendOutcome
from contracts.records import AttemptRegistered
from contracts.sends import kind_of
from providers._kit.sending import Accepted
from runtime.countries import country_of

UNWANTED = "not wanted any more"
TOO_LATE = "its time was up before its turn came"
QUEUE_FULL = "the queue of its connection is full"
CANNOT_SEND = "nothing can be sent over this connection; its provider's page says what that needs"
CLAIM_STALE = "this process slept after it had claimed the send"


def accepted(command: SendCommanded, answer: Accepted, at: datetime) -> SendOutcome:
    """A provider took it, and answers for it from here on."""
    return _outcome(
        command,
        Outcome.ACCEPTED,
        at,
        root_id=answer.root_id,
        code=answer.provider_code,
        parts_count=answer.parts_count,
        price=answer.price,
        currency=answer.currency,
    )


def refused(command: SendCommanded, error: SendError, at: datetime) -> SendOutcome:
    """What the error of a call says: not taken, not taken just now, or nobody knows."""
    if isinstance(error, SendInDoubt):
        outcome = Outcome.IN_DOUBT
    else:
        outcome = Outcome.THROTTLED if isinstance(error, ProviderThrottled) else Outcome.REFUSED
    return _outcome(
        command,
        outcome,
        at,
        error=type(error).__name__,
        code=error.code,
        may_fall_back=error.may_fall_back,
        note=without_numbers(str(error)),
    )


def unmade(command: SendCommanded, error: type[TidingsError], why: str, at: datetime) -> SendOutcome:
    """It cannot be made over this connection; `error` is the class that says so."""
    return _outcome(command, Outcome.REFUSED, at, error=error.__name__, note=why, may_fall_back=True)


def withdrawn(command: SendCommanded, why: str, at: datetime) -> SendOutcome:
    """It has not left and never will."""
    return _outcome(command, Outcome.WITHDRAWN, at, note=why, may_fall_back=True)


def registration(command: SendCommanded, answer: Accepted, *, sent_at: datetime, at: datetime) -> AttemptRegistered:
    """By which `track` knows whose reports these are."""
    request = command.request
    # A bot knows its users by ids that belong to no country.
    recipient = request.recipient if request.recipient.startswith("+") else None
    return AttemptRegistered(
        provider=command.provider,
        connection=command.connection,
        account=command.account,
        root_id=answer.root_id,
        registered_at=at,
        message_id=command.message_id,
        channel=request.channel,
        recipient=recipient,
        country=country_of(recipient),
        sender=request.sender,
        campaign=request.campaign,
        external_id=command.send_id,
        sent_at=sent_at,
    )


def said(command: SendCommanded, at: datetime) -> BusinessSent:
    """What the conversation with the person has more since it was taken; for sends that are part of one."""
    request = command.request
    parties = Parties(
        account=command.account,
        provider=command.provider,
        connection=command.connection,
        sender=request.sender,
        recipient=request.recipient,
    )
    return BusinessSent(parties=parties, event_id=command.send_id, at=at, kind=kind_of(request.content))


def _outcome(command: SendCommanded, outcome: Outcome, at: datetime, **more: Any) -> SendOutcome:  # noqa: ANN401  # members of the record, each of its own kind
    return SendOutcome(
        message_id=command.message_id,
        account=command.account,
        step=command.step,
        send_id=command.send_id,
        outcome=outcome,
        provider=command.provider,
        connection=command.connection,
        told_at=at,
        **more,
    )
