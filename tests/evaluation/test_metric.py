"""The packaged metric, loaded by its path without network, alone and under evaluate's evaluator."""

from pathlib import Path

import pytest

import warwire.evaluation
from tests.toys import ARTICLES
from warwire.evaluation.tags import words_and_tags

FILE = str(Path(warwire.evaluation.__file__).parent / "metric.py")


@pytest.fixture(scope="module")
def evaluate():
    return pytest.importorskip("evaluate")


def test_it_scores_spans(evaluate):
    metric = evaluate.load(FILE)
    gold = [[{"start": 0, "end": 4, "label": "A"}], [{"start": 2, "end": 5, "label": "B"}]]
    found = metric.compute(predictions=[gold[0], []], references=gold)
    assert (found["precision"], found["recall"]) == (1.0, 0.5)
    assert found["by_type"]["B"]["f1"] == 0
    assert "SemEval-2013" in metric.description
    assert "segura-bedmar" in metric.citation


def test_it_scores_tags_strictly(evaluate):
    metric = evaluate.load(FILE, "tags")
    found = metric.compute(predictions=[["I-A", "I-A", "O"]], references=[["B-A", "I-A", "O"]])
    assert found["f1"] == 0
    same = metric.compute(predictions=[["B-A", "I-A", "O"]], references=[["B-A", "I-A", "O"]])
    assert same["f1"] == 1


def test_evaluates_own_evaluator_runs_on_our_checkpoint(evaluate, toy_world):
    from datasets import Dataset, Features, List, Value

    rows = [words_and_tags(article) for article in ARTICLES]
    kind = List(Value("string"))
    data = Dataset.from_dict(
        {"tokens": [words for words, _ in rows], "ner_tags": [tags for _, tags in rows]},
        features=Features({"tokens": kind, "ner_tags": kind}),
    )
    found = evaluate.evaluator("token-classification").compute(
        # By its folder's name: evaluate 0.4.6 asks transformers 5 for a class it no longer has
        # where a pipeline is given.
        model_or_pipeline=str(toy_world / "models" / "toy"),
        data=data,
        metric=evaluate.load(FILE, "tags"),
    )
    assert found["recall"] > 0.5
    assert set(found["by_type"]) <= {"ACTOR", "MILITARY_ACTION", "AID_AMOUNT"}


def test_words_and_tags_of_an_article():
    words, tags = words_and_tags(ARTICLES[0])
    assert len(words) == len(tags)
    assert tags[:3] == ["B-ACTOR", "I-ACTOR", "B-MILITARY_ACTION"]
