"""Scored runs as they lie on disk: figures, config, data and cost, read without a model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from warwire.errors import InputError
from warwire.evaluation.scoring import ALL, Scores
from warwire.evaluation.statistics import Table, f1_of

METRICS_FILE = "metrics.json"


@dataclass(frozen=True, slots=True)
class ScoredRun:
    """One run's strict counts of every test article, what it is and what it cost.

    `config` and `data` are the resolved training config and the dataset's recipe, empty where the
    run does not hold them; `validation_f1` is of the epoch that the training chose.
    """

    name: str
    test_set: str
    articles: tuple[str, ...]
    counts: Table
    cost: Mapping[str, Any]
    split: str = "test"
    macro_f1: float | None = None
    validation_f1: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None

    @property
    def f1(self) -> float:
        """Strict micro F1 over all articles."""
        return float(f1_of(self.counts.sum(0)))

    @property
    def seed(self) -> int | None:
        """The seed that the run was trained with, where its config is known."""
        training = self.config.get("training", {})
        return training.get("seed") if isinstance(training, Mapping) else None


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
        return scored_run(folder.name, record, folder=folder)
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: not readable as metrics; score the run again") from error


def scored_run(name: str, record: Mapping[str, Any], *, folder: Path | None = None) -> ScoredRun:
    """A scored run from its metrics record, with what the run's folder tells of its making."""
    by_article = record["articles_strict"]
    provenance = _plain(folder / "provenance.json") if folder else {}
    return ScoredRun(
        name,
        record["test_set"]["fingerprint"],
        tuple(by_article),
        np.array(list(by_article.values()), dtype=np.float64).reshape(-1, 3),
        record["cost"],
        split=record["test_set"].get("split", "test"),
        macro_f1=record.get("macro_f1", {}).get("strict"),
        validation_f1=provenance.get("validation_f1"),
        config=_plain(folder / "warwire.yaml") if folder else {},
        data=_plain(folder / "prepare.yaml") if folder else {},
        folder=folder,
    )


def read_recipe(folder: Path) -> dict[str, Any]:
    """How the data of a run was prepared; empty where the run does not tell."""
    return _plain(folder / "prepare.yaml")


def _plain(file: Path) -> dict[str, Any]:
    """The keys and values of a YAML or JSON file beside a run; none where it is not there."""
    if not file.is_file():
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not readable; restore it, or train the run again") from error
    return dict(content) if isinstance(content, Mapping) else {}
