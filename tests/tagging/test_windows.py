import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warwire.tagging.windows import Window, cut_windows


@st.composite
def cuts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Tokens of an article, size and overlap."""
    size = draw(st.integers(1, 40))
    return draw(st.integers(0, 200)), size, draw(st.integers(0, size // 2))


@given(cuts())
def test_each_token_is_owned_by_exactly_one_window(cut: tuple[int, int, int]) -> None:
    tokens, size, overlap = cut
    windows = cut_windows(tokens, size=size, overlap=overlap)
    owned = [token for each in windows for token in range(each.owned_start, each.owned_end)]
    assert owned == list(range(tokens))
    assert all(each.owned_start < each.owned_end for each in windows)


@given(cuts())
def test_windows_are_few_of_one_length_and_share_the_overlap(cut: tuple[int, int, int]) -> None:
    tokens, size, overlap = cut
    windows = cut_windows(tokens, size=size, overlap=overlap)
    lengths = {each.end - each.start for each in windows}
    assert len(lengths) <= 1
    assert max(lengths, default=0) <= size
    assert tokens <= size or (len(windows) - 1) * (size - overlap) + overlap < tokens
    assert tokens <= size or sum(lengths) * len(windows) < tokens + len(windows) * (overlap + 1)
    for one, after in zip(windows, windows[1:], strict=False):
        assert one.end - after.start >= overlap


@given(cuts())
def test_an_owned_token_sees_half_the_overlap_on_either_side(cut: tuple[int, int, int]) -> None:
    tokens, size, overlap = cut
    for each in cut_windows(tokens, size=size, overlap=overlap):
        before, after = each.owned_start - each.start, each.end - each.owned_end
        assert each.start == 0 or before >= overlap // 2
        assert each.end == tokens or after >= overlap // 2


@given(cuts())
def test_stitching_what_a_window_owns_gives_the_whole_back(cut: tuple[int, int, int]) -> None:
    tokens, size, overlap = cut
    whole = np.random.default_rng(tokens).random(tokens)
    stitched = np.full(tokens, np.nan)
    for each in cut_windows(tokens, size=size, overlap=overlap):
        seen = whole[each.start : each.end]
        part = seen[each.owned_start - each.start : each.owned_end - each.start]
        stitched[each.owned_start : each.owned_end] = part
    assert np.array_equal(stitched, whole)


@given(st.integers(1, 40), st.integers(0, 5))
def test_what_fits_is_a_single_window(tokens: int, room: int) -> None:
    windows = cut_windows(tokens, size=tokens + room, overlap=0)
    assert windows == [Window(0, tokens, 0, tokens)]


def test_no_tokens_give_no_windows() -> None:
    assert cut_windows(0, size=8, overlap=2) == []


@pytest.mark.parametrize("overlap", [-1, 5])
def test_an_overlap_beyond_half_is_refused(overlap: int) -> None:
    with pytest.raises(ValueError, match=f"overlap {overlap} must be at most half of size 8"):
        cut_windows(20, size=8, overlap=overlap)
