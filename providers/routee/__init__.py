"""Routee (AMD Telecom): Viber, SMS and its own failover. The README tells how to set it up."""

from providers._kit.provider import Provider
from providers.routee.codes import CODES, deciding_rows
from providers.routee.look_up import PATIENCE, RouteeLookUp
from providers.routee.normaliser import normalise
from providers.routee.sender import RouteeSender
from providers.routee.settings import RouteeSettings
from providers.routee.simulated_api import refuse, serve
from providers.routee.simulator import RETRIES_S, answer, simulate
from providers.routee.verifier import make_verifier

PROVIDER = Provider(
    slug="routee",
    title="Routee",
    settings=RouteeSettings,
    methods=frozenset({"POST"}),
    codes=CODES,
    make_verifier=make_verifier,
    normalise=normalise,
    simulate=simulate,
    settings_from_sample=RouteeSettings.of_sample,
    deciding_rows=deciding_rows,
    make_sender=RouteeSender,
    make_look_up=RouteeLookUp,
    patience=PATIENCE,
    serve=serve,
    refuse=refuse,
    answer=answer,
    retries_s=RETRIES_S,
    example={
        "tokens": ["an-invented-token-of-some-length"],
        "app_id": "5756a411e4b06a33d50517c7",
        "app_secret": "an invented secret",
    },
)
