"""The two ports as servers: granian in this process for callbacks, uvicorn on the same loop for the local one."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from ingest.rsgi import Application
from runtime.listening import cannot_listen
from runtime.settings import IngestSettings

LARGEST_HEAD_BYTES = 64 * 1024
"""Of a request: its line and its headers. They become Kafka headers beside the body."""
HEAD_LIMIT_MS = 10_000
CONNECTION_LIMIT = 4096


class AdminPort(uvicorn.Server):
    """uvicorn without its own ideas about signals: they belong to the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def callback_port(application: Application, ingest: IngestSettings) -> Server:
    """The server of the callback port. Raises `ConfigurationInvalid` when it cannot listen there."""
    return Server(
        application,
        address=_address(ingest.host, ingest.port),
        port=ingest.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_LIMIT_MS, max_buffer_size=LARGEST_HEAD_BYTES),
        websockets=False,
        backlog=CONNECTION_LIMIT,
        backpressure=CONNECTION_LIMIT,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": {}, "loggers": {"_granian": {"propagate": True}}},
    )


def admin_port(admin: FastAPI) -> AdminPort:
    """The server of the local port."""
    return AdminPort(
        uvicorn.Config(admin, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1)
    )


def _address(host: str, port: int) -> str:
    """The numeric address of `host`, free to listen on beside other processes of ours."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            trial.bind(address)
    except OSError as exc:
        raise cannot_listen("ingest.port", host, port, exc) from exc
    return str(address[0])
