"""Site furniture in an article: what is no part of it, as spans of the raw text with a kind.

The rules stand in `furniture.yaml`; a user's own file of the same form extends them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from warwire.corpus.dates import iso_date
from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

HEAD_LINES, TAIL_LINES = 6, 7
ZONES = ("anywhere", "head", "tail", "edges")
KEYS = {"kind", "line", "find", "zone", "case"}
DATE = "date_header"
_LINE = re.compile(r"[^\n\r]*\S[^\n\r]*")
_SEPARATOR = re.compile(r" +[|·•] +|  +| \| *")


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern for one kind: of a whole line or a part between bars, or of anything found."""

    kind: str
    pattern: re.Pattern[str]
    whole: bool
    zone: str = "anywhere"


def find_furniture(text: str, rules: Sequence[Rule] | None = None) -> list[Span]:
    """The furniture of a text in text order, labelled by kind: kinds named first win, then length.

    Offsets are characters of the text as given; nothing is removed.
    """
    chosen = default_rules() if rules is None else rules
    candidates = list(_candidates(text))
    by_kind: dict[str, set[Span]] = {}
    for rule in chosen:
        by_kind.setdefault(rule.kind, set()).update(_matches(rule, text, candidates))
    kept: list[Span] = []
    for spans in by_kind.values():
        for span in sorted(spans, key=lambda each: (each.start - each.end, each.start)):
            kept += _left_over(span, kept, text)
    return sorted(kept)


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


@cache
def default_rules() -> tuple[Rule, ...]:
    """The rules that come with Warwire."""
    content = files("warwire.corpus").joinpath("furniture.yaml").read_text(encoding="utf-8")
    return parse_rules(content, where="furniture.yaml")


def load_rules(path: Path) -> tuple[Rule, ...]:
    """A user's own rules followed by Warwire's; raises InputError that names file and rule."""
    if not path.is_file():
        raise InputError(f"{path}: no such file of furniture rules")
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from error
    return (*parse_rules(content, where=str(path)), *default_rules())


def parse_rules(content: str, *, where: str) -> tuple[Rule, ...]:
    """Rules from YAML: a list of {kind, line or find, zone, case}, patterns one or several."""
    try:
        entries = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise InputError(f"{where}: not readable as YAML") from error
    if not isinstance(entries, list):
        raise InputError(f"{where}: expected a list of rules with 'kind' and 'line' or 'find'")
    return tuple(
        rule
        for number, entry in enumerate(entries, start=1)
        for rule in _rules(entry, f"{where}: rule {number}")
    )


def _rules(entry: Any, where: str) -> Iterator[Rule]:
    if not isinstance(entry, dict) or not set(entry) <= KEYS or "kind" not in entry:
        raise InputError(f"{where}: needs 'kind' and 'line' or 'find'; may have 'zone', 'case'")
    given = [key for key in ("line", "find") if entry.get(key)]
    if len(given) != 1:
        raise InputError(f"{where}: needs either 'line' or 'find', with regular expressions")
    zone = entry.get("zone", "anywhere")
    if zone not in ZONES:
        raise InputError(f"{where}: zone {zone!r} is none of {', '.join(ZONES)}")
    patterns = entry[given[0]]
    for pattern in patterns if isinstance(patterns, list) else [patterns]:
        compiled = _compiled(pattern, where, exact=entry.get("case") == "exact")
        yield Rule(str(entry["kind"]), compiled, given[0] == "line", zone)


def _compiled(pattern: Any, where: str, *, exact: bool) -> re.Pattern[str]:
    try:
        return re.compile(str(pattern), re.MULTILINE if exact else re.MULTILINE | re.IGNORECASE)
    except re.error as error:
        raise InputError(f"{where}: not a regular expression: {error}") from error


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    zones: frozenset[str]


def _candidates(text: str) -> Iterator[_Candidate]:
    lines = [(line.start(), line.end()) for line in _LINE.finditer(text)]
    for number, (start, end) in enumerate(lines):
        zones = {"anywhere"}
        zones |= {"head", "edges"} if number < HEAD_LINES else set()
        zones |= {"tail", "edges"} if number >= len(lines) - TAIL_LINES else set()
        yield _Candidate(start, end, frozenset(zones))
        parts = list(_parts(text, start, end))
        if len(parts) > 1:
            yield from (_Candidate(*part, frozenset(zones)) for part in parts)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for gap in _SEPARATOR.finditer(text, start, end):
        if gap.start() > position:
            yield position, gap.start()
        position = gap.end()
    if end > position:
        yield position, end


def _matches(rule: Rule, text: str, candidates: Sequence[_Candidate]) -> Iterator[Span]:
    for candidate in candidates:
        if rule.zone not in candidate.zones:
            continue
        start, end = _stripped(text, candidate.start, candidate.end)
        if rule.whole:
            if end > start and rule.pattern.fullmatch(text, start, end):
                yield Span(start, end, rule.kind)
        else:
            yield from _found(rule, text, start, end)


def _found(rule: Rule, text: str, start: int, end: int) -> Iterator[Span]:
    for match in rule.pattern.finditer(text, start, end):
        group = 1 if rule.pattern.groups and match[1] is not None else 0
        first, last = _stripped(text, *match.span(group))
        if last > first:
            yield Span(first, last, rule.kind)


def _left_over(span: Span, kept: Sequence[Span], text: str) -> list[Span]:
    """The parts of a span that nothing kept before it holds, as far as they hold words."""
    inside = sorted(other for other in kept if other.overlaps(span))
    edges = [span.start, *(edge for each in inside for edge in (each.start, each.end)), span.end]
    parts = [_stripped(text, *pair) for pair in zip(edges[::2], edges[1::2], strict=True)]
    wordy = [pair for pair in parts if pair[1] - pair[0] > 3 or not inside]
    return [Span(start, end, span.label) for start, end in wordy if end > start]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(span.overlaps(other) for other in others)
