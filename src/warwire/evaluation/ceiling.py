"""How well annotators agree with each other: what a model can at most be measured to reach."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from warwire.documents import Document
from warwire.evaluation.scoring import ALL, Scores, score
from warwire.evaluation.statistics import bootstrap_f1, f1_of, interval


def annotators_ceiling(documents: Sequence[Document], scores: Scores) -> dict[str, Any] | None:
    """Pairwise strict F1 of the annotators beside the model's, on the articles that have several.

    An article counts by the mean of its pairs, so that one with many annotators weighs no more.
    None where no article has two annotators. By row: `annotators`, `annotators_interval`, `model`.
    """
    several = [
        place
        for place, document in enumerate(documents)
        if len({each.annotator for each in document.annotations}) > 1
    ]
    if not several:
        return None
    tables = _pair_tables([documents[place] for place in several], scores.labels)
    rows = {}
    for row in (ALL, *scores.labels):
        low, high = interval(bootstrap_f1(tables[row]))
        rows[row] = {
            "annotators": round(float(f1_of(tables[row].sum(0))), 4),
            "annotators_interval": [round(low, 4), round(high, 4)],
            "model": round(float(f1_of(scores.tables[row, "strict"][several].sum(0))), 4),
        }
    return {"articles": len(several), "rows": rows}


def _pair_tables(documents: Sequence[Document], labels: tuple[str, ...]) -> Mapping[str, Any]:
    """(articles, 3) by row: the mean counts of every pair of annotators of an article."""
    tables = {row: np.zeros((len(documents), 3)) for row in (ALL, *labels)}
    for place, document in enumerate(documents):
        latest = {each.annotator: each.spans for each in document.annotations}
        pairs = list(combinations(latest.values(), 2))
        references = [document.with_spans(one) for one, _ in pairs]
        found = score(references, [other for _, other in pairs], labels=labels)
        for row in tables:
            tables[row][place] = found.tables[row, "strict"].mean(0)
    return tables
