"""A predictor at work on articles: what it finds, how fast, and at what cost."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warwire.documents import Document
from warwire.spans import Span

if TYPE_CHECKING:
    from warwire.model.prediction import Predictor

Watch = Callable[[Iterable[list[Span]]], Iterable[list[Span]]]

MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


@dataclass(frozen=True, slots=True)
class Measured:
    """Predictions in the order of the articles, and what prediction took."""

    found: list[list[Span]]
    seconds: float
    tokens: int
    characters: int

    @property
    def speed(self) -> dict[str, int]:
        """Tokens of the model's own tokenizer, and characters, a second."""
        seconds = max(self.seconds, 1e-9)
        return {
            "predict_tokens_a_second": round(self.tokens / seconds),
            "predict_characters_a_second": round(self.characters / seconds),
        }


def predict_measured(
    predictor: "Predictor", documents: Sequence[Document], *, watch: Watch = iter
) -> Measured:
    """Predict every article once, after a warm-up on the first; seconds include tokenization."""
    from warwire.model.features import tokenize

    texts = [document.text for document in documents]
    tokens = sum(len(each) for each in tokenize(predictor.checkpoint.tokenizer, texts))
    predictor.predict([text[:2000] for text in texts[:1]])
    started = time.perf_counter()
    found = list(watch(predictor.stream(texts)))
    seconds = time.perf_counter() - started
    return Measured(found, seconds, tokens, sum(map(len, texts)))


def unreachable_by_article(
    predictor: "Predictor", documents: Sequence[Document]
) -> dict[str, list[Span]]:
    """The gold spans that the model's tokens and decoding cannot give back, by article id."""
    from warwire.model.features import skipped_spans, tokenize, unreachable_spans
    from warwire.tagging.skipping import tokens_outside

    section = predictor.checkpoint.config.windows
    own_rules = predictor.checkpoint.furniture_rules
    every = tokenize(predictor.checkpoint.tokenizer, [document.text for document in documents])
    return {
        document.id: unreachable_spans(
            document,
            tokens_outside(tokens, skipped_spans(document.text, section, own_rules=own_rules)),
        )
        for document, tokens in zip(documents, every, strict=True)
    }


def run_cost(
    model: Path, predictor: "Predictor", measured: Measured, provenance: Mapping[str, Any]
) -> dict[str, Any]:
    """Training seconds, speed, parameters, size on disk (MiB) and peak memory (MiB) of a run.

    `peak_memory_mb` is the most that this process held while it predicted, libraries included.
    """
    from warwire.model.hardware import peak_memory_mb
    from warwire.model.prediction import describe

    about = describe(predictor)
    files = [model / name for name in MODEL_FILES if (model / name).is_file()]
    return {
        "train_seconds": provenance.get("train_seconds"),
        "parameters": provenance.get("parameters", about["parameters"]),
        **measured.speed,
        "size_mb": round(sum(file.stat().st_size for file in files) / 2**20, 1),
        "peak_memory_mb": peak_memory_mb(),
        "train_peak_memory_mb": provenance.get("peak_memory_mb"),
        "device": about["device"],
        "dtype": about["dtype"],
    }
