"""What stands before every route: the token, the clock and the count."""

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from warwire.service.metrics import Metrics

OPEN_PATHS = {"/health"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="warwire", charset="UTF-8", Bearer'}


class TokenGuard:
    """Refuses with 401 what brings no token; the health check needs none.

    The token comes as `Authorization: Bearer TOKEN`, or as the password of Basic, which is what
    Label Studio sends to an ML backend.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._brings_token(scope):
            await self._app(scope, receive, send)
            return
        await refuse(401, "a token is needed", scope, receive, send, headers=CHALLENGE)

    def _brings_token(self, scope: Scope) -> bool:
        given = token_of(Headers(scope=scope).get("authorization", ""))
        return hmac.compare_digest(given, self._token)


def token_of(authorization: str) -> bytes:
    """The token in an Authorization header; empty where it holds none."""
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip().encode("latin-1")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


class TimeLimit:
    """Answers 504 in place of a request that takes too long, its reading included."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched = _Watched(send)
        try:
            async with asyncio.timeout(self._seconds):
                await self._app(scope, receive, watched)
        except TimeoutError:
            if watched.status is not None:
                raise
            await refuse(504, f"not done in {self._seconds:g} seconds", scope, receive, send)


class Metered:
    """Counts every request by its route, its status and its seconds."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watched, start = _Watched(send), time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        finally:
            path = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - start
            self._metrics.count_request(path, watched.status or 500, seconds)


class _Watched:
    """A sender that remembers the status it sent."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


async def refuse(
    status: int,
    detail: str,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    headers: Mapping[str, Any] | None = None,
) -> None:
    """Answer with a status and one line."""
    await JSONResponse({"detail": detail}, status, headers=headers)(scope, receive, send)
