"""`Predictor`: texts → spans, with windows of many articles packed by length."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from warwire.documents import Document
from warwire.model.checkpoints import Checkpoint
from warwire.model.cores import share_out
from warwire.model.engines import Dtype, Engine, EngineName, Floats, TorchEngine, open_run
from warwire.model.features import Frame, skipped_spans, tokenize, windows_of
from warwire.spans import Span
from warwire.tagging.decoding import decode_spans
from warwire.tagging.encoding import Ints, Tokens, continues_word
from warwire.tagging.reading import Reading, join_words, words_of
from warwire.tagging.skipping import tokens_outside, unbroken_runs
from warwire.tagging.windows import Window

ARTICLES_AT_ONCE = 64
CHARACTERS_AT_ONCE = 1_000_000
MULTIPLE = 16
"""Lengths of batches are multiples of it: each new shape costs torch time, and memory for good."""
Item = TypeVar("Item")
Job = tuple[int, Window]
"""An article's place in its chunk, and one of its windows."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The spans of a chunk's texts, one list a text, and how many tokens the texts held.

    `errors` says by place which texts could not be marked up, and why; these have no spans.
    """

    spans: list[list[Span]]
    tokens: int
    errors: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Prepared:
    tokens: list[Tokens]
    skipped: list[list[Span]]
    jobs: list[Job]


class Predictor:
    """Marks up text with a trained run; one instance is safe to use for any number of texts."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        dtype: Dtype = "auto",
        device: str = "auto",
        engine: Engine | None = None,
    ):
        self.checkpoint = checkpoint
        self.labels = checkpoint.tags.labels
        self.engine = engine or TorchEngine(checkpoint.model, dtype=dtype, device=device)
        self._frame = Frame.of(checkpoint.tokenizer)
        self._most = checkpoint.config.windows.size

    @classmethod
    def from_pretrained(
        cls,
        folder: Path | str,
        *,
        dtype: Dtype = "auto",
        device: str = "auto",
        engine: EngineName = "auto",
    ) -> "Predictor":
        """Load a run's folder; raises InputError where it is none.

        `engine` `auto` is torch on a GPU or a processor with bf16 units, elsewhere the exported
        model if there is one. `dtype` `auto` is bf16 where torch has units for it, int8 where the
        exported model was measured to be as good in it, else fp32.
        """
        checkpoint, running = open_run(folder, engine=engine, dtype=dtype, device=device)
        return cls(checkpoint, engine=running)

    def __call__(self, text: str) -> list[Span]:
        """The spans of one text, in text order, each with a score in 0..1."""
        return self.predict([text])[0]

    def predict(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, in the order of the texts."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """The spans of each text, one after the other, reading only two chunks of texts ahead."""
        for prediction in self.stream_chunks(cut_chunks(texts, len)):
            yield from prediction.spans

    def stream_chunks(
        self, chunks: Iterable[Sequence[str]], *, skip_errors: bool = False
    ) -> Iterator[Prediction]:
        """A prediction a chunk; while the model reads one chunk, the next is being tokenized.

        What is found in a chunk depends on that chunk's texts alone. With `skip_errors` a text
        that cannot be marked up leaves its error in its place; else that error is raised.
        """
        mark = self._mark_or_skip if skip_errors else self._mark
        waiting: deque[tuple[Sequence[str], Future[_Prepared]]] = deque()
        with ThreadPoolExecutor(1, thread_name_prefix="tokenizing") as thread:
            for chunk in chunks:
                waiting.append((chunk, thread.submit(self._prepare, chunk)))
                if len(waiting) > 1:
                    yield mark(*waiting.popleft())
            while waiting:
                yield mark(*waiting.popleft())

    def mark_up(self, documents: Iterable[Document]) -> list[Document]:
        """The same articles with predicted spans in place of their own."""
        documents = list(documents)
        every = self.predict([document.text for document in documents])
        pairs = zip(documents, every, strict=True)
        return [document.with_spans(tuple(spans)) for document, spans in pairs]

    def inputs(self, texts: Sequence[str]) -> Iterator[tuple[Ints, Ints]]:
        """The batches that the model reads for these texts: ids and attention mask."""
        chunk = self._prepare(texts)
        batches = pack(chunk.jobs, tokens=self.engine.tokens)
        return (self._inputs(chunk.tokens, batch) for batch in batches)

    def read(self, texts: Iterable[str]) -> Iterator[Reading]:
        """The spans of each text with the words and probabilities behind them, text by text."""
        for chunk in cut_chunks(texts, len):
            made = self._prepare(chunk)
            each = zip(chunk, made.tokens, made.skipped, self._log_probs(made), strict=True)
            yield from (self._read(*one) for one in each)

    def _prepare(self, texts: Sequence[str]) -> _Prepared:
        section = self.checkpoint.config.windows
        skipped = [skipped_spans(text, section) for text in texts]
        whole = tokenize(self.checkpoint.tokenizer, texts)
        every = [tokens_outside(*pair) for pair in zip(whole, skipped, strict=True)]
        jobs = [
            (article, window)
            for article, tokens in enumerate(every)
            for window in windows_of(tokens, section, self._frame)
        ]
        return _Prepared(every, skipped, jobs)

    def _mark_or_skip(self, texts: Sequence[str], prepared: Future[_Prepared]) -> Prediction:
        try:
            return self._mark(texts, prepared)
        except Exception:
            parts = [self._mark_alone(text) for text in texts]
            errors = {at: part for at, part in enumerate(parts) if isinstance(part, str)}
            found = [None if isinstance(part, str) else part for part in parts]
            spans = [part.spans[0] if part else [] for part in found]
            return Prediction(spans, sum(part.tokens for part in found if part), errors)

    def _mark_alone(self, text: str) -> Prediction | str:
        try:
            return next(self.stream_chunks([[text]]))
        except Exception as error:  # whatever it is, the other articles go on
            return " ".join(f"{type(error).__name__}: {error}".split())[:200]

    def _mark(self, texts: Sequence[str], prepared: Future[_Prepared]) -> Prediction:
        chunk = prepared.result()
        each = zip(texts, chunk.tokens, chunk.skipped, self._log_probs(chunk), strict=True)
        return Prediction([self._decode(*one) for one in each], sum(map(len, chunk.tokens)))

    def _log_probs(self, chunk: _Prepared) -> list[Floats]:
        shapes = [(len(tokens), len(self.checkpoint.tags.names)) for tokens in chunk.tokens]
        log_probs: list[Floats] = [np.empty(shape, dtype=np.float32) for shape in shapes]
        fill = partial(self._fill, log_probs, chunk.tokens)
        batches = list(pack(chunk.jobs, tokens=self.engine.tokens))
        share_out(fill, batches, cores=self.engine.cores, enter=self.engine.enter)
        return log_probs

    def _decode(
        self, text: str, tokens: Tokens, skipped: Sequence[Span], scores: Floats
    ) -> list[Span]:
        """The spans of one text, none of which reaches across what was skipped."""
        spans: list[Span] = []
        for run in unbroken_runs(tokens, skipped):
            inside_word = continues_word(text, tokens[run])
            spans += decode_spans(tokens[run], inside_word, scores[run], self.checkpoint.tags)
        return spans

    def _read(self, text: str, tokens: Tokens, skipped: Sequence[Span], scores: Floats) -> Reading:
        parts = [
            words_of(tokens[run], continues_word(text, tokens[run]), scores[run])
            for run in unbroken_runs(tokens, skipped)
        ]
        spans = tuple(self._decode(text, tokens, skipped, scores))
        return Reading(spans, *join_words(parts, self.checkpoint.tags))

    def _fill(
        self,
        log_probs: Sequence[Floats],
        every: Sequence[Tokens],
        batch: Sequence[Job],
    ) -> None:
        skip = len(self._frame.before)
        scores = self.engine(*self._inputs(every, batch))
        for row, (article, window) in zip(scores, batch, strict=True):
            first = skip + window.owned_start - window.start
            owned = row[first : first + window.owned_end - window.owned_start]
            log_probs[article][window.owned_start : window.owned_end] = _log_softmax(owned)

    def _inputs(self, every: Sequence[Tokens], batch: Sequence[Job]) -> tuple[Ints, Ints]:
        """Ids and attention mask of a batch, each window between the frame's special tokens."""
        longest = max(window.end - window.start for _, window in batch) + len(self._frame)
        longest = max(longest, min(-(-longest // MULTIPLE) * MULTIPLE, self._most))
        pad = self.checkpoint.tokenizer.pad_token_id or 0
        ids = np.full((len(batch), longest), pad, dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for row, (article, window) in enumerate(batch):
            framed = self._frame.wrap(every[article].ids[window.start : window.end].tolist())
            ids[row, : len(framed)] = framed
            mask[row, : len(framed)] = 1
        return ids, mask


def cut_chunks(items: Iterable[Item], length: Callable[[Item], int]) -> Iterator[list[Item]]:
    """The items in lists that end at the 64th or once they hold a million characters.

    So the edges follow from the items alone, and a run that begins at an edge meets the same ones.
    """
    chunk: list[Item] = []
    characters = 0
    for item in items:
        chunk.append(item)
        characters += length(item)
        if len(chunk) == ARTICLES_AT_ONCE or characters >= CHARACTERS_AT_ONCE:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def pack(jobs: Sequence[Job], *, tokens: int) -> Iterator[list[Job]]:
    """Windows in batches of similar length, longest first, each under a budget of tokens."""
    batch: list[Job] = []
    for job in sorted(jobs, key=lambda job: job[1].start - job[1].end):
        longest = batch[0][1].end - batch[0][1].start if batch else 0
        if batch and longest * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(job)
    if batch:
        yield batch


def describe(predictor: Predictor) -> dict[str, Any]:
    """Engine, device, number format and size of a predictor, for logs and provenance."""
    engine = predictor.engine
    return {
        "engine": engine.name,
        "device": engine.device,
        "dtype": engine.dtype,
        "parameters": engine.parameters,
    }


def _log_softmax(logits: Floats) -> Floats:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result
