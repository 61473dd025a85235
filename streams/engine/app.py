"""A faust app for one stage, with every setting that is not faust's default and why."""

from collections.abc import Sequence
from typing import Any

import faust
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from yarl import URL

from runtime.kafka import METADATA_MAX_AGE_MS
from runtime.partitioner import crc32_partitioner
from runtime.settings import Settings
from streams.engine.consumer import BatchConsumer, Taker
from streams.engine.stage import LARGEST_FETCH
from streams.engine.writer import DELIVERY_TIMEOUT_S


class Boot(BootStrategy):
    """What the engine does itself is not started: faust's producer, its web server, its sensors."""

    enable_kafka_producer = False
    enable_web = False
    enable_sensors = False


class NoTables(TableManager):
    """Without tables there is nothing to wait a second for, which is what faust's own does at every start."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


class StageApp(faust.App):
    BootStrategy = Boot

    def _create_directories(self) -> None:
        """Nothing is kept on disk."""


def make_app(group: str, reads: Sequence[str], settings: Settings, *, taker: Taker) -> faust.App:
    """The app of the consumer group `group`, subscribed to `reads`, whose records go to `taker`."""
    app = StageApp(group, **_options(settings))
    # Handlers hang on the class of the consumer, and several apps live in one process: each gets a class of its own.
    consumer = type("StageConsumer", (BatchConsumer,), {"taker": taker})
    app.transport = type("StageTransport", (driver.Transport,), {"Consumer": consumer})(app.conf.broker_consumer, app)
    for name in reads:
        app.topics.add(app.topic(name, acks=False))
    return app


def _options(settings: Settings) -> dict[str, Any]:
    streams, kafka = settings.streams, settings.kafka
    options: dict[str, Any] = {
        "broker": [URL(f"kafka://{address.strip()}") for address in kafka.bootstrap_servers.split(",")],
        "TableManager": NoTables,
        # Topics are ours to make; faust would make them with partitions and replicas of its own taste.
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "consumer_auto_offset_reset": "earliest",
        "consumer_metadata_max_age_ms": METADATA_MAX_AGE_MS,
        "producer_partitioner": crc32_partitioner,
        "broker_commit_interval": streams.commit_interval_s,
        "broker_max_poll_records": min(streams.max_batch, LARGEST_FETCH),
        "broker_session_timeout": streams.session_timeout_s,
        "broker_heartbeat_interval": streams.session_timeout_s / 10,
        # faust does not start with a session above this, which by itself is 90 s.
        "broker_request_timeout": max(90.0, 2 * streams.session_timeout_s),
        # Nobody may take over while a batch is still allowed to be on its way.
        "broker_rebalance_timeout": DELIVERY_TIMEOUT_S + 30,
        # A stage that is stuck loses its partitions in minutes, not in a quarter of an hour.
        "broker_max_poll_interval": DELIVERY_TIMEOUT_S + 60,
        # No tables and therefore no standbys, but this is what keeps faust's own assignor in force, and only that one
        # gives partitions of the same number from all topics to the same member.
        "table_standby_replicas": 1,
    }
    if streams.instance_id:
        options["consumer_group_instance_id"] = streams.instance_id
    return options
