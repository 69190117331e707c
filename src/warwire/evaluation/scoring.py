"""Scores of predictions on articles: per-article counts, from which every figure derives."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warwire.counts import Counts
from warwire.documents import Document
from warwire.errors import InputError
from warwire.evaluation.matching import (
    LEVELS,
    MODES,
    Key,
    matched_by_mode,
    words_and_surfaces,
)
from warwire.evaluation.statistics import Table, bootstrap_many, f1_of, interval
from warwire.spans import Span

ALL = "all"
VIEWS = (*MODES, *LEVELS)


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts of every article by row (`all` and each entity type) and view.

    `tables[row, view]` is (articles, 3). A type's row is counted on that type's spans alone, so
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
        held = [self.counts(label, mode).f1 for label in self._held(mode)]
        return sum(held) / len(held) if held else 0.0

    def f1_interval(
        self, row: str = ALL, mode: str = "strict", *, resamples: int = 10_000, seed: int = 0
    ) -> tuple[float, float]:
        """95 % interval of F1 by bootstrap over articles."""
        (draws,) = bootstrap_many([self.tables[row, mode]], resamples=resamples, seed=seed)
        return interval(f1_of(draws))

    def to_dict(self, *, resamples: int = 10_000, seed: int = 0) -> dict[str, Any]:
        """Every figure as plain data, as written to metrics.json."""
        cells = [(row, mode) for mode in VIEWS for row in (ALL, *self.labels)]
        draws = bootstrap_many(
            [self.tables[cell] for cell in cells], resamples=resamples, seed=seed
        )
        f1 = {cell: f1_of(draw) for cell, draw in zip(cells, draws, strict=True)}
        rows = (ALL, *self.labels)
        return {
            "articles": len(self.articles),
            "scores": {
                mode: {row: self._figures(row, mode, f1[row, mode]) for row in rows}
                for mode in VIEWS
            },
            "macro_f1": {mode: round(self.macro_f1(mode), 4) for mode in VIEWS},
            "macro_f1_interval": {mode: self._macro_interval(mode, f1) for mode in VIEWS},
        }

    def _held(self, mode: str) -> list[str]:
        return [label for label in self.labels if self.tables[label, mode][:, 1:].any()]

    def _macro_interval(self, mode: str, f1: Mapping[tuple[str, str], Table]) -> list[float]:
        held = self._held(mode)
        if not held:
            return [0.0, 0.0]
        return _rounded(interval(np.mean([f1[label, mode] for label in held], axis=0)))

    def _figures(self, row: str, mode: str, draws: Table) -> dict[str, Any]:
        counts = self.counts(row, mode)
        return {
            "precision": round(counts.precision, 4),
            "recall": round(counts.recall, 4),
            "f1": round(counts.f1, 4),
            "f1_interval": _rounded(interval(draws)),
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

    `labels` are the entity types to report, by default those in use; spans of others count on
    neither side (`spans_outside` tells how many). Raises InputError where there are not as many
    predictions as articles, or no articles.
    """
    if len(documents) != len(predictions) or not documents:
        raise InputError(f"{len(predictions)} predictions for {len(documents)} articles")
    types = tuple(labels) if labels else _labels_in_use(documents, predictions)
    known = frozenset(types)
    cells = np.empty((len(documents), 1 + len(types), len(VIEWS), 3))
    for place, (document, predicted) in enumerate(zip(documents, predictions, strict=True)):
        gold = _keys(document.spans, known)
        guess = _keys(predicted, known)
        cells[place] = _article_cells(document.text, gold, guess, types)
    tables = {
        (row, mode): cells[:, at, view]
        for at, row in enumerate((ALL, *types))
        for view, mode in enumerate(VIEWS)
    }
    return Scores(tuple(document.id for document in documents), types, tables)


def spans_outside(documents: Iterable[Document], labels: Sequence[str]) -> dict[str, int]:
    """How many of the articles' own spans `score` leaves out for these labels, by entity type."""
    every = (span.label for document in documents for span in document.spans)
    return dict(sorted(Counter(label for label in every if label not in labels).items()))


Cell = tuple[float, float, float]


def _keys(spans: Sequence[Span], known: frozenset[str]) -> set[Key]:
    return {(span.start, span.end, span.label) for span in spans if span.label in known}


def _article_cells(
    text: str, gold: set[Key], guess: set[Key], types: tuple[str, ...]
) -> list[list[Cell]]:
    """(1 + types, views, 3): correct, predicted and reference of one article."""
    by_gold, by_guess = _by_label(gold, types), _by_label(guess, types)
    rows = [_mode_cells(gold, guess)]
    rows += [_mode_cells(by_gold[label], by_guess[label]) for label in types]
    for row, label in zip(rows[1:], types, strict=True):
        row += _level_cells(text, by_gold[label], by_guess[label])
    whole = [_sum_cells([row[view] for row in rows[1:]]) for view in range(len(MODES), len(VIEWS))]
    rows[0] += whole
    return rows


def _by_label(keys: set[Key], types: tuple[str, ...]) -> dict[str, set[Key]]:
    parts: dict[str, set[Key]] = {label: set() for label in types}
    for key in keys:
        parts[key[2]].add(key)
    return parts


def _mode_cells(gold: set[Key], guess: set[Key]) -> list[Cell]:
    predicted, reference = len(guess), len(gold)
    return [(correct, predicted, reference) for correct in matched_by_mode(gold, guess)]


def _level_cells(text: str, gold: set[Key], guess: set[Key]) -> list[Cell]:
    """Words, surfaces and presence of one label; spans on both sides are read only once."""
    same = gold & guess
    parts = [words_and_surfaces(text, keys) for keys in (same, gold - same, guess - same)]
    words, surfaces = zip(*parts, strict=True)
    present = (bool(gold and guess), bool(guess), bool(gold))
    return [_shared(*words), _shared(*surfaces), present]


def _shared(both: set[Any], gold: set[Any], guess: set[Any]) -> Cell:
    gold, guess = both | gold, both | guess
    return len(gold & guess), len(guess), len(gold)


def _sum_cells(cells: Sequence[Cell]) -> Cell:
    return sum(cell[0] for cell in cells), sum(cell[1] for cell in cells), sum(c[2] for c in cells)


def _rounded(pair: tuple[float, float]) -> list[float]:
    return [round(pair[0], 4), round(pair[1], 4)]


def _labels_in_use(
    documents: Sequence[Document], predictions: Sequence[Sequence[Span]]
) -> tuple[str, ...]:
    every = [*(document.spans for document in documents), *predictions]
    return tuple(sorted({span.label for spans in every for span in spans}))
