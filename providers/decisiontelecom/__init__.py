"""DecisionTelecom (IT-Decision): Viber, Viber with SMS behind it, and SMS. The README tells how to set it up."""

from collections.abc import Sequence

from providers._kit.codes import Code
from providers._kit.facts import StatusFact
from providers._kit.provider import Provider
from providers.decisiontelecom.codes import CODES, row_of
from providers.decisiontelecom.look_up import PATIENCE, DecisionTelecomLookUp
from providers.decisiontelecom.normaliser import normalise
from providers.decisiontelecom.sender import DecisionTelecomSender
from providers.decisiontelecom.settings import DecisionTelecomSettings
from providers.decisiontelecom.simulated_api import refuse, serve
from providers.decisiontelecom.simulator import answer, simulate
from providers.decisiontelecom.verifier import DecisionTelecomVerifier


def _deciding_rows(fact: StatusFact) -> Sequence[Code]:
    row = row_of(fact.channel, fact.provider_code)
    return [row] if row else []


PROVIDER = Provider(
    slug="decisiontelecom",
    title="DecisionTelecom",
    settings=DecisionTelecomSettings,
    # How callbacks come is not published.
    methods=frozenset({"POST", "GET"}),
    codes=CODES,
    make_verifier=DecisionTelecomVerifier,
    normalise=normalise,
    simulate=simulate,
    settings_from_sample=DecisionTelecomSettings.of_sample,
    deciding_rows=_deciding_rows,
    make_sender=DecisionTelecomSender,
    make_look_up=DecisionTelecomLookUp,
    patience=PATIENCE,
    serve=serve,
    refuse=refuse,
    answer=answer,
    example={"tokens": ["made-up-token-0123456789"], "access_key": "made-up-key"},
)
