"""How much a model loses on articles that differ in what should not matter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from warwire.documents import Document
from warwire.evaluation.scoring import ALL, score
from warwire.evaluation.statistics import Table, bootstrap_many, f1_of, interval
from warwire.experiments.perturbations import Perturbation, perturb
from warwire.spans import Span

Predict = Callable[[Sequence[str]], Sequence[Sequence[Span]]]


def robustness(
    documents: Sequence[Document],
    predict: Predict,
    labels: Sequence[str],
    kinds: Mapping[str, Perturbation],
    *,
    seed: int = 0,
    tell: Callable[[str], None] = lambda kind: None,
) -> dict[str, Any]:
    """Strict F1 as the articles are, and by kind of change: F1, change, 95 % interval, edits.

    The interval is paired: both scores over the same resampled articles. Only articles that the
    change touches enter a kind's figures, on both sides; `articles` says how many.
    """
    plain = _table(documents, predict, labels)
    found = {}
    for kind, change in kinds.items():
        tell(kind)
        changed = [perturb(document, change, seed=seed) for document in documents]
        touched = [place for place, each in enumerate(changed) if each.edits]
        if touched:
            after = _table([changed[place].document for place in touched], predict, labels)
            edits = sum(each.edits for each in changed)
            found[kind] = _figures(plain[touched], after) | {"edits": edits}
    return {"f1": float(f1_of(plain.sum(0))), "articles": len(documents), "kinds": found}


def _table(documents: Sequence[Document], predict: Predict, labels: Sequence[str]) -> Table:
    found = predict([document.text for document in documents])
    return score(documents, found, labels=labels).tables[ALL, "strict"]


def _figures(before: Table, after: Table) -> dict[str, Any]:
    one, two = bootstrap_many([before, after])
    return {
        "f1": float(f1_of(after.sum(0))),
        "f1_before": float(f1_of(before.sum(0))),
        "change": float(f1_of(after.sum(0)) - f1_of(before.sum(0))),
        "interval": list(interval(f1_of(two) - f1_of(one))),
        "articles": len(before),
    }
