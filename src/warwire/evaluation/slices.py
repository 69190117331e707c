"""Recall by what a gold span is like: length, place, known surface, source, year, reach."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from warwire.documents import Document
from warwire.evaluation.matching import surface_of
from warwire.evaluation.statistics import bootstrap_many, interval
from warwire.spans import Span

Slice = Callable[[Document, Span], str]
"""Names the group that a gold span of an article belongs to."""

LENGTHS = ((1, "1 word"), (2, "2 words"), (3, "3 words"), (5, "4 to 5 words"))
QUARTERS = ("first quarter", "second quarter", "third quarter", "last quarter")
MOST_GROUPS = 12
LEAST_ARTICLES = 5
OTHERS = " others"


def recall_by(
    documents: Sequence[Document],
    predictions: Sequence[Sequence[Span]],
    slices: Mapping[str, Slice],
    *,
    resamples: int = 2000,
) -> dict[str, dict[str, dict[str, Any]]]:
    """Strict recall of each group of each slice, with 95 % intervals over articles.

    The groups of a slice partition the gold spans; beyond twelve, the smallest are `others`. A
    group of fewer than five articles has no interval.
    """
    found = [{span.key for span in predicted} for predicted in predictions]
    return {name: _groups(documents, found, slice_, resamples) for name, slice_ in slices.items()}


def standard_slices(
    *,
    known: Iterable[str] | None = None,
    unreachable: Mapping[str, Iterable[Span]] | None = None,
) -> dict[str, Slice]:
    """Slices by length, position, source and year; by known surface and reach where told.

    `known` are surfaces of the training spans as `known_surfaces` gives them; `unreachable` the
    spans by article id that no prediction of the model can equal.
    """
    slices: dict[str, Slice] = {"length": by_length, "position": by_position}
    if known is not None:
        seen = frozenset(known)
        slices["surface"] = lambda document, span: (
            "seen in training" if _name(document, span) in seen else "unseen"
        )
    slices |= {"source": by_source, "year": by_year}
    if unreachable is not None:
        out = {name: {span.key for span in spans} for name, spans in unreachable.items()}
        slices["reach"] = lambda document, span: (
            "out of the model's reach"
            if span.key in out.get(document.id, ())
            else "within the model's reach"
        )
    return slices


def known_surfaces(documents: Iterable[Document]) -> frozenset[str]:
    """Type and surface of every span, without regard to case and white space."""
    return frozenset(_name(document, span) for document in documents for span in document.spans)


def by_length(document: Document, span: Span) -> str:
    """How many words, parted by white space, a span has."""
    words = len(document.surface(span).split())
    return next((name for most, name in LENGTHS if words <= most), "6 words and more")


def by_position(document: Document, span: Span) -> str:
    """The quarter of the article's characters in which a span starts."""
    return QUARTERS[min(3, 4 * span.start // max(1, len(document.text)))]


def by_source(document: Document, span: Span) -> str:
    """Who published the article."""
    return document.source or "unknown"


def by_year(document: Document, span: Span) -> str:
    """The year of the article's date, where that begins with one."""
    year = (document.date or "")[:4]
    return year if len(year) == 4 and year.isdigit() else "unknown"


def _name(document: Document, span: Span) -> str:
    return f"{span.label}\n{surface_of(document.text, span.key)}"


def _groups(
    documents: Sequence[Document],
    found: Sequence[set[tuple[int, int, str]]],
    slice_: Slice,
    resamples: int,
) -> dict[str, dict[str, Any]]:
    tables: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = defaultdict(
        lambda: np.zeros((len(documents), 2))
    )
    for place, document in enumerate(documents):
        for span in {span.key: span for span in document.spans}.values():
            tables[slice_(document, span)][place] += (span.key in found[place], 1)
    tables = _fewer(tables)
    if not tables:
        return {}
    draws = bootstrap_many(list(tables.values()), resamples=resamples)
    named = zip(tables.items(), draws, strict=True)
    rows = {name: _recall(table, draw) for (name, table), draw in named}
    return {name: rows[name] for name in sorted(rows, key=_order)}


def _fewer(tables: dict[str, Any]) -> dict[str, Any]:
    if len(tables) <= MOST_GROUPS:
        return tables
    ranked = sorted(tables, key=lambda name: (-tables[name][:, 1].sum(), name))
    kept, rest = ranked[: MOST_GROUPS - 1], ranked[MOST_GROUPS - 1 :]
    others = sum(tables[name] for name in rest)
    return {name: tables[name] for name in kept} | {f"{len(rest)}{OTHERS}": others}


def _recall(table: Any, draw: Any) -> dict[str, Any]:
    hit, support = table.sum(0)
    articles = int((table[:, 1] > 0).sum())
    held = draw[draw[:, 1] > 0]
    sure = articles >= LEAST_ARTICLES
    edges = interval(held[:, 0] / held[:, 1]) if sure else None
    return {
        "found": int(hit),
        "support": int(support),
        "articles": articles,
        "recall": round(hit / support, 4),
        "interval": [round(edge, 4) for edge in edges] if edges else None,
    }


def _order(name: str) -> tuple[bool, int, str]:
    place = QUARTERS.index(name) if name in QUARTERS else 0
    return (name.endswith(OTHERS), place, name)
