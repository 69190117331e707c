"""A predictor at work on a stream of rows, with what it has done so far and how fast."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import tee
from typing import TYPE_CHECKING, Any

from warwire.articles.journal import Done
from warwire.articles.reading import Row, Unreadable
from warwire.documents import Document

if TYPE_CHECKING:
    from warwire.model.prediction import Prediction, Predictor

Watch = Callable[[int, str], None]


class Marking:
    """Marks up rows chunk by chunk; a row that cannot be comes back as `Unreadable`.

    `done` counts all rows, those of an earlier part of the work included; speeds are of this part.
    """

    def __init__(self, predictor: "Predictor", *, least: float, watch: Watch):
        self._predictor, self._least, self._watch = predictor, least, watch
        self.done = Done()
        self.tokens = self._rows = 0

    def chunks(self, rows: Iterable[Row], *, after: int = 0) -> Iterator[list[Row]]:
        """The rows with their spans, in chunks; `after` rows were done before."""
        from warwire.model.prediction import cut_chunks

        self.done, self._started = Done(after), time.monotonic()
        chunks, kept = tee(cut_chunks(rows, lambda row: len(_text(row))))
        texts = ([_text(row) for row in chunk] for chunk in chunks)
        predictions = self._predictor.stream_chunks(texts, skip_errors=True)
        for chunk, prediction in zip(kept, predictions, strict=True):
            answers = self._answers(chunk, prediction)
            self._count(answers, prediction)
            yield answers

    @property
    def speed(self) -> str:
        """Articles and tokens a second."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        articles, tokens = self._rows / seconds, self.tokens / seconds
        return f"{articles:,.{articles < 10:d}f} articles/s, {tokens:,.0f} tokens/s"

    def _count(self, answers: Sequence[Row], prediction: "Prediction") -> None:
        self.done = self.done.plus(answers)
        self._rows += len(answers)
        self.tokens += prediction.tokens
        self._watch(self.done.rows, self.speed)

    def _answers(self, chunk: Sequence[Row], prediction: "Prediction") -> list[Row]:
        return [
            self._answer(row, prediction.spans[at], prediction.errors.get(at))
            for at, row in enumerate(chunk)
        ]

    def _answer(self, row: Row, spans: Sequence[Any], error: str | None) -> Row:
        if isinstance(row, Unreadable):
            return row
        if error is not None:
            return Unreadable(row.id, f"article {row.id}: cannot be marked up: {error}")
        return row.with_spans(tuple(span for span in spans if (span.score or 1.0) >= self._least))


def _text(row: Row) -> str:
    return row.text if isinstance(row, Document) else ""
