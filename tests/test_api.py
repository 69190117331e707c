"""The whole Python API: three functions, loaded when they are asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

import warwire
from tests.toys import ARTICLES

LIGHT = "import sys, warwire; warwire.Span; warwire.score; warwire.load_export; print(*sys.modules)"


def test_every_name_is_there_and_no_other() -> None:
    for name in warwire.__all__:
        assert getattr(warwire, name) is not None
    with pytest.raises(AttributeError, match="module 'warwire' has no attribute 'scores'"):
        _ = warwire.scores


def test_importing_and_scoring_load_no_torch() -> None:
    found = subprocess.run(
        [sys.executable, "-c", LIGHT], capture_output=True, text=True, timeout=60
    )
    assert found.returncode == 0, found.stderr
    loaded = set(found.stdout.split())
    assert "warwire.evaluation.scoring" in loaded
    assert not {"torch", "transformers", "datasets", "evaluate"} & loaded


def test_an_export_is_predicted_and_scored_in_three_calls(toy_world: Path) -> None:
    export = warwire.load_export(toy_world / "export.json")
    predictor = warwire.Predictor.from_pretrained(toy_world / "models" / "toy")
    documents = export.documents[: len(ARTICLES)]
    scores = warwire.score(documents, predictor.predict([each.text for each in documents]))
    low, high = scores.f1_interval()
    assert 0.9 < low <= scores.counts().f1 <= high <= 1.0
    assert scores.labels == tuple(sorted(export.labels))


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(warwire.__file__).parent / "py.typed").is_file()
