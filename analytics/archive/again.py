"""A callback of the past as it is written to Kafka once more."""

from uuid import uuid4

from analytics.archive.known import first_ms
from contracts.archived import Archived
from contracts.raw import replay_headers
from runtime.kafka import Outgoing


def again(topic: str, callback: Archived) -> Outgoing:
    """The callback as it came, with the time of its first receipt and the place of then among its headers."""
    place = b"%s/%d/%d" % (topic.encode(), callback.partition, callback.offset)
    headers = replay_headers(callback.headers, first_ms(callback), place=place)
    return callback.key, callback.value, None, [*headers, ("ce_id", uuid4().hex.encode())]
