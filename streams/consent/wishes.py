"""What inbound messages and signals say about getting messages from us. Pure: no Kafka, no clock.

Reports that a message was refused because its recipient had opted out, or has blocked the sender, are no wishes. They
speak of a list that the provider keeps, for one channel; who leaves that list again tells the provider and not us, so a
suppression that came from a report would never end. Falling back on another channel is what such a report decides.
"""

from types import MappingProxyType

from contracts.records import InboundMessage, Signal, Wish
from contracts.vocabulary import Channel, InboundKind, WishKind, WishReason
from streams.consent.keywords import Keywords, find_keyword
from streams.engine.moments import said_at

BY_SIGNAL = MappingProxyType({"unsubscribed": WishKind.STOP, "subscribed": WishKind.START})


def wish_in_message(message: InboundMessage, keywords: Keywords) -> Wish | None:
    """The wish of a person who wrote a keyword and nothing else; null for all else, and when nobody knows who."""
    person = message.author or message.author_id
    if person is None or message.kind is not InboundKind.TEXT:
        return None
    if (found := find_keyword(keywords, message.text)) is None:
        return None
    return Wish(
        event_id=message.event_id,
        account=message.account,
        recipient=person,
        kind=found.kind,
        reason=WishReason.KEYWORD,
        since=said_at(message.occurred_at, message.received_at),
        # Where it is not known to whom it was said, it was said to all of us.
        sender=None if found.is_for_all_senders else message.addressee,
        keyword=found.keyword,
        language=found.language,
        provider=message.provider,
        connection=message.connection,
        channel=message.channel,
        cause=message.cause,
    )


def wish_in_signal(signal: Signal) -> Wish | None:
    """The wish of a person who has left a bot or come to one; null for all else, and when nobody knows who."""
    # A bot's user has an id that no other sender knows, so its wish cannot touch more than that bot.
    is_bot = signal.channel is Channel.VIBER_BOT
    person = signal.recipient or signal.extras.get("user_id")
    if person is None or (kind := BY_SIGNAL.get(signal.kind)) is None:
        return None
    return Wish(
        event_id=signal.event_id,
        account=signal.account,
        recipient=person,
        kind=kind,
        reason=WishReason.SUBSCRIPTION,
        since=said_at(signal.occurred_at, signal.received_at),
        sender=None if is_bot else signal.extras.get("sender"),
        provider=signal.provider,
        connection=signal.connection,
        channel=signal.channel,
        cause=signal.cause,
    )
