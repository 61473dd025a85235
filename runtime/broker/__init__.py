"""A real Apache Kafka of one's own, without Docker: jars from a checked list, Java from the machine or from a wheel."""

from runtime.broker.local import LocalBroker
from runtime.broker.running import running_broker
from runtime.broker.settings import BrokerSettings

__all__ = ["BrokerSettings", "LocalBroker", "running_broker"]
