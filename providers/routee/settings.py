"""What a connection is told about Routee: the application's credentials, for sending; callbacks need only the token."""

from pydantic import Field

from providers._kit.settings import Secret
from providers._kit.unsigned import UnsignedSettings


class RouteeSettings(UnsignedSettings):
    """The token in the callback URL lets Routee in; an application's id and secret let us send and look up."""

    app_id: str | None = Field(None, min_length=1, max_length=200, pattern=r"^[^:\s]+$")
    """Of the application in Routee's platform."""
    app_secret: Secret | None = None
    """The application's secret; both are needed to send or look up."""
    base_url: str = Field("https://connect.routee.net", pattern=r"^https?://[^\s?#]+$")
    """Where its API is; a simulator can take its place."""
    auth_url: str = Field("https://auth.routee.net", pattern=r"^https?://[^\s?#]+$")
    """Where tokens for the API are fetched, likewise."""
