"""Overlapping windows over an article's tokens, each token owned by exactly one window."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of tokens that the encoder sees at once, and the part whose tags it decides.

    All four are token indices into the article, half-open; `owned` lies within the stretch.
    """

    start: int
    end: int
    owned_start: int
    owned_end: int


def cut_windows(tokens: int, *, size: int, overlap: int) -> list[Window]:
    """Windows of at most `size` tokens that together own each of `tokens` tokens exactly once.

    Neighbours share at least `overlap` tokens and divide the shared stretch in its middle. The
    windows are as few as that takes, and of one length, so that little is read twice and nothing
    is padded. No tokens, no windows.
    """
    if not 0 <= overlap <= size // 2:
        raise ValueError(f"overlap {overlap} must be at most half of size {size}")
    if tokens <= size:
        return [Window(0, tokens, 0, tokens)] if tokens else []
    count = -(-(tokens - overlap) // (size - overlap))
    length = -(-(tokens + (count - 1) * overlap) // count)
    starts = [place * (tokens - length) // (count - 1) for place in range(count)]
    middles = [
        (start + length + after) // 2 for start, after in zip(starts, starts[1:], strict=False)
    ]
    edges = [0, *middles, tokens]
    return [
        Window(start, start + length, owned_start, owned_end)
        for start, owned_start, owned_end in zip(starts, edges, edges[1:], strict=False)
    ]
