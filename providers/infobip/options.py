"""What only Infobip understands of a send: the members of `own`, in our spelling and with its limits."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

Json = dict[str, Any]

Day = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
_HOUR_MIN = 60


class Option(BaseModel):
    """The base of all options: frozen, nothing unknown, and on the wire as Infobip spells it."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    def wire(self) -> Json:
        """The members that are set, as Infobip spells them."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class TimeOfDay(Option):
    """In the time zone of the recipient."""

    hour: int = Field(ge=0, le=23)
    minute: int = Field(0, ge=0, le=59)


class DeliveryTimeWindow(Option):
    """When messages may arrive; outside it they wait."""

    days: tuple[Day, ...] = Field(min_length=1)
    from_: TimeOfDay | None = Field(None, alias="from")
    to: TimeOfDay | None = None

    @model_validator(mode="after")
    def _is_an_hour_at_least(self) -> Self:
        if (self.from_ is None) != (self.to is None):
            raise ValueError("`from` and `to` are given together or not at all")
        if self.from_ and self.to and abs(_minutes(self.to) - _minutes(self.from_)) < _HOUR_MIN:
            raise ValueError("`from` and `to` are an hour apart at least")
        return self


class SmsFailover(Option):
    """The SMS that Infobip sends by itself when the chat message does not arrive. Not beside a fallback of our own."""

    text: str = Field(min_length=1)
    sender: str | None = Field(None, min_length=1)
    validity_s: int | None = Field(None, ge=30, le=172_800, exclude=True)
    recipient: str | None = Field(None, pattern=r"^\+[1-9][0-9]{6,14}$", exclude=True)
    """For a bot, whose users have no number: whose phone the SMS goes to."""


class Platform(Option):
    """Which of the account's entities and applications sends."""

    entity_id: str | None = Field(None, max_length=255)
    application_id: str | None = Field(None, max_length=255)


class SpeedLimit(Option):
    """How fast the messages of one call go out."""

    amount: int = Field(ge=1)
    time_unit: Literal["MINUTE", "HOUR", "DAY"] = "MINUTE"


class Tracking(Option):
    """Short links, and whether Infobip tells of clicks on them."""

    shorten_url: bool = True
    track_clicks: bool = True
    tracking_url: str | None = None
    remove_protocol: bool | None = None
    custom_domain: str | None = None


class BotSender(Option):
    """How a bot shows itself."""

    name: str | None = Field(None, max_length=28)
    avatar_url: str | None = None


class InfobipOptions(Option):
    """All options; those of another channel than the request's are refused."""

    platform: Platform | None = None
    delivery_time_window: DeliveryTimeWindow | None = None
    sms_failover: SmsFailover | None = None
    callback_data: str | None = Field(None, max_length=4000)
    """Comes back in every report; ours is the id of the message when it is not given."""
    notify: bool | None = None
    intermediate_reports: bool | None = None
    bulk_id: str | None = Field(None, min_length=1, max_length=100)
    sending_speed_limit: SpeedLimit | None = None
    tracking: Tracking | None = None

    to_primary_device_only: bool | None = None
    activation_check: bool | None = None
    show_image_in_full_screen: bool | None = None
    list_options: tuple[Annotated[str, Field(max_length=50)], ...] | None = Field(None, min_length=2, max_length=5)
    """Answers to choose from, below a text."""

    sender_display_info: BotSender | None = None
    keyboard: Json | None = None
    """As Infobip describes it, with a `buttonGrid`."""

    flash: bool | None = None
    transliteration: str | None = Field(None, pattern=r"^[A-Z_]{1,30}$")
    language: Literal["NONE", "TR", "ES", "PT", "AUTODETECT"] | None = None

    def begun(self) -> frozenset[str]:
        """The names of the options that are given."""
        return frozenset(name for name in type(self).model_fields if getattr(self, name) is not None)


def _minutes(time: TimeOfDay) -> int:
    return 60 * time.hour + time.minute
