"""The words that the simulator plays with, as Infobip writes them."""

from types import MappingProxyType
from typing import Any

from contracts.status import DeliveryStatus
from contracts.vocabulary import Channel

Words = MappingProxyType[str, Any]


def _status(group_id: int, group_name: str, code: int, name: str, description: str) -> Words:
    members = {"groupId": group_id, "groupName": group_name, "id": code, "name": name, "description": description}
    return MappingProxyType(members)


def _error(group_id: int, group_name: str, code: int, name: str, description: str, *, is_permanent: bool) -> Words:
    return MappingProxyType({**_status(group_id, group_name, code, name, description), "permanent": is_permanent})


STATUSES: MappingProxyType[DeliveryStatus, Words] = MappingProxyType(
    {
        DeliveryStatus.UNKNOWN: _status(9, "QUARANTINED", 9001, "QUARANTINED_REVIEW", "Under review"),
        DeliveryStatus.ACCEPTED: _status(1, "PENDING", 26, "PENDING_ACCEPTED", "Pending Accepted"),
        DeliveryStatus.SENT: _status(1, "PENDING", 7, "PENDING_ENROUTE", "Message sent to next instance"),
        DeliveryStatus.UNDELIVERED: _status(
            2, "UNDELIVERABLE", 9, "UNDELIVERABLE_NOT_DELIVERED", "Message sent not delivered"
        ),
        DeliveryStatus.EXPIRED: _status(4, "EXPIRED", 15, "EXPIRED_EXPIRED", "Message expired"),
        DeliveryStatus.REJECTED: _status(5, "REJECTED", 12, "REJECTED_NOT_ENOUGH_CREDITS", "Not enough credits"),
        DeliveryStatus.DELIVERED: _status(3, "DELIVERED", 5, "DELIVERED_TO_HANDSET", "Message delivered to handset"),
    }
)
"""One way to say each status; `queued` and `failed` are none of Infobip's words, and `seen` has no code."""

TO_OPERATOR = _status(3, "DELIVERED", 2, "DELIVERED_TO_OPERATOR", "Message delivered to operator")
REFUSED_NUMBER = _status(5, "REJECTED", 10, "REJECTED_DND", "User is subscribed to DND service")

# Only an answer to a send says these.
DUPLICATE = _status(5, "REJECTED", 23, "REJECTED_DUPLICATE_MESSAGE_ID", "Duplicate message ID")
NO_SUCH_NUMBER = _status(5, "REJECTED", 52, "REJECTED_DESTINATION", "Invalid destination address")

NO_ERROR = _error(0, "OK", 0, "NO_ERROR", "No Error", is_permanent=False)

ERRORS: MappingProxyType[tuple[Channel, DeliveryStatus], tuple[Words, ...]] = MappingProxyType(
    {
        (Channel.VIBER, DeliveryStatus.UNDELIVERED): (
            _error(1, "CLIENT_ERRORS", 7002, "EC_UNKNOWN_USER", "Unknown user", is_permanent=True),
            _error(1, "CLIENT_ERRORS", 7003, "EC_BLOCKED_USER", "User is blocked", is_permanent=True),
            _error(1, "CLIENT_ERRORS", 7201, "EC_UNSUPPORTED_DEVICE", "Unsupported device", is_permanent=True),
            _error(2, "PROVIDER_ERRORS", 7051, "EC_PROVIDER_TIMEOUT", "Provider timeout", is_permanent=False),
        ),
        (Channel.SMS, DeliveryStatus.UNDELIVERED): (
            _error(1, "HANDSET_ERRORS", 27, "EC_ABSENT_SUBSCRIBER", "Absent Subscriber", is_permanent=False),
            _error(1, "HANDSET_ERRORS", 1, "EC_UNKNOWN_SUBSCRIBER", "Unknown Subscriber", is_permanent=True),
            _error(1, "HANDSET_ERRORS", 13, "EC_CALL_BARRED", "Call Barred", is_permanent=False),
            _error(1, "HANDSET_ERRORS", 5003, "EC_UNLISTED", "An error that is in no list", is_permanent=False),
        ),
        (Channel.SMS, DeliveryStatus.EXPIRED): (
            _error(3, "OPERATOR_ERRORS", 4098, "EC_VP_EXPIRED", "Validity period expired", is_permanent=False),
            NO_ERROR,
        ),
    }
)
"""What may stand beside a bad end. An end that is not named here comes without an error, as many do."""

BLOCKLISTED = _error(
    3, "OPERATOR_ERRORS", 2050, "EC_DEST_ADDRESS_BLACKLISTED", "Destination address blocklisted", is_permanent=True
)
