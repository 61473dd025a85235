"""What one writes without FastAPI: a Starlette route that verifies the raw body and sends it, one by one.

python -m bench.peers.starlette_edge PORT BOOTSTRAP TOPIC KEY
"""

import base64
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.signature import is_signed


def make_edge(bootstrap: str, topic: str, key: bytes) -> Starlette:
    @asynccontextmanager
    async def lifespan(edge: Starlette) -> AsyncIterator[None]:
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True) as producer:
            edge.state.producer = producer
            yield

    async def take(request: Request) -> Response:
        body = await request.body()
        if not is_signed(request.headers.get("authorization"), key, body):
            return Response(status_code=401)
        await request.app.state.producer.send_and_wait(topic, body)
        return Response()

    return Starlette(routes=[Route("/callbacks/{provider}/{connection}", take, methods=["POST"])], lifespan=lifespan)


if __name__ == "__main__":
    port, bootstrap, topic, key = sys.argv[1:5]
    edge = make_edge(bootstrap, topic, base64.b64decode(key))
    uvicorn.run(edge, port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning")
