"""The edge that one writes first: a FastAPI route that verifies the raw body and sends it, one by one.

python -m bench.peers.fastapi_edge PORT BOOTSTRAP TOPIC KEY
"""

import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response

from bench.peers.signature import is_signed


def make_edge(bootstrap: str, topic: str, key: bytes) -> FastAPI:
    @asynccontextmanager
    async def lifespan(edge: FastAPI) -> AsyncIterator[None]:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
            edge.state.producer = producer
            yield

    edge = FastAPI(lifespan=lifespan)

    @edge.post("/callbacks/{provider}/{connection}")
    async def take(request: Request) -> Response:
        body = await request.body()
        if not is_signed(request.headers.get("authorization"), key, body):
            return Response(status_code=401)
        await request.app.state.producer.send_and_wait(topic, body)
        return Response()

    return edge


if __name__ == "__main__":
    port, bootstrap, topic, key = sys.argv[1:5]
    edge = make_edge(bootstrap, topic, base64.b64decode(key))
    uvicorn.run(edge, port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning")
