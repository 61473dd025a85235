"""What a connection is told about Routee: the application's credentials, for sending; callbacks need only the token."""

from pydantic import Field

from providers._kit.settings import Secret
from providers._kit.unsigned import UnsignedSettings

BASE_URL, AUTH_URL = "https://connect.routee.net", "https://auth.routee.net"


class RouteeSettings(UnsignedSettings):
    """The token in the callback URL lets Routee in; an application's id and secret let us send and look up."""

    app_id: str | None = Field(None, min_length=1, max_length=200, pattern=r"^[^:\s]+$")
    """Of the application in Routee's platform."""
    app_secret: Secret | None = None
    """The application's secret; both are needed to send or look up."""
    base_url: str = Field(BASE_URL, pattern=r"^https?://[^\s?#]+$")
    """Where its API is; a simulator can take its place."""
    auth_url: str | None = Field(None, pattern=r"^https?://[^\s?#]+$")
    """Where tokens for the API are fetched, when it is neither Routee's own place nor that of a simulator."""

    @property
    def token_url(self) -> str:
        """Routee's own place has two hosts; a simulator answers at one."""
        usual = AUTH_URL if self.base_url.rstrip("/") == BASE_URL else self.base_url
        return (self.auth_url or usual).rstrip("/") + "/oauth/token"
