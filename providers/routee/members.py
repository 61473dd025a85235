"""What all ways of sending have in common: the label, the addresses of callbacks, and what only campaigns can do."""

from typing import Any

from contracts.errors import RequestInvalid
from contracts.sends import SendRequest
from providers._kit.sending import callback_address
from providers.routee import rules
from providers.routee.hints import hint_for

Json = dict[str, Any]


def viber_ttl(request: SendRequest) -> Json:
    """The time to live in seconds, where one is asked for."""
    return {} if request.validity_s is None else {"ttl": rules.ttl_s(request.validity_s, rules.VIBER_TTL_S)}


def label_of(request: SendRequest) -> str:
    """What comes back in reports and replies: the label, else the reply id, else the send's own name."""
    if request.label is not None and request.reply_id not in {None, request.label}:
        raise RequestInvalid("reply_id: a message of Routee carries one text, and the label is another; give one")
    return rules.text_of(request.label or request.reply_id or request.send_id, "label", limit=rules.LONGEST_LABEL)


def address_of(request: SendRequest, kind: str, *, is_of_campaign: bool = False) -> str | None:
    """Where the callbacks of this send go, with the send's own name in it."""
    return callback_address(request, hint_for(kind, request.send_id, is_of_campaign=is_of_campaign))


def refuse_session(request: SendRequest) -> None:
    if request.is_session:
        raise RequestInvalid("is_session: only a Viber campaign can be part of a session")


def refuse_schedule(request: SendRequest) -> None:
    if request.scheduled_at is not None:
        raise RequestInvalid("scheduled_at: only a Viber campaign can wait for its time")
