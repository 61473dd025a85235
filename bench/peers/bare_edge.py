"""The least that an edge with our promise can do on our server and our client: a signature, one batch at a time, 200.

No routes, no limits, no deadlines, no headers on the record, no spool. What ours costs above this is what those cost.

python -m bench.peers.bare_edge PORT BOOTSTRAP TOPIC KEY
"""

import asyncio
import base64
import hmac
import signal
import sys
from itertools import cycle

import uvloop

from ingest.ports import callback_port
from ingest.rsgi import HttpProtocol, Scope
from runtime.collector import spare_the_collector
from runtime.kafka import Outgoing, make_producer, send_records
from runtime.settings import IngestSettings, KafkaSettings

PARTITIONS = KafkaSettings().partitions


class Edge:
    """Collects while a batch is on its way."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._waiting: list[tuple[Outgoing, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def answer(self, scope: Scope, protocol: HttpProtocol) -> None:
        body = await protocol()
        signature = base64.b64encode(hmac.digest(self._key, body, "sha256")).decode()
        if not (scope.headers.get("authorization") or "").endswith(signature):
            protocol.response_empty(401, [])
            return
        durable = asyncio.get_running_loop().create_future()
        self._waiting.append(((None, body, None, []), durable))
        self._wake.set()
        await durable
        protocol.response_empty(200, [])

    async def ship(self, kafka: KafkaSettings, topic: str) -> None:
        async with make_producer(kafka, "bare-edge") as producer:
            for partition in cycle(range(PARTITIONS)):
                await self._wake.wait()
                self._wake.clear()
                batch, self._waiting = self._waiting, []
                await asyncio.gather(*await send_records(producer, topic, partition, (record for record, _ in batch)))
                for _, durable in batch:
                    durable.set_result(None)


async def serve(port: int, bootstrap: str, topic: str, key: str) -> None:
    edge = Edge(base64.b64decode(key))
    server = callback_port(edge.answer, IngestSettings(port=port))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    shipping = asyncio.create_task(edge.ship(KafkaSettings(bootstrap_servers=bootstrap), topic))
    spare_the_collector()
    await server.serve()
    shipping.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), *sys.argv[2:5]))
