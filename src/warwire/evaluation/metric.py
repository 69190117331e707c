"""Span scores as an `evaluate.Metric`; `evaluate.load` takes this file's path, without network."""

from typing import Any

import datasets
import evaluate

from warwire.documents import Document
from warwire.evaluation.scoring import score
from warwire.evaluation.tags import chunks
from warwire.spans import Span

_DESCRIPTION = """\
Precision, recall and F1 of labelled character spans, strict (edges and label), and F1 in the modes
exact, partial and type of SemEval-2013 task 9.1. Tokens play no part: two systems with different
tokenizers are scored on the same spans.
"""

_CITATION = """\
@inproceedings{segura-bedmar-etal-2013-semeval,
  title = {SemEval-2013 Task 9: Extraction of Drug-Drug Interactions from Biomedical Texts},
  author = {Segura-Bedmar, Isabel and Mart{\\'i}nez, Paloma and Herrero-Zazo, Mar{\\'i}a},
  booktitle = {Proceedings of SemEval-2013}, year = {2013}
}
"""

_INPUTS = """\
Args:
    predictions: one list of spans an article, each {"start": int, "end": int, "label": str}.
    references: the same for the gold spans, article by article.
    With `evaluate.load(file, "tags")` both are lists of BIO tags instead, as evaluate's own
    token-classification evaluator gives them; offsets are then words, an I- tag without its
    beginning marks nothing.
Returns:
    "precision", "recall", "f1" (strict, micro), "macro_f1", "exact_f1", "partial_f1", "type_f1",
    and "by_type": {label: {"precision", "recall", "f1", "support"}}.
"""


class SpanScores(evaluate.Metric):  # type: ignore[misc]
    """The metric; offsets are characters, half-open."""

    def _info(self) -> evaluate.MetricInfo:
        one = {
            "start": datasets.Value("int64"),
            "end": datasets.Value("int64"),
            "label": datasets.Value("string"),
        }
        kind = datasets.List(datasets.Value("string") if self.config_name == "tags" else one)
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features({"predictions": kind, "references": kind}),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, Any]:
        read = _tagged if self.config_name == "tags" else _spans
        documents = [
            Document(
                id=str(place), text=" " * max((each.end for each in spans), default=0), spans=spans
            )
            for place, spans in enumerate(map(read, references))
        ]
        scores = score(documents, [read(row) for row in predictions])
        whole = scores.counts()
        return {
            "precision": whole.precision,
            "recall": whole.recall,
            "f1": whole.f1,
            "macro_f1": scores.macro_f1(),
            **{f"{mode}_f1": scores.counts(mode=mode).f1 for mode in ("exact", "partial", "type")},
            "by_type": {
                label: {
                    "precision": counts.precision,
                    "recall": counts.recall,
                    "f1": counts.f1,
                    "support": counts.reference,
                }
                for label in scores.labels
                for counts in [scores.counts(label)]
            },
        }


def _spans(row: Any) -> tuple[Span, ...]:
    return tuple(Span(each["start"], each["end"], each["label"]) for each in row)


def _tagged(tags: Any) -> tuple[Span, ...]:
    return tuple(Span(*chunk) for chunk in chunks(tags, strict=True))
