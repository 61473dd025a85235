"""What only DecisionTelecom knows of a send: `SendRequest.own`, checked."""

from pydantic import BaseModel, ConfigDict, Field

from providers.decisiontelecom.settings import SourceType


class SendOptions(BaseModel):
    """Without any of them a send is one message on one channel: the fallback stays ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wants_replies: bool = False
    """Viber only: the person can answer (two-way types 206 and 208), at the price of such a message."""
    text_sms: str | None = Field(None, min_length=1)
    """Viber only: what the provider itself sends by SMS when Viber does not deliver. Who asks for it must not fall
    back as well."""
    source_type: SourceType | None = None
    """Viber only: promotional or transactional; else the connection's."""
