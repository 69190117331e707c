"""The FastAPI application: routes, limits, and an answer for everything that can go wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, Response

from warwire.service.batching import Batcher, PredictionFailed, QueueFull, Stopped
from warwire.service.guards import Metered, TimeLimit, TokenGuard
from warwire.service.limits import Limits
from warwire.service.messages import Article, PredictRequest, PredictResponse, answer
from warwire.service.metrics import Metrics
from warwire.service.page import render_page

Result = TypeVar("Result")
AGAIN = {"Retry-After": "1"}
REFUSALS: dict[int | str, dict[str, Any]] = {
    401: {"description": "The token is missing or wrong."},
    413: {"description": "The body, a text or the number of texts is over the limit."},
    422: {"description": "The body is no JSON of this shape; detail says where."},
    429: {"description": "Too many texts wait; ask again after Retry-After seconds."},
    503: {"description": "The service is stopping."},
    504: {"description": "The request took too long."},
}


def create_app(
    batcher: Batcher,
    *,
    model: str,
    limits: Limits,
    metrics: Metrics,
    token: str | None = None,
    hosts: Sequence[str] = (),
) -> FastAPI:
    """The service around a batcher, which it starts and closes; `model` is the version it names.

    With a token every route but `/health` asks for it. With `hosts` only requests that are
    addressed to one of these names are answered, so that no web page reaches the service by a
    name of its own that leads here.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with batcher:
            yield

    app = FastAPI(
        title="Warwire",
        description="Marks who acts, what is done with force and how much aid is given.",
        version=model,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        max_body_size=limits.body,
    )
    _add_routes(app, batcher, model, limits, metrics)
    _add_refusals(app, limits)
    app.add_middleware(TimeLimit, seconds=limits.seconds)
    if hosts:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    if token:
        app.add_middleware(TokenGuard, token=token)
    app.add_middleware(Metered, metrics=metrics)
    return app


def _add_routes(
    app: FastAPI, batcher: Batcher, model: str, limits: Limits, metrics: Metrics
) -> None:
    @app.post("/v1/predict", response_model=PredictResponse, responses=REFUSALS)
    async def predict(asked: PredictRequest, request: Request) -> Any:
        """Mark up texts: who acts, what is done with force, how much aid is given."""
        articles = asked.read()
        refuse_too_much(articles, limits)
        texts = [article.text for article in articles]
        found = await unless_gone(request, batcher.predict(texts))
        return JSONResponse(answer(model, articles, found))

    @app.get("/health")
    async def health() -> Response:
        """Whether the model takes texts."""
        up = batcher.running
        return JSONResponse({"status": "UP" if up else "DOWN"}, 200 if up else 503)

    @app.get("/metrics", response_class=Response)
    async def read_metrics() -> Response:
        """Requests, seconds, batches and the queue, for Prometheus."""
        return Response(metrics.render(), media_type="text/plain; version=0.0.4")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(render_page(app.openapi()))


def refuse_too_much(articles: Sequence[Article], limits: Limits) -> None:
    """Raises 413 for more texts, or a longer text, than the limits allow."""
    if len(articles) > limits.texts:
        raise HTTPException(413, f"{len(articles)} texts; at most {limits.texts} a request")
    for place, article in enumerate(articles):
        if len(article.text) > limits.characters:
            raise HTTPException(
                413,
                f"text {place} has {len(article.text)} characters; at most {limits.characters}",
            )


async def unless_gone(request: Request, work: Awaitable[Result]) -> Result:
    """The work's result; a client that hangs up before cancels it, so that nobody waits for it."""
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_hang_up(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HTTPException(499, "the client has gone")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _add_refusals(app: FastAPI, limits: Limits) -> None:
    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        return JSONResponse({"detail": [_problem(each) for each in error.errors()]}, 422)

    @app.exception_handler(400)
    async def unreadable(_: Request, __: Exception) -> Response:
        return JSONResponse({"detail": "the body is not readable as JSON"}, 422)

    @app.exception_handler(QueueFull)
    async def busy(_: Request, __: Exception) -> Response:
        return JSONResponse({"detail": "too many texts wait; ask again soon"}, 429, AGAIN)

    @app.exception_handler(Stopped)
    async def stopped(_: Request, __: Exception) -> Response:
        return JSONResponse({"detail": "the service is stopping"}, 503, AGAIN)

    @app.exception_handler(PredictionFailed)
    async def failed(_: Request, __: Exception) -> Response:
        return JSONResponse({"detail": "the model failed on a text of this request"}, 500)


def _problem(error: dict[str, Any]) -> dict[str, Any]:
    """Where and what, without the input itself; keys of the caller's making are made printable."""
    place = ".".join(map(str, error["loc"])).encode("ascii", "backslashreplace").decode()
    return {"loc": place, "msg": error["msg"], "type": error["type"]}
