"""What a Telesign connection is told."""

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from providers._kit.settings import ConnectionSettings, Secret
from providers.telesign.options import MessageType, SmsApi


def _base64_text(key: SecretStr) -> SecretStr:
    try:
        decoded = base64.b64decode(key.get_secret_value(), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise ValueError("an API key is base64 text, copied whole from the provider's portal")
    return key


ApiKey = Annotated[Secret, AfterValidator(_base64_text)]


class TelesignSettings(ConnectionSettings):
    """The account's id and its keys; nobody can be let in without one."""

    customer_id: str = Field(min_length=1)
    """The account's UUID, as in the signature header."""
    api_keys: tuple[ApiKey, ...] = Field(min_length=1)
    """Base64 text from the portal; two are live while they rotate. The first is the one that we send with."""
    base_url: str = Field("https://rest-ww.telesign.com", pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*[^\s?#/])?$")
    """Where the provider's API is; another address only for a simulator."""
    message_type: MessageType = "ARN"
    """The kind of traffic of a send that does not say: ARN, MKT or OTP."""
    sms_api: SmsApi = "messaging"
    """By which interface an SMS goes: `messaging` is the one of SMS alone, `omnichannel` that of all channels."""
