"""The routes by which Label Studio asks for predictions and tells of annotations."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import Counter
from pydantic import BaseModel, Field, model_validator

from warwire.corpus.label_studio import LabelingConfig, parse_labeling_config
from warwire.errors import InputError
from warwire.service.app import REFUSALS, unless_gone
from warwire.service.limits import Limits
from warwire.service.metrics import Metrics
from warwire.spans import Span
from warwire.studio.journal import Journal, annotations_in, is_named
from warwire.studio.predictions import check_labels, prediction

Ask = Callable[[Sequence[str]], Awaitable[list[list[Span]]]]
"""Texts → spans, as the service's batcher answers."""

log = logging.getLogger(__name__)


class Setup(BaseModel):
    """What is read of a set-up request: the labeling config. The API token in it is dropped."""

    labeling_config: str = Field("", alias="schema")


class PredictTasks(BaseModel):
    """What is read of a prediction request."""

    tasks: list[dict[str, Any]]
    label_config: str


class Webhook(BaseModel, extra="allow"):
    """What happened, and to which project, task and annotation."""

    action: str = Field(max_length=128)

    @model_validator(mode="after")
    def _named(self) -> "Webhook":
        if not all(map(is_named, annotations_in(self.model_extra or {}))):
            raise ValueError("an annotation's id is a whole number or a text")
        return self


class Backend:
    """Predicts tasks as their labeling config shows them, and counts those it cannot read."""

    def __init__(
        self, ask: Ask, *, labels: Sequence[str], version: str, limits: Limits, metrics: Metrics
    ) -> None:
        self.version = version
        self._ask = ask
        self._labels = tuple(labels)
        self._limits = limits
        self._left_out: Counter = metrics.counter(
            "warwire_tasks_left_out", "Tasks that got an empty result.", "reason"
        )

    def config(self, xml: str) -> LabelingConfig:
        """The labeling config, if the model can serve it; raises InputError."""
        config = _parse(xml)
        check_labels(self._labels, config, "the labeling config")
        return config

    async def predict(self, asked: PredictTasks) -> list[dict[str, Any]]:
        """One prediction a task, in order; an empty one where a task has no text to read."""
        config = self.config(asked.label_config)
        texts = [self._text(task, config.text_key) for task in asked.tasks]
        found = iter([spans for part in self._parts(texts) for spans in await self._ask(part)])
        return [
            prediction(text or "", [] if text is None else next(found), config, self.version)
            for text in texts
        ]

    def _parts(self, texts: Sequence[str | None]) -> Iterator[list[str]]:
        """The texts there are, as many at a time as a request may hold."""
        there = [text for text in texts if text is not None]
        for start in range(0, len(there), self._limits.texts):
            yield there[start : start + self._limits.texts]

    def _text(self, task: dict[str, Any], key: str) -> str | None:
        data = task.get("data")
        text = data.get(key) if isinstance(data, dict) else None
        reason = self._unreadable(text)
        if reason is None:
            return str(text)
        self._left_out.labels(reason).inc()
        return None

    def _unreadable(self, text: Any) -> str | None:
        if not isinstance(text, str):
            return "no text"
        if len(text) > self._limits.characters:
            return "too long"
        return None if text.isascii() or _is_unicode(text) else "no Unicode"


def add_backend(app: FastAPI, backend: Backend, journal: Journal) -> None:
    """Add `/setup`, `/predict`, `/webhook` and `/versions` beside the service's own routes."""
    app.include_router(_router(backend, journal))

    @app.exception_handler(InputError)
    async def unfit(_: Request, error: Exception) -> Response:
        return JSONResponse({"detail": str(error)}, 422)


def _router(backend: Backend, journal: Journal) -> APIRouter:
    router = APIRouter(tags=["Label Studio"], responses=REFUSALS)

    @router.post("/setup")
    async def setup(asked: Setup) -> dict[str, str]:
        """Whether the model fits a project's labeling config."""
        backend.config(asked.labeling_config)
        return {"model_version": backend.version}

    @router.post("/predict")
    async def predict(asked: PredictTasks, request: Request) -> dict[str, Any]:
        """One prediction a task, in the shape of Label Studio's results."""
        return {"results": await unless_gone(request, backend.predict(asked))}

    @router.post("/webhook")
    async def webhook(told: Webhook) -> dict[str, int]:
        """Write down what happened to annotations."""
        try:
            written = await asyncio.to_thread(journal.write, told.model_dump())
        except OSError as error:
            log.error("%s: %s", journal.path, error.strerror)
            raise HTTPException(503, "the journal cannot be written") from error
        return {"journalled": written}

    @router.get("/versions")
    async def versions() -> dict[str, list[str]]:
        """The model's version."""
        return {"versions": [backend.version]}

    return router


@lru_cache(maxsize=32)
def _parse(xml: str) -> LabelingConfig:
    config = parse_labeling_config(xml, "the labeling config")
    if config.kind != "text":
        raise InputError(
            f"the labeling config shows {config.kind}, whose offsets Warwire cannot write;"
            ' use <Text name="text" value="$text"/>'
        )
    return config


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
