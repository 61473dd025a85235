"""What the simulated API objects to in a send, as the provider names it: property and violation."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from contracts.vocabulary import Channel
from providers._kit.times import as_instant

Violation = tuple[str, str]

# Offsets have no colon here; one that has is refused rather than guessed.
_SEND_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4}")
_TYPES = {
    Channel.VIBER: frozenset({"TEXT", "IMAGE", "VIDEO", "FILE", "LIST", "CAROUSEL", "TEMPLATE"}),
    Channel.VIBER_BOT: frozenset(
        {"TEXT", "IMAGE", "VIDEO", "FILE", "CAROUSEL", "LOCATION", "CONTACT", "STICKER", "URL"}
    ),
}
_NEEDS = {
    (Channel.VIBER, "TEXT"): ("text",),
    (Channel.VIBER, "IMAGE"): ("mediaUrl",),
    (Channel.VIBER, "VIDEO"): ("mediaUrl", "mediaDuration", "thumbnailUrl"),
    (Channel.VIBER, "FILE"): ("mediaUrl", "fileName"),
    (Channel.VIBER, "LIST"): ("text", "options"),
    (Channel.VIBER, "CAROUSEL"): ("text", "cards"),
    (Channel.VIBER, "TEMPLATE"): ("templateId", "language"),
    (Channel.VIBER_BOT, "TEXT"): ("text",),
    (Channel.VIBER_BOT, "IMAGE"): ("url",),
    (Channel.VIBER_BOT, "VIDEO"): ("url", "size"),
    (Channel.VIBER_BOT, "FILE"): ("url", "fileName", "size"),
    (Channel.VIBER_BOT, "CAROUSEL"): ("buttonGrid",),
    (Channel.VIBER_BOT, "LOCATION"): ("location",),
    (Channel.VIBER_BOT, "CONTACT"): ("contact",),
    (Channel.VIBER_BOT, "STICKER"): ("stickerId",),
    (Channel.VIBER_BOT, "URL"): ("url",),
}
_MAX_TEXT = {Channel.VIBER: 1000, Channel.VIBER_BOT: 4000}
_UNITS = frozenset({"SECONDS", "MINUTES", "HOURS"})


def violations(body: object, channel: Channel, now: datetime) -> list[Violation]:
    """All that is wrong with a send; nothing when it is taken."""
    if not isinstance(body, dict):
        return [("body", "must be an object")]
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return [("messages", "must not be empty")]
    found = list(_schedule(body, now))
    for place, message in enumerate(messages):
        if isinstance(message, dict):
            found += [(f"messages[{place}].{name}", wrong) for name, wrong in _message(message, channel)]
        else:
            found.append((f"messages[{place}]", "must be an object"))
    return found


def _schedule(body: dict[str, Any], now: datetime) -> Iterator[Violation]:
    schedule = _at(body, "options", "schedule")
    send_at = schedule.get("sendAt")
    if send_at is not None:
        moment = as_instant(send_at) if isinstance(send_at, str) and _SEND_AT.fullmatch(send_at) else None
        if moment is None:
            yield "options.schedule.sendAt", "must have the format yyyy-MM-dd'T'HH:mm:ss.SSSZ"
        elif moment > now + timedelta(days=180):
            yield "options.schedule.sendAt", "must not be more than 180 days ahead"
    yield from _long(schedule, "bulkId", "options.schedule.bulkId", most=100)


def _message(message: dict[str, Any], channel: Channel) -> Iterator[Violation]:
    if channel is not Channel.SMS and not message.get("sender"):
        yield "sender", "must not be blank"
    yield from _destinations(message.get("destinations"))
    content = message.get("content")
    yield from _content(content if isinstance(content, dict) else {}, channel)
    yield from _options(_at(message, "options"))
    yield from _long(_at(message, "webhooks"), "callbackData", "webhooks.callbackData", most=4000)


def _destinations(destinations: object) -> Iterator[Violation]:
    if not isinstance(destinations, list) or not destinations:
        yield "destinations", "must not be empty"
        return
    for place, one in enumerate(destinations):
        if not isinstance(one, dict) or not one.get("to"):
            yield f"destinations[{place}].to", "must not be blank"
        else:
            yield from _long(one, "messageId", f"destinations[{place}].messageId", most=200)


def _content(content: dict[str, Any], channel: Channel) -> Iterator[Violation]:
    if channel is Channel.SMS:
        if not content.get("text"):
            yield "content.text", "must not be blank"
        return
    kind = content.get("type")
    if kind not in _TYPES[channel]:
        yield "content.type", f"must be one of {', '.join(sorted(_TYPES[channel]))}"
        return
    for name in _NEEDS[channel, kind]:
        if content.get(name) in (None, ""):
            yield f"content.{name}", "must not be blank"
    yield from _long(content, "text", "content.text", most=_MAX_TEXT[channel])
    button = _at(content, "button")
    yield from _long(button, "title", "content.button.title", most=30)
    if kind == "IMAGE" and button and not content.get("text"):
        yield "content.text", "must not be blank when there is a button"


def _options(options: dict[str, Any]) -> Iterator[Violation]:
    yield from _long(options, "trackingData", "options.trackingData", most=100)
    yield from _long(options, "campaignReferenceId", "options.campaignReferenceId", most=255)
    if options.get("label") not in (None, "PROMOTIONAL", "TRANSACTIONAL"):
        yield "options.label", "must be PROMOTIONAL or TRANSACTIONAL"
    failover = _at(options, "smsFailover")
    if failover and not failover.get("text"):
        yield "options.smsFailover.text", "must not be blank"
    period = options.get("validityPeriod")
    if period is not None and not _is_period(period):
        yield "options.validityPeriod", "must have an amount, and a time unit of SECONDS, MINUTES or HOURS"


def _is_period(period: object) -> bool:
    if not isinstance(period, dict) or period.get("timeUnit", "MINUTES") not in _UNITS:
        return False
    amount = period.get("amount")
    return isinstance(amount, int) and amount > 0


def _long(members: dict[str, Any], name: str, path: str, *, most: int) -> Iterator[Violation]:
    value = members.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= most):
        yield path, f"size must be between 0 and {most}"


def _at(value: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        child = value.get(name)
        value = child if isinstance(child, dict) else {}
    return value
