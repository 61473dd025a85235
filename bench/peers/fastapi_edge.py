"""The edge that one writes first: a FastAPI route that takes the raw body and sends it, unsigned, one by one.

python -m bench.peers.fastapi_edge PORT BOOTSTRAP TOPIC
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Request, Response


def make_edge(bootstrap: str, topic: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(edge: FastAPI) -> AsyncIterator[None]:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
            edge.state.producer = producer
            yield

    edge = FastAPI(lifespan=lifespan)

    @edge.post("/callbacks/{provider}/{connection}")
    async def take(request: Request) -> Response:
        await request.app.state.producer.send_and_wait(topic, await request.body())
        return Response()

    return edge


if __name__ == "__main__":
    port, bootstrap, topic = sys.argv[1:4]
    edge = make_edge(bootstrap, topic)
    uvicorn.run(edge, port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning")
