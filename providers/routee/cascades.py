"""A send as a failover of Routee's own: Viber first, and an SMS when that ends badly."""

from contracts.errors import RequestInvalid
from contracts.sends import SendRequest
from providers.routee import rules
from providers.routee.layouts import layout_of
from providers.routee.members import Json, address_of, label_of, refuse_schedule, refuse_session
from providers.routee.options import OF_FAILOVER, SendOptions, keep_to

_ON_BAD_ENDS = ["EXPIRED", "FAILED", "UNDELIVERED"]


def failover_of(request: SendRequest, options: SendOptions) -> Json:
    """The body of a failover. Raises `RequestInvalid` likewise."""
    keep_to(options, OF_FAILOVER, "a failover")
    refuse_session(request)
    refuse_schedule(request)
    if request.validity_s is not None:
        raise RequestInvalid("validity_s: in a failover each step has its own time; set own.then_sms")
    address = address_of(request, "failover")
    body: Json = {"flow": [_viber_step(request, options, address), _sms_step(request, options)]}
    if address:
        body["callback"] = {"strategy": "OnCompletion", "url": address}
    return body


def _viber_step(request: SendRequest, options: SendOptions, address: str | None) -> Json:
    message = layout_of(request.content, is_session=False)
    if "imageURL" in message:  # one interface spells it otherwise than the other
        message["imageUrl"] = message.pop("imageURL")
    step = {
        "type": "Viber",
        "order": 1,
        "senderInfoTrackingId": request.sender,
        "to": request.recipient,
        "message": message,
        "label": label_of(request),
        "failoverOnStatuses": _ON_BAD_ENDS,
    }
    if options.then_sms is not None:
        step["ttl"] = rules.tenths_of_minutes(rules.ttl_s(options.then_sms.viber_for_s, rules.STEP_TTL_S))
    return step | ({"inboundUrl": address} if address else {})


def _sms_step(request: SendRequest, options: SendOptions) -> Json:
    sms = options.then_sms
    if sms is None:
        raise RequestInvalid("own.then_sms: is missing")
    step = {
        "type": "Sms",
        "order": 2,
        "from": sms.sender,
        "to": request.recipient,
        "message": {"body": sms.text, "label": label_of(request)},
    }
    return step | ({} if sms.ttl_minutes is None else {"ttl": sms.ttl_minutes})
