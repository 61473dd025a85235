"""Whether a callback may come in. Routee signs nothing: the token in the path must be ours; addresses may help."""

from providers._kit.provider import Verifier
from providers._kit.unsigned import token_verifier
from providers.routee.settings import RouteeSettings


def make_verifier(settings: RouteeSettings) -> Verifier:
    """The check of the token, and of the caller's address where the connection lists addresses or names."""
    return token_verifier(settings)
