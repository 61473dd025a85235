"""The words that the simulator plays with, as Routee writes them: SMS capitalised, Viber in upper case."""

from random import Random
from types import MappingProxyType
from typing import NamedTuple

from contracts.errors import ConfigurationInvalid
from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

_S = DeliveryStatus


class Words(NamedTuple):
    """A status and why."""

    name: str
    reason: dict[str, str] | None = None


def _with(name: str, *details: str) -> tuple[Words, ...]:
    return tuple(Words(name, {"detailedStatus": detail, "description": detail}) for detail in details)


_VIBER: MappingProxyType[DeliveryStatus, tuple[Words, ...]] = MappingProxyType(
    {
        _S.UNKNOWN: (Words("Paused"),),
        _S.QUEUED: _with("QUEUED", "Timed Out"),
        _S.UNDELIVERED: _with("UNDELIVERED", "Not Viber User", "Opted Out", "System Failure", "Unsupported Equipment"),
        _S.EXPIRED: _with("EXPIRED", "TTL Expired"),
        _S.REJECTED: _with("FAILED", "Message Rejected"),
        _S.FAILED: (Words("FAILED"), Words("UNSENT")),
        _S.DELIVERED: (Words("DELIVERED"),),
        _S.SEEN: (Words("SEEN"),),
    }
)
_SMS: MappingProxyType[DeliveryStatus, tuple[Words, ...]] = MappingProxyType(
    {
        _S.UNKNOWN: (Words("Paused"),),
        _S.QUEUED: (Words("Queued"),),
        _S.SENT: (Words("Sent"),),
        _S.UNDELIVERED: _with("Undelivered", "Undelivered on Handset", "Unknown Number", "Roaming", "Call Barred"),
        # An SMS whose time ran out is undelivered; only the detail says why.
        _S.EXPIRED: _with("Undelivered", "Expired"),
        _S.REJECTED: (Words("Failed"),),
        _S.FAILED: (Words("Failed"), *_with("Unsent", "Insufficient Balance")),
        _S.DELIVERED: (Words("Delivered"),),
    }
)
_BY_CHANNEL = MappingProxyType({Channel.VIBER: _VIBER, Channel.SMS: _SMS})


def words_for(channel: Channel, status: DeliveryStatus, root_id: str) -> Words | None:
    """One way to say `status` of a message, always the same; null when nothing is said of it.

    Raises `ConfigurationInvalid` for a channel that Routee's simulator does not play.
    """
    if channel not in _BY_CHANNEL:
        raise ConfigurationInvalid(f"Routee's simulator plays Viber and SMS, not {channel}")
    found = _BY_CHANNEL[channel].get(status)
    return Random(f"{root_id}:{status}").choice(found) if found else None  # noqa: S311  # a play, not a secret
