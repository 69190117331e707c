"""All that a scored run tells beside its scores: errors, recall by kind, ceiling, calibration."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from warwire.documents import Document
from warwire.evaluation.calibration import calibrate, calibration_report, collect_trials
from warwire.evaluation.ceiling import annotators_ceiling
from warwire.evaluation.errors import error_report
from warwire.evaluation.scoring import Scores
from warwire.evaluation.slices import known_surfaces, recall_by, standard_slices
from warwire.spans import Span

Predictions = Sequence[Sequence[Span]]


def study(
    documents: Sequence[Document],
    predictions: Predictions,
    scores: Scores,
    *,
    training: Iterable[Document] | None = None,
    unreachable: Mapping[str, Iterable[Span]] | None = None,
) -> dict[str, Any]:
    """`errors`, `recall_by` and, where articles have several annotators, `ceiling`.

    `training` articles tell known surfaces from new ones; `unreachable` are the gold spans by
    article id that the model cannot give back. Spans outside the scores' labels are left out.
    """
    known = frozenset(scores.labels)
    gold = [_within(document, known) for document in documents]
    found = [[span for span in spans if span.label in known] for spans in predictions]
    surfaces = None if training is None else known_surfaces(training)
    return {
        "errors": error_report(gold, found, scores.labels),
        "recall_by": recall_by(
            gold, found, standard_slices(known=surfaces, unreachable=unreachable)
        ),
        "ceiling": annotators_ceiling(gold, scores),
    }


def fit_calibration(
    documents: Sequence[Document], predictions: Predictions, labels: Sequence[str]
) -> dict[str, Any] | None:
    """What calibration.json holds, from validation articles; none without scored spans."""
    trials = collect_trials(documents, predictions)
    return calibrate(trials, labels) if trials and len(trials.confidence) else None


def report_calibration(
    calibration: Mapping[str, Any] | None,
    documents: Sequence[Document],
    predictions: Predictions,
    labels: Sequence[str],
) -> dict[str, Any] | None:
    """How the confidences fared on test articles; none without calibration or scored spans."""
    trials = collect_trials(documents, predictions)
    if calibration is None or trials is None or not len(trials.confidence):
        return None
    return calibration_report(calibration, trials, labels)


def _within(document: Document, labels: frozenset[str]) -> Document:
    if all(span.label in labels for span in document.spans):
        return document
    return document.with_spans(tuple(span for span in document.spans if span.label in labels))
