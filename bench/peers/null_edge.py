"""The server that ingest runs on with an application that reads the body and answers 200: what cannot be beaten.

python -m bench.peers.null_edge PORT
"""

import asyncio
import signal
import sys

import uvloop

from ingest.ports import callback_port
from ingest.rsgi import HttpProtocol, Scope
from runtime.collector import spare_the_collector
from runtime.settings import IngestSettings


async def answer(_scope: Scope, protocol: HttpProtocol) -> None:
    await protocol()
    protocol.response_empty(200, [])


async def serve(port: int) -> None:
    server = callback_port(answer, IngestSettings(port=port))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    spare_the_collector()
    await server.serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
