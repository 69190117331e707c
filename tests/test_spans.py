import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import spans
from tests.toys import LABELS
from warwire.spans import Preference, Span, resolve_overlaps

PREFERENCES = st.sampled_from(["longest", "first", "priority"])


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (5, 2)])
def test_a_span_needs_a_start_before_its_end(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=f"{start}..{end}"):
        Span(start, end, "ACTOR")


def test_the_key_leaves_the_score_out() -> None:
    assert Span(0, 4, "ACTOR", 0.3).key == Span(0, 4, "ACTOR", 0.9).key
    assert Span(0, 4, "ACTOR").key != Span(0, 4, "AID_AMOUNT").key


@given(spans(), spans())
def test_overlap_is_a_shared_character(one: Span, other: Span) -> None:
    shared = set(range(one.start, one.end)) & set(range(other.start, other.end))
    assert one.overlaps(other) == other.overlaps(one) == bool(shared)
    assert one.shared_length(other) == other.shared_length(one) == len(shared)


@given(st.lists(spans(), unique=True, max_size=8), PREFERENCES)
def test_resolved_spans_are_flat_sorted_and_complete(every: list[Span], prefer: Preference) -> None:
    kept, lost = resolve_overlaps(every, prefer=prefer, priority=LABELS)
    assert all(one.end <= after.start for one, after in zip(kept, kept[1:], strict=False))
    assert sorted([*kept, *(loser for loser, _ in lost)]) == sorted(every)
    assert all(winner in kept and loser.overlaps(winner) for loser, winner in lost)


@given(st.lists(spans(), unique=True, max_size=8), PREFERENCES, st.randoms())
def test_resolving_depends_on_the_set_alone(every: list[Span], prefer: Preference, dice) -> None:
    shuffled = dice.sample(every, len(every))
    assert (
        resolve_overlaps(every, prefer=prefer, priority=LABELS)[0]
        == resolve_overlaps(shuffled, prefer=prefer, priority=LABELS)[0]
    )


@pytest.mark.parametrize(
    ("prefer", "winner"),
    [
        ("longest", Span(8, 22, "MILITARY_ACTION")),
        ("first", Span(0, 9, "ACTOR")),
        ("priority", Span(5, 12, "AID_AMOUNT")),
    ],
)
def test_each_preference_has_its_winner(prefer: Preference, winner: Span) -> None:
    every = [Span(0, 9, "ACTOR"), Span(5, 12, "AID_AMOUNT"), Span(8, 22, "MILITARY_ACTION")]
    order = ("AID_AMOUNT", "ACTOR", "MILITARY_ACTION")
    kept, _ = resolve_overlaps(every, prefer=prefer, priority=order)
    assert winner in kept


def test_ties_fall_to_the_earlier_start_then_the_label() -> None:
    every = [Span(3, 7, "ACTOR"), Span(1, 5, "MILITARY_ACTION"), Span(1, 5, "AID_AMOUNT")]
    kept, lost = resolve_overlaps(every, prefer="longest")
    assert kept == [Span(1, 5, "AID_AMOUNT")]
    assert {winner for _, winner in lost} == set(kept)
