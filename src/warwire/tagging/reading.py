"""What a model makes of a text: its spans and, word by word, the probability of every tag."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warwire.spans import Span
from warwire.tagging.decoding import Floats, word_log_probs
from warwire.tagging.encoding import Ints, TagSet, Tokens, encode_spans


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's predicted spans, its words, and their log-probabilities (words, tags).

    A word's edges are those of its tokens, its id that of its first token.
    """

    spans: tuple[Span, ...]
    words: Tokens
    log_probs: Floats

    def touched(self, spans: Sequence[Span]) -> slice:
        """The words from the first to the last that the spans touch."""
        start, end = min(span.start for span in spans), max(span.end for span in spans)
        first = int(np.searchsorted(self.words.ends, start, side="right"))
        return slice(first, max(first, int(np.searchsorted(self.words.starts, end))))

    def tags_of(self, spans: Sequence[Span], tags: TagSet) -> Ints:
        """The label id of each word, were these the text's spans."""
        return encode_spans(self.words, spans, tags)


def words_of(
    tokens: Tokens, inside_word: npt.NDArray[np.bool_], log_probs: Floats
) -> tuple[Tokens, Floats]:
    """The words that tokens form and their log-probabilities, from those of the tokens."""
    firsts = np.flatnonzero(~inside_word)
    lasts = np.append(firsts[1:], len(tokens)) - 1
    words = Tokens(tokens.ids[firsts], tokens.starts[firsts], tokens.ends[lasts])
    return words, word_log_probs(log_probs, firsts)


def join_words(parts: Sequence[tuple[Tokens, Floats]], tags: TagSet) -> tuple[Tokens, Floats]:
    """The words of several stretches of one text, in text order."""
    none = np.zeros(0, dtype=np.int64)
    tokens = [words for words, _ in parts] or [Tokens(none, none, none)]
    joined = Tokens(
        np.concatenate([words.ids for words in tokens]),
        np.concatenate([words.starts for words in tokens]),
        np.concatenate([words.ends for words in tokens]),
    )
    scores = [each for _, each in parts] or [np.zeros((0, len(tags.names)), dtype=np.float32)]
    return joined, np.concatenate(scores)
