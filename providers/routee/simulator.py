"""Plays Routee: the scripted life of one message as the callbacks that would tell of it, and what people answer."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any

import msgspec

from contracts.vocabulary import Channel
from providers._kit.script import Reply, Script, SimulatedCallback, Step
from providers.routee.bodies import (
    cascade_body,
    iso,
    message_id_in,
    sms_body,
    step_body,
    step_id_in,
    uuid_of,
    viber_body,
)
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
            "referenceTrackingId": _answered_id(reply),
            "media": None,
            "label": reply.extras.get("label"),
        }
        hint = "viber/campaign-of-one/inbound" if is_campaign else "viber/inbound"
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


def _answered_id(reply: Reply) -> str | None:
    """The id of the Viber message itself: in a campaign and in a cascade it is another than the send's."""
    via = reply.extras.get("via")
    if reply.root_id is None or via not in {CAMPAIGN, FAILOVER}:
        return reply.root_id
    return message_id_in(reply.root_id) if via == CAMPAIGN else step_id_in(reply.root_id, reply.channel)


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
                for number in range(1, self._parts_count + 1):
                    part = number, self._parts_count
                    body = sms_body(self._script, self.root_id, step, words, part=part)
                    yield self._callback(body, "sms", step.at)
            else:
                is_campaign = self.via == CAMPAIGN
                body = viber_body(self._script, self.root_id, step, words, is_campaign=is_campaign)
                yield self._callback(body, "viber/campaign-of-one" if is_campaign else "viber", step.at)

    def cascade(self) -> Iterator[SimulatedCallback]:
        """One callback at the end, with the last word of each channel: the strategy OnCompletion."""
        last: dict[Channel, tuple[Step, Words]] = {}
        for step in self._script.steps:
            words = words_for(step.channel, step.status, self.root_id)
            if words is not None:
                last[step.channel] = step, words
        if not last or not next(reversed(last.values()))[0].status.is_final:
            return
        steps = [
            step_body(self._script, self.root_id, *said, order=order)
            for order, said in enumerate(last.values(), start=1)
        ]
        step, _ = next(reversed(last.values()))
        body = cascade_body(self._script, self.root_id, step, steps)
        yield self._callback(body, "failover", step.at, items=len(steps) + 1)

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
