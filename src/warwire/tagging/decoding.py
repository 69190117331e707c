"""Tag probabilities → the best valid spans: constrained Viterbi, with a confidence a span."""

import numpy as np
import numpy.typing as npt

from warwire.spans import Span
from warwire.tagging.encoding import TagSet, Tokens, tag_runs

Floats = npt.NDArray[np.float32]


def decode_spans(
    tokens: Tokens, inside_word: npt.NDArray[np.bool_], log_probs: Floats, tags: TagSet
) -> list[Span]:
    """The spans of the most probable valid tag sequence, in text order.

    `log_probs` is (tokens, tags). Valid means: no I- without its B- or I- before it, and one label
    a word, so that no span begins or ends inside a word. A span's score is the probability of
    exactly this span, its words taken as independent of one another.
    """
    if not len(tokens):
        return []
    firsts = np.flatnonzero(~inside_word)
    lasts = np.append(firsts[1:], len(tokens)) - 1
    words = word_log_probs(log_probs, firsts)
    path = best_path(words)
    return [
        Span(start, end, label, _confidence(words, path, first, last))
        for first, last, label in tag_runs(path, tags)
        for start, end in _solid_edges(tokens, firsts[first], lasts[last])
    ]


def _solid_edges(tokens: Tokens, first: int, last: int) -> list[tuple[int, int]]:
    """The edges in characters of tokens `first` to `last`, less white space; none if all is."""
    starts, ends = tokens.starts[first : last + 1], tokens.ends[first : last + 1]
    solid = np.flatnonzero(starts < ends)
    return [(int(starts[solid[0]]), int(ends[solid[-1]]))] if len(solid) else []


def word_log_probs(log_probs: Floats, firsts: npt.NDArray[np.int64]) -> Floats:
    """(words, tags) from (tokens, tags): each word has one label, normalised over the tags.

    A word tagged B-X is B-X on its first token and I-X on the others.
    """
    rest = np.array(log_probs, dtype=np.float32)
    rest[:, 1::2] = log_probs[:, 2::2]
    rest[firsts] = log_probs[firsts]
    summed = np.add.reduceat(rest, firsts, axis=0)
    peak = summed.max(axis=1, keepdims=True)
    return np.asarray(
        summed - peak - np.log(np.exp(summed - peak).sum(axis=1, keepdims=True)), dtype=np.float32
    )


def best_path(log_probs: Floats) -> npt.NDArray[np.int64]:
    """The most probable tag sequence in which every I- follows its own B- or I-.

    Where the best tag of every word already forms a valid sequence, that is the answer; elsewhere
    only the stretches in which it does not are searched.
    """
    path: npt.NDArray[np.int64] = log_probs.argmax(axis=1)
    before = np.append(0, path[:-1])
    broken = (path > 0) & (path % 2 == 0) & (before != path) & (before != path - 1)
    if broken.any():
        edges = np.append(_stretches(log_probs), len(path))
        for place in np.unique(np.searchsorted(edges, np.flatnonzero(broken), side="right")):
            stretch = slice(edges[place - 1], edges[place])
            path[stretch] = _viterbi(log_probs[stretch])
    return path


def _stretches(log_probs: Floats) -> npt.NDArray[np.int64]:
    """First words of stretches whose best sequences together are the best of all.

    A stretch begins where some best sequence has no I-: for every label, B- in its place is as
    probable, or O is, even if the word after has to become a B-. A B- or O needs nothing before it.
    """
    none, begin, inner = log_probs[:, :1], log_probs[:, 1::2], log_probs[:, 2::2]
    cost = np.zeros_like(inner)
    cost[:-1] = np.maximum(inner[1:] - begin[1:], 0)
    free = np.array(((begin >= inner) | (none - inner >= cost)).all(axis=1))
    free[0] = True
    return np.flatnonzero(free)


def _viterbi(log_probs: Floats) -> npt.NDArray[np.int64]:
    words, tags = log_probs.shape
    inner = np.arange(2, tags, 2)
    came_from = np.zeros((words, tags), dtype=np.int64)
    totals = log_probs[0].astype(np.float64)
    totals[inner] = -np.inf
    for word in range(1, words):
        best = int(totals.argmax())
        came_from[word] = best
        from_inner = totals[inner] >= totals[inner - 1]
        came_from[word, inner] = np.where(from_inner, inner, inner - 1)
        totals = totals[came_from[word]] + log_probs[word]
    path = np.zeros(words, dtype=np.int64)
    path[-1] = int(totals.argmax())
    for word in range(words - 1, 0, -1):
        path[word - 1] = came_from[word, path[word]]
    return path


def _confidence(words: Floats, path: npt.NDArray[np.int64], first: int, last: int) -> float:
    total = float(words[np.arange(first, last + 1), path[first : last + 1]].sum())
    if last + 1 < len(words):
        inner = path[first] + 1
        goes_on = min(float(np.exp(words[last + 1, inner])), 1.0 - 1e-6)
        total += float(np.log1p(-goes_on))
    return round(float(np.exp(total)), 4)
