"""What a confidence is worth: reliability, temperature, and the threshold for a precision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

Floats = npt.NDArray[np.float64]

CALIBRATION_FILE = "calibration.json"
TARGETS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)
LEAST_SPANS = 20
_EDGE = 1e-4
_COOLEST, _HOTTEST = 0.05, 20.0


@dataclass(frozen=True, slots=True)
class Trials:
    """Predicted spans as trials: confidence, whether strictly correct, and label; one length."""

    confidence: Floats
    correct: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.str_]
    reference: int

    def of(self, label: str) -> "Trials":
        """The trials of one label; `reference` stays that of all."""
        kept = self.labels == label
        return Trials(self.confidence[kept], self.correct[kept], self.labels[kept], self.reference)


def collect_trials(
    documents: Sequence[Document], predictions: Sequence[Sequence[Span]]
) -> Trials | None:
    """The predicted spans with their scores; None where a prediction carries no score."""
    rows = [
        (span.score, span.key in gold, span.label)
        for document, predicted in zip(documents, predictions, strict=True)
        for gold in [{span.key for span in document.spans}]
        for span in predicted
    ]
    if any(confidence is None for confidence, _, _ in rows):
        return None
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return Trials(
        np.array(columns[0], dtype=np.float64),
        np.array(columns[1], dtype=np.bool_),
        np.array(columns[2], dtype=np.str_),
        sum(len({span.key for span in document.spans}) for document in documents),
    )


def reliability(
    confidence: Floats, correct: npt.NDArray[np.bool_], *, bins: int = 10
) -> list[dict[str, Any]]:
    """Mean confidence and share correct in bins of equal width; empty bins are left out."""
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        {
            "from": place / bins,
            "to": (place + 1) / bins,
            "spans": int((places == place).sum()),
            "confidence": round(float(confidence[places == place].mean()), 4),
            "precision": round(float(correct[places == place].mean()), 4),
        }
        for place in sorted(set(places.tolist()))
    ]


def calibration_error(
    confidence: Floats, correct: npt.NDArray[np.bool_], *, bins: int = 10
) -> float:
    """Expected calibration error: the mean distance of confidence and precision over the spans.

    Source: Naeini et al. (2015); bins of equal width.
    """
    rows = reliability(confidence, correct, bins=bins)
    weighted = sum(row["spans"] * abs(row["confidence"] - row["precision"]) for row in rows)
    return float(weighted / max(1, len(confidence)))


def at_temperature(confidence: Floats, temperature: float) -> Floats:
    """Confidences with their log-odds divided by the temperature; above 1 they get less sure."""
    clipped = np.clip(confidence, _EDGE, 1 - _EDGE)
    odds = np.log(clipped) - np.log1p(-clipped)
    return np.asarray(1 / (1 + np.exp(-odds / temperature)))


def fit_temperature(confidence: Floats, correct: npt.NDArray[np.bool_]) -> float:
    """The temperature of least log-loss (Guo et al., 2017), in .05 to 20; 1 where nothing tells.

    The loss is convex in 1 / temperature, so that a golden-section search finds its least.
    """
    if not len(confidence) or correct.all() or not correct.any():
        return 1.0
    low, high = 1 / _HOTTEST, 1 / _COOLEST
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(80):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _log_loss(confidence, correct, left) < _log_loss(confidence, correct, right):
            high = right
        else:
            low = left
    return float(2 / (low + high))


def precision_curve(trials: Trials) -> list[dict[str, float]]:
    """Precision, recall and share of spans kept at each distinct threshold, highest first."""
    order = np.argsort(-trials.confidence, kind="stable")
    confidence, hits = trials.confidence[order], np.cumsum(trials.correct[order])
    last = np.flatnonzero(np.append(confidence[1:] != confidence[:-1], True))[: len(order)]
    return [
        {
            "threshold": float(confidence[place]),
            "precision": round(float(hits[place] / (place + 1)), 4),
            "recall": round(float(hits[place] / max(1, trials.reference)), 4),
            "kept": round(float((place + 1) / len(order)), 4),
        }
        for place in last.tolist()
    ]


def calibrate(validation: Trials, labels: Sequence[str]) -> dict[str, Any]:
    """What calibration.json holds, fitted on validation: temperatures and the precision curve."""
    return {
        "temperature": round(fit_temperature(validation.confidence, validation.correct), 4),
        "temperature_by_type": {
            label: round(fit_temperature(part.confidence, part.correct), 4)
            for label in labels
            for part in [validation.of(label)]
        },
        "spans": len(validation.confidence),
        "curve": _thinned(precision_curve(validation)),
    }


def threshold_for(calibration: Mapping[str, Any], target: float, *, where: str) -> float:
    """The lowest score at and above which the validation spans reach a precision.

    At least twenty spans must stay for that. Raises InputError where no threshold does, saying
    which precision can be had.
    """
    if not 0 < target < 1:
        raise InputError(f"a target precision lies between 0 and 1, not at {target}")
    found = _lowest_threshold(calibration, target)
    if found is not None:
        return found
    best = max((row["precision"] for row in _well_founded(calibration)), default=0.0)
    raise InputError(
        f"{where}: no threshold reached precision {target} on validation;"
        f" ask for at most {best:.3f}, or train a better model"
    )


def _lowest_threshold(calibration: Mapping[str, Any], target: float) -> float | None:
    reached = [row["threshold"] for row in _well_founded(calibration) if row["precision"] >= target]
    return float(min(reached)) if reached else None


def _well_founded(calibration: Mapping[str, Any]) -> list[Mapping[str, float]]:
    spans = calibration["spans"]
    return [row for row in calibration["curve"] if row["kept"] * spans >= LEAST_SPANS - 0.5]


def calibration_report(
    calibration: Mapping[str, Any], test: Trials, labels: Sequence[str]
) -> dict[str, Any]:
    """Reliability and error on test before and after temperature, and what each target gives."""
    cooled = at_temperature(test.confidence, calibration["temperature"])
    return {
        "temperature": calibration["temperature"],
        "error": round(calibration_error(test.confidence, test.correct), 4),
        "error_at_temperature": round(calibration_error(cooled, test.correct), 4),
        "reliability": reliability(test.confidence, test.correct),
        "reliability_at_temperature": reliability(cooled, test.correct),
        "by_type": {label: _type_report(calibration, test.of(label), label) for label in labels},
        "coverage": _thinned(precision_curve(test)),
        "targets": _targets(calibration, test),
    }


def _type_report(calibration: Mapping[str, Any], part: Trials, label: str) -> dict[str, Any]:
    cooled = at_temperature(part.confidence, calibration["temperature_by_type"][label])
    return {
        "spans": len(part.confidence),
        "error": round(calibration_error(part.confidence, part.correct), 4),
        "error_at_temperature": round(calibration_error(cooled, part.correct), 4),
        "reliability": reliability(part.confidence, part.correct),
    }


def _targets(calibration: Mapping[str, Any], test: Trials) -> list[dict[str, float]]:
    rows = []
    for target in TARGETS:
        threshold = _lowest_threshold(calibration, target)
        if threshold is not None:
            kept = test.confidence >= threshold
            hits = int(test.correct[kept].sum())
            rows.append(
                {
                    "target": target,
                    "threshold": threshold,
                    "precision": round(hits / max(1, int(kept.sum())), 4),
                    "recall": round(hits / max(1, test.reference), 4),
                }
            )
    return rows


def _log_loss(confidence: Floats, correct: npt.NDArray[np.bool_], inverse: float) -> float:
    warm = np.clip(at_temperature(confidence, 1 / inverse), 1e-12, 1 - 1e-12)
    return float(-np.where(correct, np.log(warm), np.log1p(-warm)).mean())


def _thinned(curve: list[dict[str, float]], most: int = 400) -> list[dict[str, float]]:
    """At most about `most` points, and of each precision passed on the way the last one."""
    if len(curve) <= most:
        return curve
    kept = set(np.linspace(0, len(curve) - 1, most).astype(int).tolist())
    for target in TARGETS:
        reached = [place for place, row in enumerate(curve) if row["precision"] >= target]
        kept |= set(reached[-1:])
    return [row for place, row in enumerate(curve) if place in kept]
