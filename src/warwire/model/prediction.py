"""`Predictor`: texts → spans, with windows of many articles packed by length."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from warwire.documents import Document
from warwire.model.checkpoints import Checkpoint, load_run
from warwire.model.features import Frame, tokenize, windows_of
from warwire.spans import Span
from warwire.tagging.decoding import decode_spans
from warwire.tagging.encoding import Tokens, continues_word
from warwire.tagging.windows import Window

Dtype = Literal["auto", "fp32", "bf16"]
ARTICLES_AT_ONCE = 64
TOKENS_A_BATCH = 4096


class Predictor:
    """Marks up text with a trained run; one instance is safe to use for any number of texts."""

    def __init__(self, checkpoint: Checkpoint, *, dtype: Dtype = "auto", device: str = "auto"):
        from warwire.model.hardware import choose_device, choose_dtype

        self.checkpoint = checkpoint
        self.labels = checkpoint.tags.labels
        self.device = choose_device(device)
        self.dtype = choose_dtype(dtype, self.device)
        self._model = checkpoint.model.to(device=self.device, dtype=self.dtype).eval()
        self._frame = Frame.of(checkpoint.tokenizer)

    @classmethod
    def from_pretrained(
        cls, folder: Path | str, *, dtype: Dtype = "auto", device: str = "auto"
    ) -> "Predictor":
        """Load a run's folder; raises InputError where it is none.

        `dtype` `auto` is bf16 where the processor or GPU has the units, else fp32.
        """
        return cls(load_run(folder), dtype=dtype, device=device)

    def __call__(self, text: str) -> list[Span]:
        """The spans of one text, in text order, each with a score in 0..1."""
        return self.predict([text])[0]

    def predict(self, texts: Sequence[str]) -> list[list[Span]]:
        """The spans of each text, in the order of the texts."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[list[Span]]:
        """The spans of each text, one after the other, reading only a few texts ahead."""
        rest = iter(texts)
        while chunk := list(islice(rest, ARTICLES_AT_ONCE)):
            yield from self._predict_chunk(chunk)

    def mark_up(self, documents: Iterable[Document]) -> list[Document]:
        """The same articles with predicted spans in place of their own."""
        documents = list(documents)
        every = self.predict([document.text for document in documents])
        pairs = zip(documents, every, strict=True)
        return [document.with_spans(tuple(spans)) for document, spans in pairs]

    def _predict_chunk(self, texts: Sequence[str]) -> Iterator[list[Span]]:
        every = tokenize(self.checkpoint.tokenizer, texts)
        log_probs = [np.empty((len(tokens), self._tags), dtype=np.float32) for tokens in every]
        section = self.checkpoint.config.windows
        jobs = [
            (article, window)
            for article, tokens in enumerate(every)
            for window in windows_of(tokens, section, self._frame)
        ]
        for batch in pack(jobs):
            self._fill(log_probs, every, batch)
        for text, tokens, scores in zip(texts, every, log_probs, strict=True):
            yield decode_spans(tokens, continues_word(text, tokens), scores, self.checkpoint.tags)

    @property
    def _tags(self) -> int:
        return len(self.checkpoint.tags.names)

    def _fill(
        self,
        log_probs: Sequence[npt.NDArray[np.float32]],
        every: Sequence[Tokens],
        batch: Sequence[tuple[int, Window]],
    ) -> None:
        inputs = [
            every[article].ids[window.start : window.end].tolist() for article, window in batch
        ]
        scores = self._forward([self._frame.wrap(ids) for ids in inputs])
        skip = len(self._frame.before)
        for row, (article, window) in zip(scores, batch, strict=True):
            first = skip + window.owned_start - window.start
            owned = row[first : first + window.owned_end - window.owned_start]
            log_probs[article][window.owned_start : window.owned_end] = owned

    def _forward(self, inputs: Sequence[list[int]]) -> npt.NDArray[np.float32]:
        import torch

        longest = max(map(len, inputs))
        pad = self.checkpoint.tokenizer.pad_token_id or 0
        ids = torch.tensor([row + [pad] * (longest - len(row)) for row in inputs])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in inputs])
        with torch.inference_mode():
            logits = self._model(
                input_ids=ids.to(self.device), attention_mask=mask.to(self.device)
            ).logits
            result: npt.NDArray[np.float32] = logits.float().log_softmax(-1).cpu().numpy()
        return result


def pack(jobs: Sequence[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    """Windows in batches of similar length, longest first, each under a budget of tokens."""
    batch: list[tuple[int, Window]] = []
    for job in sorted(jobs, key=lambda job: job[1].start - job[1].end):
        longest = batch[0][1].end - batch[0][1].start if batch else 0
        if batch and longest * (len(batch) + 1) > TOKENS_A_BATCH:
            yield batch
            batch = []
        batch.append(job)
    if batch:
        yield batch


def describe(predictor: Predictor) -> dict[str, Any]:
    """Device, number format and size of a predictor, for logs and provenance."""
    parameters = sum(weights.numel() for weights in predictor.checkpoint.model.parameters())
    return {
        "device": str(predictor.device),
        "dtype": str(predictor.dtype).removeprefix("torch."),
        "parameters": parameters,
    }
