"""The work of `verdicts` on FastStream, by whole batches: offsets are committed when all outputs are acknowledged.

FastStream keeps no state; a dictionary does, and is empty after a restart. BOOTSTRAP, INPUT, OUTPUT and GROUP stand in
the environment; runs in the peers' environment.
"""

import asyncio
import os

from aiokafka import AIOKafkaProducer
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage

from bench.peers.verdicts import advance

TOLD = os.environ
broker = KafkaBroker(TOLD["BOOTSTRAP"], logger=None)
attempts: dict[bytes, bytes] = {}
producers: list[AIOKafkaProducer] = []


async def as_it_came(message: KafkaMessage) -> bytes:
    return message.body


@broker.subscriber(
    TOLD["INPUT"],
    batch=True,
    max_records=2000,
    group_id=TOLD["GROUP"],
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.ACK,
    decoder=as_it_came,
)
async def track(_reports: list[bytes], message: KafkaMessage) -> None:
    sent = []
    for record in message.raw_message:
        after, update = advance(attempts.get(record.key), record.value)
        if after is not None:
            attempts[record.key] = after
        # Its own publish, one by one, costs more.
        sent.append(await producers[0].send(TOLD["OUTPUT"], update, key=record.key))
    await asyncio.gather(*sent)


async def main() -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=TOLD["BOOTSTRAP"],
        acks="all",
        enable_idempotence=True,
        compression_type="zstd",
        linger_ms=5,
        max_batch_size=262_144,
    )
    async with producer, broker:
        producers.append(producer)
        await broker.start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
