"""The closed sets besides the delivery status. A provider's own spelling is translated at its door."""

from enum import StrEnum


class Channel(StrEnum):
    """How a message travels."""

    VIBER = "viber"
    VIBER_BOT = "viber_bot"
    SMS = "sms"
    MMS = "mms"
    WHATSAPP = "whatsapp"
    RCS = "rcs"
    EMAIL = "email"
    VOICE = "voice"
    PUSH = "push"
    OTHER = "other"


class Scope(StrEnum):
    """What a report is about: one message on one channel, or the provider's whole multi-channel send."""

    CHANNEL = "channel"
    TRANSACTION = "transaction"


class Reason(StrEnum):
    """Why a message did not arrive, in our words; `None` where nothing failed or nothing is known."""

    UNKNOWN_RECIPIENT = "unknown_recipient"
    ABSENT_RECIPIENT = "absent_recipient"
    UNSUPPORTED_DEVICE = "unsupported_device"
    BLOCKED_BY_RECIPIENT = "blocked_by_recipient"
    OPTED_OUT = "opted_out"
    BLOCKED_BY_PROVIDER = "blocked_by_provider"
    BLOCKED_BY_OPERATOR = "blocked_by_operator"
    SUSPECTED_SPAM = "suspected_spam"
    CONTENT_REFUSED = "content_refused"
    SENDER_REFUSED = "sender_refused"
    DUPLICATE = "duplicate"
    NO_ROUTE = "no_route"
    NO_CREDIT = "no_credit"
    NO_SESSION = "no_session"
    THROTTLED = "throttled"
    TIMED_OUT = "timed_out"
    CONFIGURATION = "configuration"
    REQUEST_INVALID = "request_invalid"
    OPERATOR_ERROR = "operator_error"
    PROVIDER_ERROR = "provider_error"
    OTHER = "other"


class Source(StrEnum):
    """How a callback reached us."""

    PUSH = "push"
    POLL = "poll"
    REPLAY = "replay"


class InboundKind(StrEnum):
    """What a person sent us."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    FILE = "file"
    AUDIO = "audio"
    LOCATION = "location"
    CONTACT = "contact"
    STICKER = "sticker"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a report did to its attempt, decided once by the track stage.

    Each record of `updates` has one. `registered` answers a registration and `unclaimed` says that none came in time;
    neither answers a report, and neither is counted as an item.
    """

    APPLIED = "applied"
    REPEATED = "repeated"
    OUTRANKED = "outranked"
    PARKED = "parked"
    REGISTERED = "registered"
    UNCLAIMED = "unclaimed"


class DeadLetterKind(StrEnum):
    """Why an item was put aside."""

    UNREADABLE = "unreadable"
    EMPTY = "empty"
    INVALID_ITEM = "invalid_item"
    UNKNOWN_CONNECTION = "unknown_connection"


class WishKind(StrEnum):
    """What somebody wants of our messages."""

    STOP = "stop"
    START = "start"


class WishReason(StrEnum):
    """How we know of a wish."""

    KEYWORD = "keyword"
    SUBSCRIPTION = "subscription"
    """A bot's user has subscribed or unsubscribed."""
    BY_HAND = "by_hand"
    """One of our side has said so through the API."""
