"""A run that learned four toy articles by heart."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.toys import ARTICLES, LABELS
from warwire.config import Config, parse_config
from warwire.documents import Document
from warwire.evaluation.scoring import score
from warwire.model.training import Trained, train

Build = Callable[..., Config]


def strict_f1(gold: Sequence[Document], found: Sequence[Document]) -> float:
    return score(gold, [each.spans for each in found], labels=LABELS).counts().f1


def build_config(base: Path, **training: object) -> Config:
    """A toy config on a base model, its training section overridden."""
    defaults = {"epochs": 16, "learning_rate": 0.01, "precision": "fp32", "device": "cpu"}
    content = {
        "name": "toy",
        "model": {"base": str(base)},
        "windows": {"size": 24, "overlap": 8},
        "training": defaults | training,
    }
    return parse_config(content, where="test")


@pytest.fixture(scope="session")
def learned(toy_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained on four articles until it knows them."""
    work = tmp_path_factory.mktemp("learned") / "work"
    return train(build_config(toy_base), LABELS, ARTICLES, ARTICLES, measure=strict_f1, work=work)
