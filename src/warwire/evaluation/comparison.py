"""Runs scored on the same articles → one table: scores, intervals, paired tests, cost."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from warwire.errors import InputError
from warwire.evaluation.scoring import ALL, Scores
from warwire.evaluation.statistics import (
    Table,
    bootstrap_f1,
    difference_interval,
    f1_of,
    holm,
    interval,
    paired_permutation,
)

METRICS_FILE = "metrics.json"


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """One run's strict counts of every test article, and what the run cost."""

    name: str
    test_set: str
    articles: tuple[str, ...]
    counts: Table
    cost: Mapping[str, Any]

    @property
    def f1(self) -> float:
        """Strict micro F1 over all articles."""
        return float(f1_of(self.counts.sum(0)))


def metrics_record(
    scores: Scores, *, test_set: str, split: str, cost: Mapping[str, Any]
) -> dict[str, Any]:
    """What metrics.json holds: every figure, and the strict counts by article for paired tests."""
    return {
        "test_set": {"fingerprint": test_set, "split": split},
        **scores.to_dict(),
        "cost": dict(cost),
        "articles_strict": {
            identity: [int(cell) for cell in counts]
            for identity, counts in zip(scores.articles, scores.tables[ALL, "strict"], strict=True)
        },
    }


def read_scored_run(folder: Path, metrics_file: Path | None = None) -> ScoredRun:
    """A run's metrics; raises InputError where the run was not scored."""
    file = metrics_file or folder / METRICS_FILE
    if not file.is_file():
        raise InputError(f"{folder}: not scored yet; run 'warwire score {folder}' first")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return scored_run(folder.name, record)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{file}: not readable as metrics; score the run again") from error


def scored_run(name: str, record: Mapping[str, Any]) -> ScoredRun:
    """A scored run from its metrics record."""
    by_article = record["articles_strict"]
    return ScoredRun(
        name,
        record["test_set"]["fingerprint"],
        tuple(by_article),
        np.array(list(by_article.values()), dtype=np.float64),
        record["cost"],
    )


def compare_runs(runs: Sequence[ScoredRun]) -> list[dict[str, Any]]:
    """One row a run, best first, each with its difference to the best.

    The p-values are of a paired permutation test over articles, corrected over the table by
    Holm's method. Raises InputError for fewer than two runs or different test sets.
    """
    if len(runs) < 2:
        raise InputError("a comparison needs at least two scored runs")
    _refuse_different_sets(runs)
    ranked = sorted(runs, key=lambda run: (-run.f1, run.name))
    best, others = ranked[0], ranked[1:]
    p_values = [paired_permutation(best.counts, run.counts) for run in others]
    rows = [_row(best, None)]
    for run, p_value, corrected in zip(others, p_values, holm(p_values), strict=True):
        low, high = difference_interval(run.counts, best.counts)
        gap = {"f1": run.f1 - best.f1, "interval": [low, high], "p": p_value, "p_holm": corrected}
        rows.append(_row(run, gap))
    return rows


def _row(run: ScoredRun, gap: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "run": run.name,
        "f1": run.f1,
        "f1_interval": list(interval(bootstrap_f1(run.counts))),
        "to_best": gap,
        **run.cost,
    }


def _refuse_different_sets(runs: Sequence[ScoredRun]) -> None:
    first = runs[0]
    for run in runs[1:]:
        if (run.test_set, run.articles) != (first.test_set, first.articles):
            raise InputError(
                f"{first.name} was scored on test set {first.test_set}, {run.name} on"
                f" {run.test_set}; score all on one set with --data"
            )
