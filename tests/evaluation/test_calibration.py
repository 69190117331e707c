"""Temperatures, reliability and thresholds, on confidences whose worth is known."""

import numpy as np
import pytest

from warwire import Document, Span
from warwire.errors import InputError
from warwire.evaluation.calibration import (
    Trials,
    at_temperature,
    calibrate,
    calibration_error,
    calibration_report,
    collect_trials,
    fit_temperature,
    precision_curve,
    reliability,
    threshold_for,
)


def honest(spans: int = 20_000, seed: int = 0):
    random = np.random.default_rng(seed)
    confidence = random.beta(3, 1, spans)
    return confidence, random.random(spans) < confidence


def trials(confidence, correct, label="A"):
    labels = np.full(len(confidence), label)
    return Trials(np.asarray(confidence), np.asarray(correct), labels, len(confidence))


def test_honest_confidences_have_little_error_and_temperature_one():
    confidence, correct = honest()
    assert calibration_error(confidence, correct) < 0.02
    assert fit_temperature(confidence, correct) == pytest.approx(1, abs=0.05)


def test_overconfidence_is_cooled():
    confidence, correct = honest()
    hot = at_temperature(confidence, 0.5)
    found = fit_temperature(hot, correct)
    assert found == pytest.approx(2, abs=0.1)
    assert calibration_error(at_temperature(hot, found), correct) < calibration_error(hot, correct)


def test_nothing_to_fit_is_temperature_one():
    assert fit_temperature(np.array([]), np.array([], dtype=bool)) == 1
    assert fit_temperature(np.array([0.5, 0.9]), np.array([True, True])) == 1


def test_reliability_by_hand():
    rows = reliability(np.array([0.95, 0.85, 0.86, 1.0]), np.array([True, False, True, True]))
    assert [(row["spans"], row["precision"]) for row in rows] == [(2, 0.5), (2, 1.0)]
    error = calibration_error(np.array([0.8, 0.8]), np.array([True, False]))
    assert error == pytest.approx(0.3)


def test_precision_curve_by_hand():
    found = precision_curve(trials([0.9, 0.8, 0.8, 0.1], [True, False, True, False]))
    assert [(row["threshold"], row["precision"]) for row in found] == [
        (0.9, 1.0),
        (0.8, 0.6667),
        (0.1, 0.5),
    ]
    assert [row["kept"] for row in found] == [0.25, 0.75, 1.0]


def test_the_threshold_reaches_its_precision_on_validation_and_nearly_on_test():
    fitted = calibrate(trials(*honest(4000, 1)), ["A"])
    confidence, correct = honest(4000, 2)
    for target in (0.8, 0.9):
        threshold = threshold_for(fitted, target, where="run")
        assert correct[confidence >= threshold].mean() == pytest.approx(target, abs=0.03)


def test_an_unreachable_precision_is_refused_with_what_can_be_had():
    fitted = calibrate(trials([0.9] * 20 + [0.8] * 20, [True] * 20 + [False] * 20), ["A"])
    assert threshold_for(fitted, 0.9, where="run") == 0.9
    even = calibrate(trials([0.9] * 20, [True, False] * 10), ["A"])
    with pytest.raises(InputError, match="at most 0.500"):
        threshold_for(even, 0.9, where="run")
    with pytest.raises(InputError, match="between 0 and 1"):
        threshold_for(fitted, 1.5, where="run")


def test_a_few_lucky_spans_promise_no_precision():
    fitted = calibrate(trials([0.99] * 3 + [0.5] * 30, [True] * 3 + [True, False] * 15), ["A"])
    with pytest.raises(InputError, match="at most 0.5"):
        threshold_for(fitted, 0.9, where="run")


def test_a_report_names_every_type_even_where_it_has_no_spans():
    fitted = calibrate(trials(*honest(500)), ["A", "B"])
    report = calibration_report(fitted, trials(*honest(500, 3)), ["A", "B"])
    assert report["by_type"]["B"]["spans"] == 0
    assert report["error"] < 0.1
    assert all(row["precision"] >= row["target"] - 0.1 for row in report["targets"])


def test_trials_need_scores():
    document = Document("d", "Nato", (Span(0, 4, "A"),))
    assert collect_trials([document], [[Span(0, 4, "A")]]) is None
    found = collect_trials([document], [[Span(0, 4, "A", 0.5)]])
    assert found is not None
    assert found.correct.tolist() == [True]
    assert len(collect_trials([document], [[]]).confidence) == 0
