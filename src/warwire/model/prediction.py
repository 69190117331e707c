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
from warwire.model.cores import Readers, most_at_once
from warwire.model.engines import Dtype, Engine, EngineName, Floats, TorchEngine, open_run
from warwire.model.features import Frame, skipped_spans, tokenize, windows_of
from warwire.spans import Span
from warwire.tagging.decoding import decode_spans
from warwire.tagging.encoding import Ints, Tokens, continues_word
from warwire.tagging.reading import Reading, join_words, words_of
from warwire.tagging.skipping import tokens_outside, unbroken_runs
from warwire.tagging.windows import Window

ARTICLES_AT_ONCE = 256
CHARACTERS_AT_ONCE = 50_000
CHUNKS_AT_ONCE = 3
"""One is tokenized, one read, one decoded."""
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


@dataclass(frozen=True, slots=True)
class _Begun:
    """A chunk that is being read: once `end` has been called, `log_probs` hold its answers."""

    chunk: _Prepared
    log_probs: list[Floats]
    end: Callable[[], None]


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
        """The spans of each text, one after the other, reading only a few chunks of texts ahead."""
        for prediction in self.stream_chunks(cut_chunks(texts, len)):
            yield from prediction.spans

    def stream_chunks(
        self, chunks: Iterable[Sequence[str]], *, skip_errors: bool = False
    ) -> Iterator[Prediction]:
        """A prediction a chunk; while one is being read, the next is tokenized, the last decoded.

        What is found in a chunk depends on that chunk's texts alone. With `skip_errors` a text
        that cannot be marked up leaves its error in its place; else that error is raised.
        """
        mark = self._mark_or_skip if skip_errors else self._mark
        waiting: deque[tuple[Sequence[str], Future[_Begun]]] = deque()
        with self._readers() as readers, ThreadPoolExecutor(1, "tokenizing") as thread:
            for chunk in chunks:
                waiting.append((chunk, thread.submit(self._begin, readers, chunk)))
                if len(waiting) == CHUNKS_AT_ONCE:
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
        batches = self._batches(chunk, most_at_once(self.engine.cores))
        return (self._inputs(chunk.tokens, batch) for batch in batches)

    def read(self, texts: Iterable[str]) -> Iterator[Reading]:
        """The spans of each text with the words and probabilities behind them, text by text."""
        for chunk in cut_chunks(texts, len):
            with self._readers() as readers:
                begun = self._begin(readers, chunk)
                begun.end()
            yield from (self._read(*one) for one in _each(chunk, begun))

    def _prepare(self, texts: Sequence[str]) -> _Prepared:
        section, own_rules = self.checkpoint.config.windows, self.checkpoint.furniture_rules
        skipped = [skipped_spans(text, section, own_rules=own_rules) for text in texts]
        whole = tokenize(self.checkpoint.tokenizer, texts)
        every = [tokens_outside(*pair) for pair in zip(whole, skipped, strict=True)]
        jobs = [
            (article, window)
            for article, tokens in enumerate(every)
            for window in windows_of(tokens, section, self._frame)
        ]
        return _Prepared(every, skipped, jobs)

    def _mark_or_skip(self, texts: Sequence[str], begun: Future[_Begun]) -> Prediction:
        try:
            return self._mark(texts, begun)
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

    def _mark(self, texts: Sequence[str], begun: Future[_Begun]) -> Prediction:
        reading = begun.result()
        reading.end()
        spans = [self._decode(*one) for one in _each(texts, reading)]
        return Prediction(spans, sum(map(len, reading.chunk.tokens)))

    def _readers(self) -> Readers:
        return Readers(self.engine.cores, self.engine.enter)

    def _begin(self, readers: Readers, texts: Sequence[str]) -> _Begun:
        chunk = self._prepare(texts)
        shapes = [(len(tokens), len(self.checkpoint.tags.names)) for tokens in chunk.tokens]
        log_probs: list[Floats] = [np.empty(shape, dtype=np.float32) for shape in shapes]
        fill = partial(self._fill, log_probs, chunk.tokens)
        batches = self._batches(chunk, readers.at_once)
        return _Begun(chunk, log_probs, readers.start(fill, batches))

    def _batches(self, chunk: _Prepared, at_once: int) -> list[list[Job]]:
        """The chunk's windows in batches, so many that no core is left over at the end."""
        batches = list(pack(chunk.jobs, tokens=self.engine.tokens))
        even = len(batches) + -len(batches) % at_once
        if 1 < len(batches) < even:
            return list(pack(chunk.jobs, tokens=self.engine.tokens * len(batches) // even))
        return batches

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
        multiple = self.engine.multiple
        longest = max(longest, min(-(-longest // multiple) * multiple, self._most))
        pad = self.checkpoint.tokenizer.pad_token_id or 0
        ids = np.full((len(batch), longest), pad, dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for row, (article, window) in enumerate(batch):
            framed = self._frame.wrap(every[article].ids[window.start : window.end].tolist())
            ids[row, : len(framed)] = framed
            mask[row, : len(framed)] = 1
        return ids, mask


def _each(texts: Sequence[str], begun: _Begun) -> Iterator[tuple[str, Tokens, list[Span], Floats]]:
    chunk = begun.chunk
    return zip(texts, chunk.tokens, chunk.skipped, begun.log_probs, strict=True)


def cut_chunks(items: Iterable[Item], length: Callable[[Item], int]) -> Iterator[list[Item]]:
    """The items in lists that end at the 256th or once they hold 50,000 characters.

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
