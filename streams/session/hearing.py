"""What an inbound message says in a conversation. Pure: no Kafka, no clock."""

from contracts.conversations import Parties, UserWrote
from contracts.records import InboundMessage
from contracts.vocabulary import Channel
from streams.engine.moments import said_at


def heard_in(message: InboundMessage) -> UserWrote | None:
    """What the person has said, whatever kind it is; null on channels without sessions, and when nobody knows who."""
    parties = parties_of(message)
    if parties is None:
        return None
    moment = said_at(message.occurred_at, message.received_at)
    return UserWrote(parties=parties, event_id=message.event_id, at=moment)


def parties_of(message: InboundMessage) -> Parties | None:
    """Who talks with whom. A bot knows its users by opaque ids alone; elsewhere one that is no number names nobody."""
    match message.channel:
        case Channel.VIBER:
            person = message.author
        case Channel.VIBER_BOT:
            person = message.author or message.author_id
        case _:
            return None
    if not person or not message.addressee:
        return None
    return Parties(
        account=message.account,
        provider=message.provider,
        connection=message.connection,
        sender=message.addressee,
        recipient=person,
    )
