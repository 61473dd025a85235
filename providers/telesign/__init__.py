"""Telesign: Messaging (omnichannel, with its own cascade) and SMS. The README tells how to set it up."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel
from providers._kit.codes import Code
from providers._kit.facts import StatusFact
from providers._kit.provider import Provider
from providers.telesign.codes import BY_CODE, CODES, OF_SMS
from providers.telesign.look_up import PATIENCE, TelesignLookUp
from providers.telesign.normaliser import normalise
from providers.telesign.sender import TelesignSender
from providers.telesign.settings import TelesignSettings
from providers.telesign.simulated_api import refuse, serve
from providers.telesign.simulator import RETRIES_S, answer, simulate
from providers.telesign.verifier import TelesignVerifier


def _settings_from_sample(auth: Mapping[str, Any]) -> TelesignSettings:
    return TelesignSettings.model_validate({"customer_id": auth["customer_id"], "api_keys": [auth["api_key"]]})


def _deciding_rows(fact: StatusFact) -> Sequence[Code]:
    rows = OF_SMS if fact.channel is Channel.SMS and fact.status is not DeliveryStatus.SEEN else BY_CODE
    row = rows.get(fact.provider_code) or BY_CODE.get(fact.provider_code)
    return [row] if row else []


PROVIDER = Provider(
    slug="telesign",
    title="Telesign",
    settings=TelesignSettings,
    # The oldest documents print GET with a body, the current ones POST.
    methods=frozenset({"POST", "GET"}),
    codes=CODES,
    make_verifier=TelesignVerifier,
    normalise=normalise,
    simulate=simulate,
    settings_from_sample=_settings_from_sample,
    deciding_rows=_deciding_rows,
    make_sender=TelesignSender,
    make_look_up=TelesignLookUp,
    patience=PATIENCE,
    serve=serve,
    refuse=refuse,
    answer=answer,
    retries_s=RETRIES_S,
    example={
        "customer_id": "00000000-1111-2222-3333-444455556666",
        "api_keys": ["ZXhhbXBsZS1vbmx5LW5vdC1hLXNlY3JldA=="],
    },
)
