"""What a caller says about an attempt, checked, and made into the record that goes to Kafka."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Discriminator, Field, Tag

from api.admission.access import Caller
from api.problems import CONNECTION_UNKNOWN, INVALID, FieldError, Refused
from api.recipients import recipient_of
from api.texts import Slug, Text
from contracts.identity import new_message_id
from contracts.records import AttemptRegistered
from contracts.vocabulary import Channel
from runtime.settings import Connection

AT_ONCE = 1000
FUTURE_LIMIT = timedelta(hours=1)
PAST_LIMIT = timedelta(days=30)

Known = Mapping[tuple[str, str], Connection]
"""By provider and name."""


def _number(text: str) -> str:
    return recipient_of(text).number


class Registration(BaseModel):
    """One message of yours was handed to one provider, which accepted it under `root_id`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Slug = Field(description="As the connection in the settings names it.", examples=["telesign"])
    connection: Slug = Field(description="The name of the connection it was sent over.", examples=["main"])
    root_id: Text = Field(
        description="The id that the provider's answer to the send gave: of the transaction in a cascade, else of the "
        "message. Exactly as given.",
        examples=["35C8B5D509BC10689196FED2AD551B01"],
    )
    message_id: UUID | None = Field(
        None,
        description="Your own id of the message, so that repeating the request says the same; version 7 is found "
        "fastest. One is made when you give none.",
        examples=["019aa5a1-0000-7000-8000-000000000001"],
    )
    channel: Channel | None = Field(None, examples=["viber"])
    recipient: Annotated[str, Field(max_length=40), AfterValidator(_number)] | None = Field(
        None, description="International form with a plus; kept as E.164.", examples=["+447700900105"]
    )
    sender: Text | None = Field(None, examples=["ExampleShop"])
    campaign: Text | None = Field(None, examples=["autumn"])
    external_id: Text | None = Field(None, description="Your own reference, kept verbatim.", examples=["order-1207"])
    sent_at: AwareDatetime | None = Field(
        None, description="When you sent it, with its zone.", examples=["2026-11-21T09:59:57.500000Z"]
    )

    @property
    def subject(self) -> tuple[str, str, str]:
        """The attempt that this is about."""
        return self.provider, self.connection, self.root_id


def one_or_many(body: object) -> str:
    """The tag of a body that is one thing or a list of such."""
    return "many" if isinstance(body, list) else "one"


Registrations = Annotated[
    Annotated[Registration, Tag("one")]
    | Annotated[list[Registration], Field(min_length=1, max_length=AT_ONCE), Tag("many")],
    Discriminator(one_or_many),
]
"""The body: one registration, or a list of up to a thousand."""


def as_records(
    body: Registration | Sequence[Registration], caller: Caller, connections: Sequence[Connection], *, now: datetime
) -> list[AttemptRegistered]:
    """The records of a body; raises the problem that names each member that cannot stand."""
    known = known_connections(caller, connections)
    if isinstance(body, Registration):
        registrations = {"": body}
    else:
        registrations = {f"[{index}].": one for index, one in enumerate(body)}
    require_known({f"{place}connection": one.subject[:2] for place, one in registrations.items()}, known)
    _require_sound(registrations, now)
    return [_record(one, known[one.provider, one.connection], now) for one in registrations.values()]


def known_connections(caller: Caller, connections: Sequence[Connection]) -> Known:
    """Those that the caller may name, by provider and name."""
    return {(one.provider, one.name): one for one in connections if caller.may_see(one.account)}


def require_known(named: Mapping[str, tuple[str, str]], known: Known) -> None:
    """Raises the problem that tells which of the members that name a connection name none."""
    strange = [
        _error(member, "connection_unknown", f"There is no connection {provider}/{connection}")
        for member, (provider, connection) in named.items()
        if (provider, connection) not in known
    ]
    if strange:
        names = ", ".join(sorted(map("/".join, known))) or "none"
        raise Refused(
            CONNECTION_UNKNOWN,
            f"The connections this key may use are: {names}. Name one of them, or add it to the settings.",
            errors=strange,
        )


def _require_sound(registrations: Mapping[str, Registration], now: datetime) -> None:
    errors = []
    seen: dict[tuple[str, str, str], str] = {}
    for place, one in registrations.items():
        if one.sent_at and not now - PAST_LIMIT <= one.sent_at <= now + FUTURE_LIMIT:
            rule = "The time must lie within the last 30 days, and at most an hour ahead"
            errors.append(_error(f"{place}sent_at", "time_out_of_range", rule))
        if (first := seen.setdefault(one.subject, place)) != place:
            errors.append(_error(f"{place}root_id", "repeated", f"The same attempt stands at {first[:-1]} already"))
    if errors:
        raise Refused(INVALID, errors=errors)


def _error(member: str, rule: str, detail: str) -> FieldError:
    return FieldError(place="body", member=member, rule=rule, detail=detail)


def _record(one: Registration, connection: Connection, now: datetime) -> AttemptRegistered:
    recipient = recipient_of(one.recipient) if one.recipient else None
    return AttemptRegistered(
        provider=one.provider,
        connection=one.connection,
        account=connection.account,
        root_id=one.root_id,
        registered_at=now,
        message_id=str(one.message_id or new_message_id(int(now.timestamp() * 1000))),
        channel=one.channel,
        recipient=recipient.number if recipient else None,
        country=recipient.country if recipient else None,
        sender=one.sender,
        campaign=one.campaign,
        external_id=one.external_id,
        sent_at=one.sent_at,
    )
