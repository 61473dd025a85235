"""Infobip: Viber, Viber Bot, SMS, OMNI and the Messages API."""

from providers._kit.provider import Provider
from providers.infobip.codes import CODES, deciding_rows
from providers.infobip.look_up import PATIENCE, make_look_up
from providers.infobip.normaliser import normalise
from providers.infobip.replies import answer
from providers.infobip.sender import InfobipSender
from providers.infobip.settings import InfobipSettings
from providers.infobip.simulated_api import refuse, serve
from providers.infobip.simulator import RETRIES_S, simulate
from providers.infobip.verifier import make_verifier

PROVIDER = Provider(
    slug="infobip",
    title="Infobip",
    settings=InfobipSettings,
    methods=frozenset({"POST"}),
    codes=CODES,
    make_verifier=make_verifier,
    normalise=normalise,
    simulate=simulate,
    settings_from_sample=InfobipSettings.of_sample,
    deciding_rows=deciding_rows,
    make_sender=InfobipSender,
    make_look_up=make_look_up,
    patience=PATIENCE,
    serve=serve,
    refuse=refuse,
    answer=answer,
    retries_s=RETRIES_S,
    example={"username": "infobip", "passwords": ["example-only"], "api_key": "example-only"},
)
