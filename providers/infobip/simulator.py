"""Plays Infobip: the scripted life of one message as the callbacks that would tell of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from itertools import accumulate, groupby
from random import Random
from types import MappingProxyType
from typing import Any

import msgspec

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.script import Script, SimulatedCallback, Step
from providers.infobip.apis import APIS
from providers.infobip.repertoire import BLOCKLISTED, ERRORS, NO_ERROR, REFUSED_NUMBER, STATUSES, TO_OPERATOR, Words
from providers.infobip.requests import written_instant
from providers.infobip.settings import InfobipSettings
from providers.infobip.verifier import credentials

_PRICES = MappingProxyType({Channel.VIBER: 0.0152, Channel.VIBER_BOT: 0.004, Channel.SMS: 0.0314})
_ZONES = tuple(timezone(timedelta(hours=hours)) for hours in (0, 0, 0, 1, -3))
_NETWORKS = ("23410", "23415", "23433")
_CAMPAIGNS = ("spring-sale", "delivery-notes", "one-time-codes")
_SHARING_A_BODY, _ONLY_TO_OPERATOR, _ON_A_BLOCKLIST = 0.5, 0.3, 0.5
RETRIES_S = tuple(accumulate(60.0 * (1 + n * n) for n in range(20)))
"""After 1, 3, 8, 18 … minutes: 1 minute and n² more before retry n, twenty times."""
_PENDING = frozenset({DeliveryStatus.ACCEPTED, DeliveryStatus.SENT})


def simulate(script: Script, settings: InfobipSettings) -> Sequence[SimulatedCallback]:
    """The signed callbacks of one message in their natural order; the same script gives the same bytes.

    Raises `ConfigurationInvalid` for a status or a channel that Infobip has no word for.
    """
    play = Play(script)
    return [_callback(play, settings, hint, steps) for hint, steps in play.batches()]


def _callback(play: "Play", settings: InfobipSettings, hint: str, steps: list[Step]) -> SimulatedCallback:
    body = msgspec.json.encode({"results": [play.entry(step) for step in steps]})
    return SimulatedCallback(
        method="POST",
        hint=hint,
        headers={"content-type": "application/json"} | credentials(settings, body),
        body=body,
        at=steps[-1].at,
        root_id=play.message_id,
        expected_items=len(steps),
        kind="seen" if steps[-1].status is DeliveryStatus.SEEN else "delivery",
    )


class Play:
    """One message, with what is drawn once for all that is told of it.

    What is drawn for a step depends on the message and the step alone, so that who asks hears what the callbacks say.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        # With the time of sending, so that a seed that is played again makes new messages.
        name = script.root_id or f"{script.seed}:{script.number}:{script.sent_at.isoformat()}"
        self._fate = Random(f"infobip:{name}")  # noqa: S311  # a play, not a secret
        drawn = f"{self._fate.getrandbits(128):032x}"
        self.message_id = script.root_id or drawn
        self._campaign = self._fate.choice(_CAMPAIGNS)
        self._network = self._fate.choice(_NETWORKS)
        self._zone = self._fate.choice(_ZONES)

    def batches(self) -> Iterator[tuple[str, list[Step]]]:
        """What goes out together: steps due at one moment at one place now and then share a body."""
        for (hint, _), due in groupby(self._script.steps, key=lambda step: (_hint_of(step), step.at)):
            steps = list(due)
            if len(steps) > 1 and self._fate.random() < _SHARING_A_BODY:
                yield hint, steps
            else:
                yield from ((hint, [step]) for step in steps)

    def entry(self, step: Step) -> dict[str, Any]:
        """The step as one element of `results`."""
        return self._seen(step) if step.status is DeliveryStatus.SEEN else self._report(step)

    def _seen(self, step: Step) -> dict[str, Any]:
        # Here `from` is the person and `to` our sender, the reverse of a delivery report.
        return {
            "messageId": self.message_id,
            "from": self._script.recipient.removeprefix("+"),
            "to": self._script.sender,
            "sentAt": self._time(self._script.sent_at),
            "seenAt": self._time(step.at),
        } | self._campaign_of()

    def _report(self, step: Step) -> dict[str, Any]:
        status, error = self._said(step)
        report = {
            "bulkId": f"bulk-{self._script.seed}",
            "status": dict(status),
            "messageId": self.message_id,
            "to": self._script.recipient.removeprefix("+"),
            "sender": self._script.sender,
            "sentAt": self._time(self._script.sent_at),
            "messageCount": 1,
        } | self._from_the_send()
        return report | self._end(step, error) if error else report

    def _from_the_send(self) -> dict[str, str]:
        """What the send said; a message that no send began has something that looks like it."""
        made_up = None if self._script.root_id else f"order={self._script.number}"
        data = self._script.external_id or made_up
        return ({"callbackData": data} if data else {}) | self._campaign_of()

    def _campaign_of(self) -> dict[str, str]:
        given = self._script.extras.get("campaign") if self._script.root_id else self._campaign
        return {"campaignReferenceId": given} if given else {}

    def _said(self, step: Step) -> tuple[Words, Words | None]:
        """Status and error; what is still pending comes without an error, and so without an end."""
        fate = Random(f"{self.message_id}:{step.channel}:{step.status}")  # noqa: S311  # a play, not a secret
        chance = fate.random()
        if step.channel is Channel.SMS and step.status is DeliveryStatus.SENT and chance < _ONLY_TO_OPERATOR:
            return TO_OPERATOR, NO_ERROR
        if step.status is DeliveryStatus.REJECTED and chance < _ON_A_BLOCKLIST:
            return REFUSED_NUMBER, BLOCKLISTED
        if step.status not in STATUSES:
            raise ConfigurationInvalid(f"Infobip has no word for {step.status}; script another end")
        if step.status in _PENDING:
            return STATUSES[step.status], None
        return STATUSES[step.status], fate.choice(ERRORS.get((step.channel, step.status), (NO_ERROR,)))

    def _end(self, step: Step, error: Words) -> dict[str, Any]:
        is_free = step.status is DeliveryStatus.REJECTED
        price = {"pricePerMessage": 0.0 if is_free else _PRICES[step.channel], "currency": "EUR"}
        end = {"error": dict(error), "doneAt": self._time(step.at), "price": price}
        # Older senders of reports write the word null where no network is known.
        return end | {"mccMnc": "null" if is_free else self._network} if step.channel is Channel.SMS else end

    def _time(self, moment: datetime) -> str:
        return written_instant(moment.astimezone(self._zone))


def _hint_of(step: Step) -> str:
    """Where the user has the reports of the step's channel sent."""
    if step.channel not in APIS:
        raise ConfigurationInvalid(f"Infobip's simulator plays Viber and SMS, not {step.channel}")
    hint = APIS[step.channel].hint
    return f"{hint}/seen" if step.status is DeliveryStatus.SEEN else hint
