"""One article's reference and predicted spans → counts, in the modes of SemEval-2013 task 9.1."""

from collections.abc import Iterable, Sequence

from warwire.counts import Counts
from warwire.spans import Span

MODES = ("strict", "exact", "partial", "type")


def count_article(reference: Iterable[Span], predicted: Iterable[Span]) -> dict[str, Counts]:
    """Counts by mode for one article.

    `strict`: same edges and label; `exact`: same edges, any label; `partial`: as exact, and half a
    point for an overlap; `type`: an overlap with the same label. Each span is matched at most once,
    closest matches first; duplicates count once; the order of the spans plays no part.
    Source: Segura-Bedmar et al. (2013), SemEval-2013 task 9.
    """
    gold, guess = _unique(reference), _unique(predicted)
    pairs = _overlapping(gold, guess)
    correct = {
        "strict": float(len({span.key for span in gold} & {span.key for span in guess})),
        "exact": float(sum(_same_edges(*pair) for pair in _match(pairs))),
        "partial": sum(1.0 if _same_edges(*pair) else 0.5 for pair in _match(pairs)),
        "type": float(len(_match([pair for pair in pairs if pair[0].label == pair[1].label]))),
    }
    return {mode: Counts(correct[mode], len(guess), len(gold)) for mode in MODES}


def _unique(spans: Iterable[Span]) -> list[Span]:
    return sorted({span.key: span for span in spans}.values(), key=lambda span: span.key)


def _overlapping(gold: Sequence[Span], guess: Sequence[Span]) -> list[tuple[Span, Span]]:
    pairs: list[tuple[Span, Span]] = []
    first = 0
    for span in gold:
        while first < len(guess) and guess[first].end <= span.start:
            first += 1
        for other in guess[first:]:
            if other.start >= span.end:
                break
            if span.overlaps(other):
                pairs.append((span, other))
    return pairs


def _match(pairs: Iterable[tuple[Span, Span]]) -> list[tuple[Span, Span]]:
    matched: list[tuple[Span, Span]] = []
    used_gold: set[tuple[int, int, str]] = set()
    used_guess: set[tuple[int, int, str]] = set()
    for gold, guess in sorted(pairs, key=_closeness):
        if gold.key not in used_gold and guess.key not in used_guess:
            used_gold.add(gold.key)
            used_guess.add(guess.key)
            matched.append((gold, guess))
    return matched


def _closeness(pair: tuple[Span, Span]) -> tuple[bool, bool, int, object, object]:
    gold, guess = pair
    return (
        not _same_edges(gold, guess),
        gold.label != guess.label,
        -gold.shared_length(guess),
        gold.key,
        guess.key,
    )


def _same_edges(gold: Span, guess: Span) -> bool:
    return (gold.start, gold.end) == (guess.start, guess.end)
