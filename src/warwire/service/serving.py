"""Listening, and stopping in good order."""

import ipaddress
import signal
import socket

import uvicorn
from fastapi import FastAPI

from warwire.errors import RunError
from warwire.service.batching import Batcher
from warwire.service.limits import Limits

MOST_CONNECTIONS = 512
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


class _Server(uvicorn.Server):
    """Starts with a model that reads, or raises RunError without the application's traceback.

    Keeps listening while it stops, so that late callers read 503 until the queue is empty.
    """

    def __init__(self, config: uvicorn.Config, batcher: Batcher) -> None:
        super().__init__(config)
        self._batcher = batcher

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self._batcher.warm_up()
        await super().startup(sockets)

    async def main_loop(self) -> None:
        await super().main_loop()
        await self._batcher.close()


def serve(app: FastAPI, batcher: Batcher, listener: socket.socket, limits: Limits) -> None:
    """Answer requests until SIGINT or SIGTERM, then finish what is queued and return.

    Raises RunError where the model fails on its first text.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=int(limits.seconds) + 1,
        server_header=False,
        proxy_headers=False,
        ws="none",
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # uvicorn raises it again once it has stopped
    _Server(config, batcher).run(sockets=[listener])


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one. Raises RunError where it cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise RunError(f"cannot listen on {host}, port {port}: {reason}") from error


def address_of(listener: socket.socket) -> str:
    """The address to reach a listener under."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
