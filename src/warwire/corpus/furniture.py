"""Site furniture in an article: what is no part of it, as spans of the raw text with a kind."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from warwire.corpus.dates import iso_date
from warwire.corpus.furniture_rules import (
    ZONES_OF_LINE,
    Rule,
    default_rules,
    sieves_of,
    stripped,
)
from warwire.documents import Document
from warwire.spans import Span

HEAD_LINES, TAIL_LINES = 6, 7
LONGEST_LINE = 300
DATE = "date_header"
_MARKS = ("|", "·", "•", "  ")
_SEPARATOR = re.compile(r" +[|·•] +|  +| \| *")


def find_furniture(text: str, rules: Sequence[Rule] | None = None) -> list[Span]:
    """The furniture of a text in text order, labelled by kind: kinds named first win, then length.

    Offsets are characters of the text as given; nothing is removed.
    """
    chosen = default_rules() if rules is None else tuple(rules)
    sieves = sieves_of(chosen)
    found: set[Span] = set()
    for candidate in _candidates(text):
        for sieve in sieves[candidate.short, candidate.zones]:
            found.update(sieve.spans(text, candidate.start, candidate.end))
    return _settled(found, chosen, text) if found else []


def mark_furniture(document: Document, rules: Sequence[Rule] | None = None) -> Document:
    """The document with its furniture and, where it has none, the date of a leading date header.

    Furniture that people marked in the export stays as it is, and nothing found may touch a
    labelled span.
    """
    furniture = document.furniture
    if not furniture:
        found = find_furniture(document.text, rules)
        furniture = tuple(span for span in found if not _touches(span, document.spans))
    date = document.date or header_date(document.text, furniture)
    if furniture == document.furniture and date == document.date:
        return document
    return replace(document, furniture=furniture, date=date)


def header_date(text: str, furniture: Iterable[Span]) -> str | None:
    """The day that the first date header names, as YYYY-MM-DD."""
    for span in sorted(furniture):
        if span.label == DATE and (day := iso_date(text[span.start : span.end])):
            return day
    return None


class _Candidate(NamedTuple):
    start: int
    end: int
    short: bool
    zones: frozenset[str]


def _candidates(text: str) -> Iterator[_Candidate]:
    lines = list(_lines(text))
    for number, (start, end) in enumerate(lines):
        held = ZONES_OF_LINE[number < HEAD_LINES, number >= len(lines) - TAIL_LINES]
        yield _candidate(text, start, end, held)
        parts = list(_parts(text, start, end)) if end - start <= LONGEST_LINE else []
        if len(parts) > 1:
            yield from (_candidate(text, *part, held) for part in parts)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The edges of the lines that hold more than white space."""
    start = 0
    for line in text.replace("\r", "\n").split("\n"):
        end = start + len(line)
        if line and not line.isspace():
            yield start, end
        start = end + 1


def _candidate(text: str, start: int, end: int, zones: frozenset[str]) -> _Candidate:
    start, end = stripped(text, start, end)
    return _Candidate(start, end, end - start <= LONGEST_LINE, zones)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    line = text[start:end]
    if not any(mark in line for mark in _MARKS):
        return
    position = start
    for gap in _SEPARATOR.finditer(text, start, end):
        if gap.start() > position:
            yield position, gap.start()
        position = gap.end()
    if end > position:
        yield position, end


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(span.overlaps(other) for other in others)


def _settled(found: Iterable[Span], rules: Sequence[Rule], text: str) -> list[Span]:
    kinds = list(dict.fromkeys(rule.kind for rule in rules))
    ranked = sorted(found, key=lambda each: (kinds.index(each.label), each.start - each.end, each))
    kept: list[Span] = []
    for span in ranked:
        kept += _left_over(span, kept, text)
    return sorted(kept)


def _left_over(span: Span, kept: Sequence[Span], text: str) -> list[Span]:
    """The parts of a span that nothing kept before it holds, as far as they hold words."""
    inside = sorted(other for other in kept if other.overlaps(span))
    edges = [span.start, *(edge for each in inside for edge in (each.start, each.end)), span.end]
    parts = [stripped(text, *pair) for pair in zip(edges[::2], edges[1::2], strict=True)]
    wordy = [pair for pair in parts if pair[1] - pair[0] > 3 or not inside]
    return [Span(start, end, span.label) for start, end in wordy if end > start]
