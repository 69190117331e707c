"""Where a system errs: each gold or predicted span in exactly one class."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warwire.documents import Document
from warwire.evaluation.matching import Key, Pair, match, overlapping, surface_of
from warwire.spans import Span

CLASSES = (
    "correct",
    "wrong type",
    "too long",
    "too short",
    "shifted",
    "split",
    "merged",
    "missed",
    "spurious",
)
MEANING = {
    "correct": "edges and type are right",
    "wrong type": "overlaps a gold span of another type",
    "too long": "right type, holds the gold span and more",
    "too short": "right type, holds a part of the gold span",
    "shifted": "right type, starts and ends on the same side of the gold span's edges",
    "split": "one gold span found as several",
    "merged": "several gold spans found as one",
    "missed": "a gold span that no prediction touches",
    "spurious": "a prediction that touches no gold span",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Gold and predicted spans of one article that belong together, and their class.

    One span on each side, except for `split`, `merged`, `missed` and `spurious`.
    """

    kind: str
    gold: tuple[Key, ...]
    guess: tuple[Key, ...]


def find_errors(reference: Iterable[Span], predicted: Iterable[Span]) -> list[Finding]:
    """The findings of one article, in text order; each distinct span stands in exactly one."""
    gold, guess = {span.key for span in reference}, {span.key for span in predicted}
    same = gold & guess
    found = [Finding("correct", (key,), (key,)) for key in same]
    rest = sorted(gold - same), sorted(guess - same)
    pairs = overlapping(*rest)
    touched = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    found += [Finding("missed", (key,), ()) for key in rest[0] if key not in touched[0]]
    found += [Finding("spurious", (), (key,)) for key in rest[1] if key not in touched[1]]
    for group in _groups(pairs):
        found += _classify(group)
    return sorted(found, key=lambda each: min(each.gold + each.guess))


def _groups(pairs: Sequence[Pair]) -> Iterable[list[Pair]]:
    """The connected parts of the overlaps."""
    waiting = list(pairs)
    while waiting:
        golds, guesses = {waiting[0][0]}, {waiting[0][1]}
        group: list[Pair] = []
        while joined := [pair for pair in waiting if pair[0] in golds or pair[1] in guesses]:
            group += joined
            waiting = [pair for pair in waiting if pair not in joined]
            golds |= {pair[0] for pair in joined}
            guesses |= {pair[1] for pair in joined}
        yield group


def _classify(group: Sequence[Pair]) -> list[Finding]:
    golds = tuple(sorted({pair[0] for pair in group}))
    guesses = tuple(sorted({pair[1] for pair in group}))
    if len(golds) == 1 and len(guesses) > 1:
        return [Finding("split", golds, guesses)]
    if len(guesses) == 1 and len(golds) > 1:
        return [Finding("merged", golds, guesses)]
    matched = match(group)
    found = [Finding(_pair_kind(*pair), (pair[0],), (pair[1],)) for pair in matched]
    left_gold = set(golds) - {pair[0] for pair in matched}
    left_guess = set(guesses) - {pair[1] for pair in matched}
    found += [Finding("merged", (key,), ()) for key in left_gold]
    return found + [Finding("split", (), (key,)) for key in left_guess]


def _pair_kind(gold: Key, guess: Key) -> str:
    if gold[2] != guess[2]:
        return "wrong type"
    if guess[0] <= gold[0] and gold[1] <= guess[1]:
        return "too long"
    if gold[0] <= guess[0] and guess[1] <= gold[1]:
        return "too short"
    return "shifted"


def error_report(
    documents: Sequence[Document],
    predictions: Sequence[Sequence[Span]],
    labels: Sequence[str],
    *,
    surfaces: int = 8,
) -> dict[str, Any]:
    """Counts by class and type, frequent surfaces by class, and confusion of types.

    `gold` and `predicted` count spans: over the classes they add up to all spans of a type.
    """
    findings = [
        (document, finding)
        for document, predicted in zip(documents, predictions, strict=True)
        for finding in find_errors(document.spans, predicted)
    ]
    return {
        "gold": _by_class_and_label(((f.kind, f.gold) for _, f in findings), labels),
        "predicted": _by_class_and_label(((f.kind, f.guess) for _, f in findings), labels),
        "surfaces": _surfaces(findings, surfaces),
        "confusion": _confusion((finding for _, finding in findings), labels),
    }


def _by_class_and_label(
    found: Iterable[tuple[str, tuple[Key, ...]]], labels: Sequence[str]
) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, keys in found:
        counts[kind].update(key[2] for key in keys)
    return {kind: {label: counts[kind][label] for label in labels} for kind in CLASSES}


def _surfaces(
    findings: Iterable[tuple[Document, Finding]], most: int
) -> dict[str, list[list[str | int]]]:
    """The most frequent texts in each class: gold → predicted where both sides hold one."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for document, finding in findings:
        if finding.kind != "correct":
            counts[finding.kind][_shown(document.text, finding)] += 1
    return {
        kind: [[text, count] for text, count in counts[kind].most_common(most)]
        for kind in CLASSES[1:]
    }


def _shown(text: str, finding: Finding) -> str:
    gold = " | ".join(surface_of(text, key) for key in finding.gold)
    guess = " | ".join(surface_of(text, key) for key in finding.guess)
    if finding.kind == "wrong type" and gold == guess:
        return f"{gold} ({finding.gold[0][2]} → {finding.guess[0][2]})"
    return f"{gold} → {guess}" if gold and guess else gold or guess


def _confusion(
    findings: Iterable[Finding], labels: Sequence[str]
) -> Mapping[str, Mapping[str, int]]:
    """Gold type by predicted type of the spans that overlap; `none` for missed and spurious."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for finding in findings:
        for gold in finding.gold or (None,):
            for guess in finding.guess or (None,):
                counts[gold[2] if gold else "none"][guess[2] if guess else "none"] += 1
    columns = (*labels, "none")
    return {row: {column: counts[row][column] for column in columns} for row in columns}
