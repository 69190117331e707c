from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warwire.counts import Counts

COUNTS = st.builds(
    lambda hits, extra, missed: Counts(float(hits), hits + extra, hits + missed),
    *[st.integers(0, 40)] * 3,
)


@given(st.lists(COUNTS, max_size=6), st.integers(0, 6))
def test_counts_of_parts_add_up_to_the_whole(parts: list[Counts], cut: int) -> None:
    whole = sum(parts, Counts())
    halves = sum(parts[:cut], Counts()) + sum(parts[cut:], Counts())
    assert whole == halves
    assert whole.predicted == sum(part.predicted for part in parts)


@given(COUNTS)
def test_f1_is_the_harmonic_mean(counts: Counts) -> None:
    precision, recall = Fraction(counts.precision), Fraction(counts.recall)
    both = precision + recall
    expected = 2 * precision * recall / both if both else 0
    assert counts.f1 == pytest.approx(float(expected))


def test_nothing_at_all_scores_nothing() -> None:
    empty = Counts()
    assert (empty.precision, empty.recall, empty.f1) == (0.0, 0.0, 0.0)


def test_half_points_count_half() -> None:
    counts = Counts(1.5, 2, 3)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, 0.6)
