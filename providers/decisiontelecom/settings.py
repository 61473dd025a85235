"""What a connection is told about DecisionTelecom."""

from typing import Literal

from pydantic import Field

from providers._kit.settings import Secret
from providers._kit.unsigned import UnsignedSettings

SourceType = Literal["promotional", "transactional"]


class DecisionTelecomSettings(UnsignedSettings):
    """The token lets callbacks in; the access key is needed only by who sends or looks up."""

    access_key: Secret | None = None
    """As the account manager gave it."""
    access_key_is_encoded: bool = False
    """Whether that is base64 already; a key that is encoded twice is refused with 401."""
    base_url: str = Field("https://web.it-decision.com", pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$")
    """Where the provider's API is."""
    source_type: SourceType = "transactional"
    """What sends are that do not say it themselves."""
