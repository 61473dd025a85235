"""Every private name of faust, mode and aiokafka that the engine leans on, in one place.

They may change in any release, which is why both are pinned exactly. A test asserts the versions and that each name is
still there; before a version is raised, read what became of them.
"""

import asyncio
from typing import Any

from faust.transport.drivers import aiokafka as driver

VERSIONS = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0"}

OVERRIDDEN = (
    ("faust.transport.drivers.aiokafka:Consumer", "_new_consumer_thread"),
    ("faust.transport.drivers.aiokafka:Consumer", "_drain_messages"),
    ("faust.transport.drivers.aiokafka:Consumer", "force_commit"),
    ("faust.transport.drivers.aiokafka:Consumer", "wait_empty"),
    ("faust.transport.drivers.aiokafka:Consumer", "on_partitions_revoked"),
    ("faust.transport.drivers.aiokafka:Consumer", "verify_all_partitions_active"),
    ("faust.transport.drivers.aiokafka:Consumer", "on_stop"),
    ("faust.app.base:BootStrategy", "enable_kafka_producer"),
    ("faust.app.base:App", "_create_directories"),
    ("faust.tables.manager:TableManager", "on_start"),
)
"""What the engine replaces. Those without an underscore are not documented as hooks either."""

CALLED = (
    ("faust.transport.drivers.aiokafka:Consumer", "_getmany"),
    ("faust.transport.drivers.aiokafka:Consumer", "_commit"),
    ("faust.transport.drivers.aiokafka:AIOKafkaConsumerThread", "_consumer"),
    ("faust.transport.drivers.aiokafka:AIOKafkaConsumerThread", "call_thread"),
    ("faust.tables.manager:TableManager", "_update_channels"),
    ("faust.tables.manager:TableManager", "recovery"),
    ("aiokafka.consumer.group_coordinator:GroupCoordinator", "check_errors"),
    ("aiokafka.consumer.group_coordinator:GroupCoordinator", "_do_heartbeat"),
)
"""What it calls or reads, as far as a class shows it."""

SET_IN_INIT = (
    ("faust.transport.consumer:ThreadDelegateConsumer.__init__", "_thread"),
    ("mode.threads:ServiceThread.__init__", "_close_thread_loop_on_stop"),
    ("aiokafka.consumer.consumer:AIOKafkaConsumer.start", "_coordinator"),
    ("aiokafka.consumer.group_coordinator:GroupCoordinator.__init__", "_pending_exception"),
    ("aiokafka.consumer.group_coordinator:GroupCoordinator.__init__", "_coordination_task"),
    ("aiokafka.consumer.group_coordinator:GroupCoordinator.__init__", "generation"),
)
"""Attributes that exist on instances only, by the function that sets them."""


def client_of(consumer: driver.Consumer) -> Any:  # noqa: ANN401  # aiokafka is published without types
    """The client behind faust's."""
    return consumer._thread._consumer  # noqa: SLF001  # named above


def thread_on(loop: asyncio.AbstractEventLoop, consumer: driver.Consumer) -> driver.AIOKafkaConsumerThread:
    """The thread that faust would make, with this loop in it, which it closes when it ends."""
    thread = driver.AIOKafkaConsumerThread(consumer, loop=consumer.loop, thread_loop=loop, beacon=consumer.beacon)
    thread._close_thread_loop_on_stop = True  # noqa: SLF001  # named above
    return thread


def coordinator_failure(consumer: driver.Consumer) -> BaseException | None:
    """What ended this member's part in the group, if anything did.

    The client keeps such an error until somebody asks for records through its own door, which faust never does: without
    this question the process would stay "running" without heartbeats and without partitions.
    """
    coordinator = getattr(client_of(consumer), "_coordinator", None)
    if coordinator is None:  # not started yet
        return None
    pending: BaseException | None = coordinator._pending_exception  # noqa: SLF001  # named above
    task = coordinator._coordination_task  # noqa: SLF001  # named above
    if pending is None and task.done() and not task.cancelled():
        pending = task.exception()
    return pending


async def is_member(consumer: driver.Consumer) -> bool | None:
    """Whether the group counts us in, asked anew; null when nobody answers.

    A member that is waited for in a rebalance is one until it has given its partitions back.
    """
    coordinator = client_of(consumer)._coordinator  # noqa: SLF001  # named above
    answered: bool = await consumer._thread.call_thread(coordinator._do_heartbeat)  # noqa: SLF001  # named above
    # A refusal resets the generation; other failures leave it as it is, and are no answer.
    if coordinator.generation < 0:
        return False
    return True if answered else None


def subscribed_topics(consumer: driver.Consumer) -> frozenset[str]:
    """What the client has really subscribed to."""
    client = client_of(consumer)
    return frozenset(client.subscription() or ()) if client is not None else frozenset()
