"""Hypothesis strategies for spans, texts and tokens."""

from hypothesis import strategies as st

from tests.toys import LABELS
from warwire.spans import Span

labels = st.sampled_from(LABELS)


@st.composite
def spans(draw: st.DrawFn, *, length: int = 30) -> Span:
    """Any span inside a text of `length` characters."""
    start = draw(st.integers(0, length - 1))
    return Span(start, draw(st.integers(start + 1, length)), draw(labels))


@st.composite
def flat_spans(draw: st.DrawFn, *, length: int = 30) -> list[Span]:
    """Spans in text order of which none overlaps another; some may touch."""
    edges = sorted(draw(st.lists(st.integers(0, length), unique=True, max_size=10)))
    pairs = list(zip(edges, edges[1:], strict=False))
    taken = draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs)))
    return [Span(*pair, draw(labels)) for pair, take in zip(pairs, taken, strict=True) if take]
