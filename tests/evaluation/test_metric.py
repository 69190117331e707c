from pathlib import Path
from typing import Any

import pytest

import warwire
from tests.toys import ARTICLES
from warwire.evaluation.scoring import score
from warwire.spans import Span

FILE = Path(warwire.__file__).parent / "evaluation" / "metric.py"
FOUND = [
    list(ARTICLES[0].spans),
    [Span(4, 10, "ACTOR"), *ARTICLES[1].spans[1:]],
    [Span(0, 7, "MILITARY_ACTION")],
    [],
]


def plain(every: Any) -> list[list[dict[str, Any]]]:
    return [
        [{"start": span.start, "end": span.end, "label": span.label} for span in spans]
        for spans in every
    ]


@pytest.fixture(scope="module")
def metric():
    import evaluate

    return evaluate.load(str(FILE))


def test_the_metric_loads_by_path_without_a_network_and_agrees(metric) -> None:
    references = plain(article.spans for article in ARTICLES)
    found = metric.compute(predictions=plain(FOUND), references=references)
    scores = score(ARTICLES, FOUND)
    whole = scores.counts()
    assert (found["precision"], found["recall"], found["f1"]) == (
        whole.precision,
        whole.recall,
        whole.f1,
    )
    assert found["macro_f1"] == scores.macro_f1()
    for mode in ("exact", "partial", "type"):
        assert found[f"{mode}_f1"] == scores.counts(mode=mode).f1
    assert found["partial_f1"] > found["f1"] > 0
    assert {label: row["support"] for label, row in found["by_type"].items()} == {
        label: scores.counts(label).reference for label in scores.labels
    }


def test_batches_give_what_all_at_once_gives(metric) -> None:
    references = plain(article.spans for article in ARTICLES)
    at_once = metric.compute(predictions=plain(FOUND), references=references)
    for found, reference in zip(plain(FOUND), references, strict=True):
        metric.add(prediction=found, reference=reference)
    assert metric.compute() == at_once


def test_articles_without_any_span_score_nothing(metric) -> None:
    found = metric.compute(predictions=[[], []], references=[[], []])
    assert (found["precision"], found["recall"], found["f1"], found["by_type"]) == (0, 0, 0, {})


def test_predictions_beyond_the_last_reference_count_as_spurious(metric) -> None:
    found = metric.compute(
        predictions=plain([[Span(90, 99, "ACTOR")]]), references=plain([[Span(0, 4, "ACTOR")]])
    )
    assert (found["precision"], found["recall"]) == (0.0, 0.0)
    assert found["by_type"]["ACTOR"]["support"] == 1


def test_what_the_metric_takes_is_described(metric) -> None:
    assert "start" in metric.inputs_description
    assert "SemEval-2013" in metric.description
