"""Plays Routee: the scripted life of one message as the callbacks that would tell of it, and what people answer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from contracts.errors import ConfigurationInvalid
from contracts.vocabulary import Channel
from providers._kit.script import Reply, Script, SimulatedCallback, Step
from providers.routee.repertoire import Words, words_for
from providers.routee.settings import RouteeSettings

RETRIES_S = (30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 86_400.0)
"""From the first attempt on: that the steps do not add up is inferred from "24 hours max" beside the last one."""

CAMPAIGN, SINGLE, SMS, FAILOVER = "campaign", "single", "sms", "failover"
"""The ways to send, as the simulated API notes them down in an order's extras under `via`."""
_IN_TWO_PARTS = 0.25
_HEADERS = {"content-type": "application/json"}


def simulate(
    script: Script,
    settings: RouteeSettings,  # noqa: ARG001  # the signature is the house's; nothing is signed
) -> Sequence[SimulatedCallback]:
    """The callbacks of one message in their natural order; the same script gives the same bytes.

    What Routee has no word for it passes over in silence, unless it is an end. Raises `ConfigurationInvalid` for a
    channel that it does not have.
    """
    play = Play(script)
    return list(play.cascade() if play.via == FAILOVER else play.steps())


def answer(reply: Reply, settings: RouteeSettings) -> SimulatedCallback:  # noqa: ARG001  # likewise
    """The callback that brings what a person writes: a Viber message without an id, or an SMS with one."""
    said = {"from": reply.author, "to": reply.addressee, "message": reply.text, "direction": "Inbound"}
    if reply.channel is Channel.SMS:
        message_id = uuid_of(f"reply:{reply.seed}:{reply.number}:{reply.at.isoformat()}:{reply.text}")
        body = said | {"messageId": message_id, "parts": 1, "originatingService": "Sms", "receivedDate": iso(reply.at)}
        hint = "sms/inbound"
    else:
        is_campaign = reply.extras.get("via") == CAMPAIGN
        campaign_id = reply.root_id if is_campaign else None
        body = said | {
            "sentDate": iso(reply.at),
            "campaignTrackingId": campaign_id,
            "campaignName": reply.extras.get("campaignName"),
            "referenceTrackingId": message_id_in(campaign_id) if campaign_id else reply.root_id,
            "media": None,
            "label": reply.extras.get("label"),
        }
        hint = "viber/campaign/inbound" if is_campaign else "viber/inbound"
    return SimulatedCallback(
        method="POST",
        hint=hint,
        headers=_HEADERS,
        body=msgspec.json.encode(body),
        at=reply.at,
        root_id=reply.root_id or "",
        expected_items=1,
        kind="inbound",
    )


class Play:
    """One message as its callbacks and its tracking tell of it. What is left to chance hangs on its id alone."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.via = str(script.extras.get("via", ""))
        # With the time of sending, so that a seed that is played again makes new messages.
        self.root_id = script.root_id or uuid_of(f"routee:{script.seed}:{script.number}:{script.sent_at.isoformat()}")
        parts = Random(f"{self.root_id}:parts").random()  # noqa: S311  # a play, not a secret
        self._parts_count = 2 if parts < _IN_TWO_PARTS else 1

    def steps(self) -> Iterator[SimulatedCallback]:
        """A callback per step of a Viber message, and per step and part of an SMS."""
        for step in self._script.steps:
            words = words_for(step.channel, step.status, self.root_id)
            if words is None:
                continue
            if step.channel is Channel.SMS:
                for part in range(1, self._parts_count + 1):
                    yield self._callback(self._sms(step, words, part), "sms", step.at)
            else:
                hint = "viber/campaign" if self.via == CAMPAIGN else "viber"
                yield self._callback(self._viber(step, words), hint, step.at)

    def cascade(self) -> Iterator[SimulatedCallback]:
        """One callback at the end, with the last word of each channel: the strategy OnCompletion."""
        last: dict[Channel, tuple[Step, Words]] = {}
        for step in self._script.steps:
            words = words_for(step.channel, step.status, self.root_id)
            if words is not None:
                last[step.channel] = step, words
        if not last or not next(reversed(last.values()))[0].status.is_final:
            return
        step, _ = next(reversed(last.values()))
        legs = [self._leg(order, *said) for order, said in enumerate(last.values(), start=1)]
        has_arrived = step.status.is_success
        body = {
            "trackingId": self.root_id,
            "messages": legs,
            "terminationChannel": legs[-1]["type"] if has_arrived else None,
            "status": "Succeeded" if has_arrived else "Failed",
            "statusCode": "" if has_arrived else 2,
            "totalPrice": sum(leg["price"] for leg in legs),
            "originatingService": "Failover",
            "createdAt": iso(self._script.sent_at),
            "updatedAt": iso(step.at),
        }
        yield self._callback(body, "failover", step.at, items=len(legs) + 1)

    def _viber(self, step: Step, words: Words) -> dict[str, Any]:
        is_campaign = self.via == CAMPAIGN
        return {
            "trackingId": message_id_in(self.root_id) if is_campaign else self.root_id,
            "campaignTrackingId": self.root_id if is_campaign else None,
            "to": self._script.recipient,
            "from": self._script.sender,
            "groups": [],
            "status": status_of_callback(words, step.at),
            "body": {"text": "Your order has shipped"},
            "label": self._label,
            "applicationName": "default",
            "price": 0.015,
            "direction": "Outbound",
            "originatingService": "Viber",
            "createdAt": iso(self._script.sent_at),
        }

    def _sms(self, step: Step, words: Words, part: int) -> dict[str, Any]:
        return {
            "messageId": self.root_id,
            "smsId": part_id_of(self.root_id, part),
            "campaignTrackingId": None,
            "part": part,
            "parts": self._parts_count,
            "label": self._label,
            "to": self._script.recipient,
            "from": self._script.sender,
            "operator": "Example Mobile",
            "groups": [],
            "campaignName": None,
            "status": status_of_callback(words, step.at),
            "message": "Your order has shipped",
            "applicationName": "default",
            "latency": int((step.at - self._script.sent_at).total_seconds()),
            "price": 0.021,
            "direction": "Outbound",
            "originatingService": "Sms",
        }

    def _leg(self, order: int, step: Step, words: Words) -> dict[str, Any]:
        is_sms = step.channel is Channel.SMS
        own_id = uuid_of(f"{self.root_id}:{step.channel}")
        ids = {"messageId": own_id, "smsId": part_id_of(own_id, 1)} if is_sms else {"trackingId": own_id}
        return {
            "type": "Sms" if is_sms else "Viber",
            **ids,
            "order": order,
            "to": self._script.recipient,
            "from": self._script.sender,
            "status": status_of_callback(words, step.at),
            "price": 0.021 if is_sms else 0.015,
            "createdAt": iso(self._script.sent_at),
            "ttl": 1,
        }

    @property
    def _label(self) -> str | None:
        label: str | None = self._script.extras.get("label", self._script.external_id)
        return label

    def _callback(self, body: Mapping[str, Any], hint: str, at: datetime, *, items: int = 1) -> SimulatedCallback:
        return SimulatedCallback(
            method="POST",
            hint=hint,
            headers=_HEADERS,
            body=msgspec.json.encode(body),
            at=at,
            root_id=self.root_id,
            expected_items=items,
        )


def status_of_callback(words: Words, at: datetime) -> dict[str, Any]:
    """`status` as callbacks have it."""
    return {"name": words.name, "reason": words.reason, "updatedDate": iso(at)}


def message_id_in(campaign_id: str) -> str:
    """The id of the one message of a campaign of ours."""
    return uuid_of(f"message of {campaign_id}")


def part_id_of(message_id: str, part: int) -> str:
    """The id of one piece of an SMS."""
    return uuid_of(f"part {part} of {message_id}")


def uuid_of(name: str) -> str:
    """An id as Routee writes them, the same for the same name."""
    return str(UUID(bytes=blake2b(name.encode(), digest_size=16).digest(), version=4))


def iso(moment: datetime) -> str:
    """UTC with a Z; whole seconds without a fraction, and else milliseconds."""
    if moment.utcoffset() is None:
        raise ConfigurationInvalid("a script's times have a zone")
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond // 1000:03}" * bool(moment.microsecond)) + "Z"
