"""The rules by which furniture is found, from YAML, joined so that many are tried at once.

Warwire's own stand in `furniture.yaml`; a user's file of the same form extends them. A dataset
prepared with such a file keeps it as its own `furniture.yaml`, and so does a run trained on it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from warwire.errors import InputError
from warwire.spans import Span

RULES_FILE = "furniture.yaml"
HEAD_REACH = 120
ZONES = ("anywhere", "head", "tail", "edges")
ZONES_OF_LINE = {
    (head, tail): frozenset(
        {"anywhere"}
        | ({"head", "edges"} if head else set())
        | ({"tail", "edges"} if tail else set())
    )
    for head in (False, True)
    for tail in (False, True)
}
"""The zones that a line is in, by whether it is among the first and among the last."""
KEYS = {"kind", "line", "find", "zone", "case", "needs"}
_NUMBERED = re.compile(r"\\[1-9]|\(\?P|\(\?\(")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One pattern for one kind: of a whole line or a part between bars, or of anything found.

    Where it has `needs`, case-folded, a text that holds none of them is passed over.
    """

    kind: str
    pattern: re.Pattern[str]
    whole: bool
    zone: str = "anywhere"
    anchored: bool = False
    needs: tuple[str, ...] = ()


@cache
def default_rules() -> tuple[Rule, ...]:
    """The rules that come with Warwire."""
    content = files("warwire.corpus").joinpath(RULES_FILE).read_text(encoding="utf-8")
    return parse_rules(content, where=RULES_FILE)


def load_rules(path: Path) -> tuple[Rule, ...]:
    """A user's own rules followed by Warwire's; raises InputError that names file and rule."""
    return rules_after(read_rules(path))


@lru_cache(maxsize=8)
def rules_after(own: str) -> tuple[Rule, ...]:
    """The rules of a user's YAML followed by Warwire's; Warwire's alone after an empty text."""
    rules = parse_rules(own, where=RULES_FILE) if own else ()
    return (*rules, *default_rules())


def kept_rules(folder: Path) -> str:
    """The user's own rules that a dataset or a run keeps, as YAML; empty where it keeps none."""
    file = folder / RULES_FILE
    return read_rules(file) if file.is_file() else ""


def read_rules(path: Path) -> str:
    """A file of rules as it is; raises InputError that names file and rule where one is wrong."""
    if not path.is_file():
        raise InputError(f"{path}: no such file of furniture rules")
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from error
    parse_rules(content, where=str(path))
    return content


def parse_rules(content: str, *, where: str) -> tuple[Rule, ...]:
    """Rules from YAML: a list of {kind, line or find, zone, case, needs}, each of many patterns."""
    try:
        entries = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError) as error:
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
        raise InputError(
            f"{where}: needs 'kind' and 'line' or 'find'; may have 'zone', 'case', 'needs'"
        )
    given = [key for key in ("line", "find") if entry.get(key)]
    if len(given) != 1:
        raise InputError(f"{where}: needs either 'line' or 'find', with regular expressions")
    zone = entry.get("zone", "anywhere")
    if zone not in ZONES:
        raise InputError(f"{where}: zone {zone!r} is none of {', '.join(ZONES)}")
    needs = tuple(str(words).casefold() for words in _listed(entry.get("needs", [])))
    for pattern in _listed(entry[given[0]]):
        compiled = _compiled(pattern, where, exact=entry.get("case") == "exact")
        anchored = str(pattern).startswith("^")
        yield Rule(str(entry["kind"]), compiled, given[0] == "line", zone, anchored, needs)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _compiled(pattern: Any, where: str, *, exact: bool) -> re.Pattern[str]:
    """Flags stand in the pattern itself, so that patterns can be joined."""
    try:
        return re.compile(f"(?:{pattern})" if exact else f"(?i:{pattern})", re.MULTILINE)
    except re.error as error:
        raise InputError(f"{where}: not a regular expression: {error}") from error


class Way(NamedTuple):
    """How rules are matched; those of one way are tried together."""

    whole: bool
    anchored: bool
    capped: bool
    needy: bool
    alone: Rule | None
    """A rule that refers to its own groups, whose numbers must stay."""


def _way(rule: Rule) -> Way:
    numbered = rule.pattern.groups and _NUMBERED.search(rule.pattern.pattern)
    return Way(
        rule.whole,
        anchored=not rule.whole and rule.anchored,
        capped=not rule.whole and rule.zone == "head",
        needy=bool(rule.needs),
        alone=rule if numbered else None,
    )


@dataclass(frozen=True, slots=True)
class Sieve:
    """Rules that are matched in one way, with a pattern that any of theirs implies."""

    way: Way
    rules: tuple[Rule, ...]
    any_of: re.Pattern[str]
    needs: frozenset[str]
    words: bool
    """Whether what is needed has letters, whose case does not count."""

    def spans(self, text: str, start: int, end: int) -> Iterable[Span]:
        """What the rules find; a pattern that begins with ^ can only match where the line does."""
        if self.way.capped:
            end = min(end, start + HEAD_REACH)
        if self.needs and not self._may_match(text[start:end]):
            return ()
        if self.way.whole:
            return self._whole(text, start, end) if self.any_of.fullmatch(text, start, end) else ()
        look = self.any_of.match if self.way.anchored else self.any_of.search
        return self._inside(text, start, end) if look(text, start, end) else ()

    def _may_match(self, held: str) -> bool:
        return any(map((held.casefold() if self.words else held).__contains__, self.needs))

    def _whole(self, text: str, start: int, end: int) -> Iterator[Span]:
        for rule in self.rules:
            if rule.pattern.fullmatch(text, start, end):
                yield Span(start, end, rule.kind)

    def _inside(self, text: str, start: int, end: int) -> Iterator[Span]:
        for rule in self.rules:
            yield from _found(rule, text, start, end)


@lru_cache(maxsize=8)
def sieves_of(rules: tuple[Rule, ...]) -> dict[tuple[bool, frozenset[str]], tuple[Sieve, ...]]:
    """The sieves to try on a candidate, by whether it is short and by its zones."""
    return {
        (short, zones): tuple(
            _grouped(rule for rule in rules if rule.zone in zones and (short or not rule.whole))
        )
        for short in (False, True)
        for zones in ZONES_OF_LINE.values()
    }


def _grouped(rules: Iterable[Rule]) -> Iterator[Sieve]:
    groups: dict[Way, list[Rule]] = {}
    for rule in rules:
        groups.setdefault(_way(rule), []).append(rule)
    for way, group in groups.items():
        either = "|".join(rule.pattern.pattern for rule in group)
        needs = frozenset(words for rule in group for words in rule.needs)
        words = any(text.lower() != text.upper() for text in needs)
        yield Sieve(way, tuple(group), re.compile(either, re.MULTILINE), needs, words)


def _found(rule: Rule, text: str, start: int, end: int) -> Iterator[Span]:
    for match in rule.pattern.finditer(text, start, end):
        group = 1 if rule.pattern.groups and match[1] is not None else 0
        first, last = stripped(text, *match.span(group))
        if last > first:
            yield Span(first, last, rule.kind)


def stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """The edges moved inwards past white space."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
