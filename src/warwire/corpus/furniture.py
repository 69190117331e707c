"""Site furniture in an article: what is no part of it, as spans of the raw text with a kind.

The rules stand in `furniture.yaml`; a user's own file of the same form extends them.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from warwire.corpus.dates import iso_date
from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

HEAD_LINES, TAIL_LINES = 6, 7
LONGEST_LINE = 300
HEAD_REACH = 120
ZONES = ("anywhere", "head", "tail", "edges")
KEYS = {"kind", "line", "find", "zone", "case"}
DATE = "date_header"
_ZONES = {
    (head, tail): frozenset(
        {"anywhere"}
        | ({"head", "edges"} if head else set())
        | ({"tail", "edges"} if tail else set())
    )
    for head in (False, True)
    for tail in (False, True)
}
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
    chosen = default_rules() if rules is None else tuple(rules)
    by_kind: dict[str, set[Span]] = {rule.kind: set() for rule in chosen}
    sieves = _sieves(chosen)
    for candidate in _candidates(text):
        short = candidate.end - candidate.start <= LONGEST_LINE
        for sieve in sieves:
            if (short or not sieve.whole) and sieve.zone in candidate.zones:
                for span in sieve.spans(text, candidate):
                    by_kind[span.label].add(span)
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


class _Candidate(NamedTuple):
    start: int
    end: int
    zones: frozenset[str]


def _candidates(text: str) -> Iterator[_Candidate]:
    lines = [(line.start(), line.end()) for line in _LINE.finditer(text)]
    for number, (start, end) in enumerate(lines):
        held = _ZONES[number < HEAD_LINES, number >= len(lines) - TAIL_LINES]
        yield _Candidate(*_stripped(text, start, end), held)
        parts = list(_parts(text, start, end)) if end - start <= LONGEST_LINE else []
        if len(parts) > 1:
            yield from (_Candidate(*_stripped(text, *part), held) for part in parts)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    position = start
    for gap in _SEPARATOR.finditer(text, start, end):
        if gap.start() > position:
            yield position, gap.start()
        position = gap.end()
    if end > position:
        yield position, end


@dataclass(frozen=True, slots=True)
class _Sieve:
    """Rules of one zone and one way of matching, with a pattern that any of theirs implies."""

    any_of: re.Pattern[str]
    rules: tuple[Rule, ...]
    whole: bool
    zone: str
    anchored: bool

    def spans(self, text: str, candidate: _Candidate) -> Iterable[Span]:
        """What the rules find; a pattern that begins with ^ can only match where the line does."""
        start, end = candidate.start, candidate.end
        if self.whole:
            return self._whole(text, start, end) if self.any_of.fullmatch(text, start, end) else ()
        end = min(end, start + HEAD_REACH) if self.zone == "head" else end
        look = self.any_of.match if self.anchored else self.any_of.search
        return self._inside(text, start, end) if look(text, start, end) else ()

    def _whole(self, text: str, start: int, end: int) -> Iterator[Span]:
        for rule in self.rules:
            if rule.pattern.fullmatch(text, start, end):
                yield Span(start, end, rule.kind)

    def _inside(self, text: str, start: int, end: int) -> Iterator[Span]:
        for rule in self.rules:
            yield from _found(rule, text, start, end)


@lru_cache(maxsize=8)
def _sieves(rules: tuple[Rule, ...]) -> tuple[_Sieve, ...]:
    groups: dict[tuple[bool, str, int, bool], list[Rule]] = {}
    for rule in rules:
        anchored = rule.pattern.pattern.startswith("^")
        key = (rule.whole, rule.zone, rule.pattern.flags, anchored)
        groups.setdefault(key, []).append(rule)
    return tuple(
        _Sieve(
            re.compile("|".join(f"(?:{rule.pattern.pattern})" for rule in group), flags),
            tuple(group),
            whole,
            zone,
            anchored,
        )
        for (whole, zone, flags, anchored), group in groups.items()
    )


def _found(rule: Rule, text: str, start: int, end: int) -> Iterator[Span]:
    for match in rule.pattern.finditer(text, start, end):
        group = 1 if rule.pattern.groups and match[1] is not None else 0
        first, last = _stripped(text, *match.span(group))
        if last > first:
            yield Span(first, last, rule.kind)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _touches(span: Span, others: Sequence[Span]) -> bool:
    return any(span.overlaps(other) for other in others)


def _left_over(span: Span, kept: Sequence[Span], text: str) -> list[Span]:
    """The parts of a span that nothing kept before it holds, as far as they hold words."""
    inside = sorted(other for other in kept if other.overlaps(span))
    edges = [span.start, *(edge for each in inside for edge in (each.start, each.end)), span.end]
    parts = [_stripped(text, *pair) for pair in zip(edges[::2], edges[1::2], strict=True)]
    wordy = [pair for pair in parts if pair[1] - pair[0] > 3 or not inside]
    return [Span(start, end, span.label) for start, end in wordy if end > start]
