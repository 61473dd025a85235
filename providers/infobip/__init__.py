"""Infobip: Viber, Viber Bot, SMS, OMNI and the Messages API."""

from providers._kit.provider import Provider
from providers.infobip.codes import CODES, deciding_rows
from providers.infobip.normaliser import normalise
from providers.infobip.settings import InfobipSettings
from providers.infobip.simulator import simulate
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
)
