"""Texts cut into tokens in every way that tokenizers do, without a tokenizer."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from tests.toys import LABELS
from warwire.spans import Span
from warwire.tagging.encoding import Tokens

GAPS = ["", " ", "  ", "\n\n", "\u00a0", "\u200b"]
WORDS = ["army", "US", "m", "5", "$", ".", "-", "\U0001f4a5", "na\u00efve", "\u4e2d\u6587"]


@dataclass(frozen=True)
class Tokenized:
    """A text with its tokens and the edges of its words."""

    text: str
    tokens: Tokens

    @property
    def length(self) -> int:
        return len(self.text)


def build_tokens(edges: list[tuple[int, int]]) -> Tokens:
    """Tokens with these character edges and no particular ids."""
    table = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return Tokens(np.arange(len(edges)), table[:, 0], table[:, 1])


@st.composite
def tokenized(draw: st.DrawFn) -> Tokenized:
    """Words in pieces; white space as an empty token or none; a sign as several byte tokens."""
    text, edges = "", []
    for _ in range(draw(st.integers(0, 7))):
        gap = draw(st.sampled_from(GAPS))
        text += gap
        if gap and draw(st.booleans()):
            edges.append((len(text), len(text)))
        word = draw(st.sampled_from(WORDS))
        edges += draw(_pieces(len(text), word))
        text += word
    return Tokenized(text, build_tokens(edges))


@st.composite
def _pieces(draw: st.DrawFn, start: int, word: str) -> list[tuple[int, int]]:
    end = start + len(word)
    if len(word) == 1:
        return [(start, end)] * draw(st.integers(1, 3))
    middle = draw(st.integers(start + 1, end))
    return [(start, end)] if middle == end else [(start, middle), (middle, end)]


@st.composite
def marked_up(draw: st.DrawFn) -> tuple[Tokenized, list[Span]]:
    """A tokenized text with flat spans anywhere in it, on token edges or not."""
    drawn = draw(tokenized())
    edges = draw(st.lists(st.integers(0, drawn.length), unique=True, max_size=8))
    pairs = zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    return drawn, [Span(*pair, draw(st.sampled_from(LABELS))) for pair in pairs]
