"""One article's reference and predicted spans → counts: spans, words, surfaces, presence."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from warwire.counts import Counts
from warwire.spans import Span

MODES = ("strict", "exact", "partial", "type")
"""The modes of SemEval-2013 task 9.1."""

LEVELS = ("token", "surface", "presence")
"""Coarser views: words, distinct surfaces of an article, and types that an article holds."""

Key = tuple[int, int, str]
Pair = tuple[Key, Key]

_WORD = re.compile(r"\w+|[^\w\s]")


def count_article(reference: Iterable[Span], predicted: Iterable[Span]) -> dict[str, Counts]:
    """Counts by mode for one article.

    `strict`: same edges and label; `exact`: same edges, any label; `partial`: as exact, and half a
    point for an overlap; `type`: an overlap with the same label. Each span is matched at most once,
    closest matches first; duplicates count once; the order of the spans plays no part.
    Source: Segura-Bedmar et al. (2013), SemEval-2013 task 9.
    """
    gold, guess = {span.key for span in reference}, {span.key for span in predicted}
    correct = matched_by_mode(gold, guess)
    return {
        mode: Counts(points, len(guess), len(gold))
        for mode, points in zip(MODES, correct, strict=True)
    }


def matched_by_mode(
    gold: Collection[Key], guess: Collection[Key]
) -> tuple[float, float, float, float]:
    """The points of two sets of (start, end, label) in each of MODES."""
    same = set(gold) & set(guess)
    sure = float(len(same))
    pairs = overlapping(sorted(set(gold) - same), sorted(set(guess) - same))
    if not pairs:
        return sure, sure, sure, sure
    matched = match(pairs)
    exact = sum(_same_edges(pair) for pair in matched)
    typed = len(match([pair for pair in pairs if pair[0][2] == pair[1][2]]))
    return sure, sure + exact, sure + (len(matched) + exact) / 2, sure + typed


def overlapping(gold: Sequence[Key], guess: Sequence[Key]) -> list[Pair]:
    """Every pair that shares a character; both sides in text order."""
    pairs: list[Pair] = []
    longest = max((end - start for start, end, _ in guess), default=0)
    first = 0
    for span in gold:
        start, end, _ = span
        while first < len(guess) and guess[first][0] + longest <= start:
            first += 1
        for place in range(first, len(guess)):
            other = guess[place]
            if other[0] >= end:
                break
            if other[1] > start:
                pairs.append((span, other))
    return pairs


def match(pairs: Sequence[Pair]) -> list[Pair]:
    """One-to-one pairs, closest first: same edges, then same label, then most shared characters."""
    golds, guesses = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    if len(golds) == len(guesses) == len(pairs):
        return list(pairs)
    matched: list[Pair] = []
    for pair in sorted(pairs, key=_closeness):
        if pair[0] in golds and pair[1] in guesses:
            golds.remove(pair[0])
            guesses.remove(pair[1])
            matched.append(pair)
    return matched


def words_and_surfaces(text: str, keys: Iterable[Key]) -> tuple[set[int], set[str]]:
    """The starts of the words that spans touch, and the distinct surfaces of the spans.

    Words are runs of letters and digits, or single signs; surfaces disregard case and white space.
    """
    words: set[int] = set()
    surfaces: set[str] = set()
    for start, end, _ in keys:
        offsets, surface = _read(text[start:end])
        surfaces.add(surface)
        if len(offsets) == 1:
            words.add(start + offsets[0])
        else:
            words.update([start + offset for offset in offsets])
        if start and text[start - 1].isalnum() and start in words:
            words.remove(start)
            words.add(_word_start(text, start))
    return words, surfaces


def surface_of(text: str, key: Key) -> str:
    """What a span reads, without regard to case and white space."""
    return _read(text[key[0] : key[1]])[1]


@lru_cache(maxsize=1 << 16)
def _read(surface: str) -> tuple[tuple[int, ...], str]:
    """Where the words of a surface start, and the surface without case and extra white space."""
    starts = tuple(word.start() for word in _WORD.finditer(surface))
    return starts, " ".join(surface.casefold().split())


def _word_start(text: str, start: int) -> int:
    while 0 < start < len(text) and _WORD.fullmatch(text, start - 1, start + 1):
        start -= 1
    return start


def _closeness(pair: Pair) -> tuple[bool, bool, int, Key, Key]:
    gold, guess = pair
    shared = min(gold[1], guess[1]) - max(gold[0], guess[0])
    return (not _same_edges(pair), gold[2] != guess[2], -shared, gold, guess)


def _same_edges(pair: Pair) -> bool:
    return pair[0][0] == pair[1][0] and pair[0][1] == pair[1][1]
