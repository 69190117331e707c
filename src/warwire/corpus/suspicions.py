"""Spans that look wrong: edges in white space or inside words, surfaces marked unevenly."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from warwire.documents import Document
from warwire.spans import Span

LEAST_TIMES = 3
LEAST_LETTERS = 3
CONTEXT = 30


class InSplit(Protocol):
    """An article and the split it is in."""

    @property
    def split(self) -> str: ...
    @property
    def document(self) -> Document: ...


def suspicious_edges(places: Sequence[InSplit]) -> list[dict[str, Any]]:
    """Spans that begin or end in white space or punctuation, inside a word, or cross a line."""
    return [
        {"kind": kind, **_told(place, span)}
        for place in places
        for span in place.document.spans
        if (kind := _edge_problem(place.document.text, span))
    ]


def uneven_surfaces(places: Sequence[InSplit]) -> list[dict[str, Any]]:
    """Surfaces marked at least three times that also stand unmarked, most often unmarked first.

    Whole words in the same case; each with one place where it is marked and one where it is not.
    """
    marked: dict[str, Counter[str]] = defaultdict(Counter)
    example: dict[str, dict[str, Any]] = {}
    for place in places:
        for span in place.document.spans:
            surface = place.document.surface(span)
            marked[surface][span.label] += 1
            example.setdefault(surface, _told(place, span))
    often = {
        surface
        for surface, labels in marked.items()
        if labels.total() >= LEAST_TIMES and len(surface) >= LEAST_LETTERS and "\n" not in surface
    }
    unmarked: Counter[str] = Counter()
    missing: dict[str, dict[str, Any]] = {}
    for place, span in _unmarked(places, often):
        surface = place.document.surface(span)
        unmarked[surface] += 1
        missing.setdefault(surface, _told(place, span))
    return [
        {
            "text": surface,
            "labels": dict(marked[surface].most_common()),
            "unmarked": count,
            "marked_at": example[surface],
            "unmarked_at": missing[surface],
        }
        for surface, count in sorted(unmarked.items(), key=lambda item: (-item[1], item[0]))
    ]


def _unmarked(places: Sequence[InSplit], surfaces: set[str]) -> Iterator[tuple[InSplit, Span]]:
    """Where a surface stands as whole words outside every span and all furniture."""
    words = defaultdict(list)
    for surface in surfaces:
        words[len(re.findall(r"\w+", surface))].append(surface)
    sizes = sorted((size for size in words if size), reverse=True)
    for place in places:
        text = place.document.text
        tokens = [match.span() for match in re.finditer(r"\w+", text)]
        taken = sorted((*place.document.spans, *place.document.furniture))
        for size in sizes:
            for first in range(len(tokens) - size + 1):
                start, end = tokens[first][0], tokens[first + size - 1][1]
                if text[start:end] in surfaces and not _covered(start, end, taken):
                    yield place, Span(start, end, "")


def _covered(start: int, end: int, taken: Sequence[Span]) -> bool:
    return any(span.start < end and start < span.end for span in taken)


def _edge_problem(text: str, span: Span) -> str:
    surface = text[span.start : span.end]
    if surface != surface.strip():
        return "white space"
    if "\n" in surface:
        return "crosses a line"
    if _inside_word(text, span.start) or _inside_word(text, span.end):
        return "mid-word edge"
    if surface[0] in ",.;:!?)]}" or surface[-1] in ",;:!?([{":
        return "punctuation at the edge"
    return ""


def _inside_word(text: str, place: int) -> bool:
    """Whether a place has a letter or digit on both sides; 4m and US$5 are no words."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return before.isalnum() and after.isalnum() and before.isdigit() == after.isdigit()


def _told(place: InSplit, span: Span) -> dict[str, Any]:
    text = place.document.text
    return {
        "split": place.split,
        "article": place.document.id,
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "text": text[span.start : span.end],
        "context": text[max(0, span.start - CONTEXT) : span.end + CONTEXT],
    }
