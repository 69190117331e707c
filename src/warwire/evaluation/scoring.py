"""Scores of predictions on articles: per-article counts, from which every figure derives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warwire.counts import Counts
from warwire.documents import Document
from warwire.errors import InputError
from warwire.evaluation.matching import MODES, count_article
from warwire.evaluation.statistics import Table, bootstrap_f1, interval
from warwire.spans import Span

ALL = "all"


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts of every article by row (`all` and each entity type) and mode.

    `tables[row, mode]` is (articles, 3). A type's row is counted on that type's spans alone, so
    that in the modes that ignore labels the types do not add up to `all`.
    """

    articles: tuple[str, ...]
    labels: tuple[str, ...]
    tables: Mapping[tuple[str, str], Table]

    def counts(self, row: str = ALL, mode: str = "strict") -> Counts:
        """The counts of all articles together."""
        correct, predicted, reference = self.tables[row, mode].sum(0)
        return Counts(float(correct), int(predicted), int(reference))

    def macro_f1(self, mode: str = "strict") -> float:
        """The mean F1 of the entity types that the reference or the predictions hold."""
        rows = [self.counts(label, mode) for label in self.labels]
        held = [row.f1 for row in rows if row.reference or row.predicted]
        return sum(held) / len(held) if held else 0.0

    def f1_interval(
        self, row: str = ALL, mode: str = "strict", *, resamples: int = 10_000, seed: int = 0
    ) -> tuple[float, float]:
        """95 % interval of F1 by bootstrap over articles."""
        return interval(bootstrap_f1(self.tables[row, mode], resamples=resamples, seed=seed))

    def to_dict(self) -> dict[str, Any]:
        """Every figure as plain data, as written to metrics.json."""
        modes = {
            mode: {row: self._figures(row, mode) for row in (ALL, *self.labels)} for mode in MODES
        }
        macro = {mode: round(self.macro_f1(mode), 4) for mode in MODES}
        return {"articles": len(self.articles), "scores": modes, "macro_f1": macro}

    def _figures(self, row: str, mode: str) -> dict[str, Any]:
        counts = self.counts(row, mode)
        low, high = self.f1_interval(row, mode)
        return {
            "precision": round(counts.precision, 4),
            "recall": round(counts.recall, 4),
            "f1": round(counts.f1, 4),
            "f1_interval": [round(low, 4), round(high, 4)],
            "correct": counts.correct,
            "predicted": counts.predicted,
            "support": counts.reference,
        }


def score(
    documents: Sequence[Document],
    predictions: Sequence[Sequence[Span]],
    *,
    labels: Sequence[str] | None = None,
) -> Scores:
    """Score predicted spans, one sequence an article, against the articles' own spans.

    `labels` are the entity types to report, by default those in use. Raises InputError where
    there are not as many predictions as articles, or no articles.
    """
    if len(documents) != len(predictions) or not documents:
        raise InputError(f"{len(predictions)} predictions for {len(documents)} articles")
    types = tuple(labels) if labels else _labels_in_use(documents, predictions)
    cells: dict[tuple[str, str], list[tuple[float, int, int]]] = {
        (row, mode): [] for row in (ALL, *types) for mode in MODES
    }
    for document, predicted in zip(documents, predictions, strict=True):
        for row in (ALL, *types):
            counts = count_article(_of(document.spans, row, types), _of(predicted, row, types))
            for mode, count in counts.items():
                cells[row, mode].append((count.correct, count.predicted, count.reference))
    tables = {cell: np.array(rows, dtype=np.float64) for cell, rows in cells.items()}
    return Scores(tuple(document.id for document in documents), types, tables)


def _of(spans: Sequence[Span], row: str, labels: Sequence[str]) -> list[Span]:
    if row == ALL:
        return [span for span in spans if span.label in labels]
    return [span for span in spans if span.label == row]


def _labels_in_use(
    documents: Sequence[Document], predictions: Sequence[Sequence[Span]]
) -> tuple[str, ...]:
    every = [*(document.spans for document in documents), *predictions]
    return tuple(sorted({span.label for spans in every for span in spans}))
