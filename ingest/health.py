"""Whether this process should be sent callbacks, and what is not as it should be."""

from dataclasses import dataclass

from pydantic import BaseModel

START_GRACE_S = 5.0
"""For so long a fresh process waits for Kafka before it says that it is ready with the spool alone."""


class Health(BaseModel):
    """How the process is."""

    is_ready: bool
    reason: str = ""
    """Why it is not ready, or what is not as it should be although it is."""


@dataclass(frozen=True)
class Signs:
    """What is known of the parts."""

    kafka_trouble: str
    """Why callbacks cannot go to Kafka now."""
    spool_trouble: str
    """Why callbacks could not go to the spool just now."""
    spool_share: float
    """How full the spool is."""
    is_starting: bool
    """Whether Kafka may still be about to answer for the first time."""


def health_of(signs: Signs, *, alarm_share: float) -> Health:
    """Ready while a callback can be made durable, somewhere, and the spool is not on its way to be full."""
    if signs.spool_share >= alarm_share:
        why = signs.kafka_trouble or "it is being drained"
        return Health(is_ready=False, reason=f"the spool is {signs.spool_share:.0%} full: {why}")
    if not signs.kafka_trouble:
        return Health(is_ready=True)
    if signs.spool_trouble or signs.is_starting:
        return Health(is_ready=False, reason=f"{signs.kafka_trouble}; {signs.spool_trouble or 'waiting for it'}")
    return Health(is_ready=True, reason=f"{signs.kafka_trouble}; callbacks go to the spool")
