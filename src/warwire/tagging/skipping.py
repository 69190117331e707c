"""Tokens without those in stretches of text that the model is not to read."""

from collections.abc import Iterator, Sequence

import numpy as np

from warwire.spans import Span
from warwire.tagging.encoding import Tokens


def tokens_outside(tokens: Tokens, skipped: Sequence[Span]) -> Tokens:
    """The tokens that touch no character of the skipped spans; offsets stay the text's own."""
    kept = np.ones(len(tokens), dtype=np.bool_)
    for span in skipped:
        kept &= (tokens.starts >= span.end) | (tokens.ends <= span.start)
    return tokens[kept]


def unbroken_runs(tokens: Tokens, skipped: Sequence[Span]) -> Iterator[slice]:
    """The runs of `tokens_outside` that no skipped span parts.

    Decoded one by one they give no span that reaches across skipped text.
    """
    cuts = np.searchsorted(tokens.starts, [span.start for span in skipped])
    edges = [0, *np.unique(cuts).tolist(), len(tokens)]
    for first, last in zip(edges, edges[1:], strict=False):
        if first < last:
            yield slice(first, last)
