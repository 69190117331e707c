"""One model for many callers: texts that wait at the same time are predicted together."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

from warwire.errors import RunError
from warwire.service.limits import Limits
from warwire.service.metrics import Metrics
from warwire.spans import Span

Predict = Callable[[Sequence[str]], list[list[Span]]]
log = logging.getLogger(__name__)


class QueueFull(Exception):
    """So many texts wait already that no more are taken."""


class Stopped(Exception):
    """The model takes no new texts."""


class PredictionFailed(Exception):
    """The model raised an error on this very text."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    text: str
    answer: "asyncio.Future[list[Span]]"


class Batcher:
    """Feeds one thread with batches of the texts that wait; the first to come is never passed over.

    `predict` runs in that thread only. Use it as an async context manager; entering it warms the
    model up, leaving it finishes what is queued.
    """

    def __init__(self, predict: Predict, *, limits: Limits, metrics: Metrics) -> None:
        self.limits = limits
        self._predict = predict
        self._metrics = metrics
        self._queue: deque[_Waiting] = deque()
        self._news = asyncio.Event()
        self._closing = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._work: asyncio.Task[None] | None = None
        self._warm = False
        metrics.watch_queue(lambda: len(self._queue))

    async def __aenter__(self) -> "Batcher":
        await self.warm_up()
        self._work = asyncio.get_running_loop().create_task(self._serve())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def warm_up(self) -> None:
        """Let the model read a first text, once; raises RunError where it fails on it."""
        if self._warm:
            return
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._worker, self._predict, ["Warm up."])
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise RunError(f"the model fails on its first text: {problem}") from error
        self._warm = True

    @property
    def running(self) -> bool:
        """Whether new texts are taken."""
        return self._work is not None and not self._work.done() and not self._closing

    async def predict(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, in the order of the texts; all of them are queued or none.

        Raises QueueFull, Stopped, or PredictionFailed. Texts of a cancelled call are passed over.
        """
        if not self.running:
            raise Stopped
        if len(self._queue) + len(texts) > self.limits.queue:
            raise QueueFull
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(text, loop.create_future()) for text in texts]
        self._queue.extend(waiting)
        self._news.set()
        return await asyncio.gather(*(each.answer for each in waiting))

    async def close(self) -> None:
        """Take no new texts, and return when those that wait are answered."""
        self._closing = True
        self._news.set()
        if self._work is not None:
            await self._work
        self._worker.shutdown(wait=False)

    async def _serve(self) -> None:
        while await self._something_waits():
            if batch := self._take():
                await self._answer(batch)

    async def _something_waits(self) -> bool:
        while not self._queue and not self._closing:
            self._news.clear()
            await self._news.wait()
            if len(self._queue) < self.limits.batch and not self._closing:
                await asyncio.sleep(self.limits.wait)
        return bool(self._queue)

    def _take(self) -> list[_Waiting]:
        """The text that has waited longest and those nearest to it in length, as fit a batch.

        Like lengths waste little on padding; texts that nobody waits for any more are dropped.
        """
        waiting = [each for each in self._queue if not each.answer.done()]
        batch: list[_Waiting] = []
        room = self.limits.batch_characters
        for each in _nearest(waiting)[: self.limits.batch]:
            room -= len(each.text)
            if batch and room < 0:
                break
            batch.append(each)
        taken = set(map(id, batch))
        self._queue = deque(each for each in waiting if id(each) not in taken)
        return batch

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        texts = [each.text for each in batch]
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            found = await loop.run_in_executor(self._worker, self._predict, texts)
        except Exception as error:
            await self._answer_apart(batch, error)
            return
        self._metrics.count_batch(texts, loop.time() - start)
        for each, spans in zip(batch, found, strict=True):
            if not each.answer.done():
                each.answer.set_result(spans)

    async def _answer_apart(self, batch: Sequence[_Waiting], error: Exception) -> None:
        """One text that the model cannot read must not cost its neighbours their answers."""
        if len(batch) > 1:
            for each in batch:
                await self._answer([each])
            return
        log.error("the model failed on a text: %s", type(error).__name__)
        if not batch[0].answer.done():
            batch[0].answer.set_exception(PredictionFailed())


def _nearest(waiting: Sequence[_Waiting]) -> list[_Waiting]:
    """The first, and the others by how much their length differs from its."""
    return sorted(waiting, key=lambda each: abs(len(each.text) - len(waiting[0].text)))
