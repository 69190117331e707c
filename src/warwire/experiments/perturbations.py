"""Articles changed in ways that should not matter, their spans carried along."""

import random
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from warwire.documents import Document
from warwire.spans import Span

Edit = tuple[int, int, str]
"""Start, end and what stands there afterwards; edits of one article do not overlap."""

Perturbation = Callable[[Document, random.Random], list[Edit]]

_ROWS = {"qwertyuiop": "wertyuiopo", "asdfghjkl": "sdfghjklk", "zxcvbnm": "xcvbnmn"}
NEIGHBOURS = {letter: other for row in _ROWS.items() for letter, other in zip(*row, strict=True)}
"""The letter to the right of each on the keyboard; of the last in a row, the one to the left."""
TYPO_SHARE = 0.05
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Perturbed:
    """The changed article, and how many places were changed."""

    document: Document
    edits: int


def perturb(document: Document, change: Perturbation, *, seed: int = 0) -> Perturbed:
    """The article with a change applied, the same one for the same seed and article id.

    Edits that would cut across a span's edge are left out, so that every span keeps its sense;
    those that change nothing are no edits.
    """
    edits = change(document, random.Random(f"{seed} {document.id}"))
    real = [edit for edit in sorted(edits) if document.text[edit[0] : edit[1]] != edit[2]]
    kept = [edit for edit in real if _harmless(edit, document.spans)]
    return Perturbed(apply_edits(document, kept), len(kept))


def apply_edits(document: Document, edits: Sequence[Edit]) -> Document:
    """The article with text replaced, and its spans on the same words as before.

    `edits` are in text order. A span ends before what is inserted at its end.
    """
    pieces, position = [], 0
    for start, end, words in edits:
        pieces += [document.text[position:start], words]
        position = end
    text = "".join([*pieces, document.text[position:]])
    move = _Shift(edits)
    spans = tuple(
        Span(move.start(span.start), move.end(span.end), span.label) for span in document.spans
    )
    bare = replace(document, text="", spans=(), origins=(), annotations=(), furniture=())
    return replace(bare, text=text, spans=spans)


def perturbations() -> dict[str, Perturbation]:
    """Every kind of change by its name; name swaps name the region of the world."""
    swaps = {f"names of {region}": _swap_names(region) for region in _resources()["regions"]}
    return swaps | {
        "upper case": lambda document, _: _each_character(document.text, str.upper),
        "lower case": lambda document, _: _each_character(document.text, str.lower),
        "typing errors": lambda document, dice: list(_typos(document.text, dice)),
        "furniture added": lambda document, dice: list(_furniture(document.text, dice)),
        "other spellings": lambda document, _: list(_spellings(document.text)),
    }


class _Shift:
    """Where offsets of the old text lie in the new one."""

    def __init__(self, edits: Sequence[Edit]):
        self._starts = [start for start, _, _ in edits]
        self._ends = [end for _, end, _ in edits]
        self._totals = [0]
        for start, end, words in edits:
            self._totals.append(self._totals[-1] + len(words) - (end - start))

    def start(self, offset: int) -> int:
        return offset + self._totals[bisect_right(self._ends, offset)]

    def end(self, offset: int) -> int:
        done = bisect_right(self._ends, offset)
        while done and self._starts[done - 1] >= offset:
            done -= 1
        return offset + self._totals[done]


def _harmless(edit: Edit, spans: Iterable[Span]) -> bool:
    start, end, words = edit
    for span in spans:
        if start < span.end and span.start < end:
            inside = span.start <= start and end <= span.end
            if not inside or (not words and (start, end) == (span.start, span.end)):
                return False
        elif start == end and span.start < start < span.end:
            return False
    return True


def _each_character(text: str, change: Callable[[str], str]) -> list[Edit]:
    return [
        (place, place + 1, change(sign))
        for place, sign in enumerate(text)
        if change(sign) != sign and len(change(sign)) == 1
    ]


def _typos(text: str, dice: random.Random) -> Iterator[Edit]:
    for word in _WORD.finditer(text):
        if dice.random() < TYPO_SHARE:
            place = dice.randrange(word.start() + 1, word.end() - 1)
            one, two = text[place], text[place + 1]
            yield dice.choice(
                [
                    (place, place + 2, two + one),
                    (place, place + 1, ""),
                    (place, place + 1, one + one),
                    (place, place + 1, NEIGHBOURS.get(one, one + one)),
                ]
            )


def _furniture(text: str, dice: random.Random) -> Iterator[Edit]:
    lines = _resources()["furniture"]
    yield 0, 0, f"{dice.choice(lines)}\n"
    for brk in re.finditer(r"\n+", text):
        if dice.random() < 0.3:
            yield brk.end(), brk.end(), f"{dice.choice(lines)}\n"
    yield len(text), len(text), f"\n{dice.choice(lines)}"


def _spellings(text: str) -> Iterator[Edit]:
    pairs = _resources()["spellings"]
    other = {one: two for one, two in pairs} | {two: one for one, two in pairs}
    yield from _replaced(text, other)


def _swap_names(region: str) -> Perturbation:
    def change(document: Document, dice: random.Random) -> list[Edit]:
        return list(_replaced(document.text, _mapping(region, dice)))

    return change


def _mapping(region: str, dice: random.Random) -> dict[str, str]:
    """Each known name of another region to one of this region, row to row, kind to kind."""
    resources = _resources()
    targets = list(resources["regions"][region])
    dice.shuffle(targets)
    rows = [
        *resources["sources"],
        *(row for name, part in resources["regions"].items() if name != region for row in part),
    ]
    names: dict[str, str] = {}
    for place, row in enumerate(rows):
        target = targets[place % len(targets)]
        names |= dict(zip(row, target, strict=True))
        if row[3] in resources["short"]:
            names[resources["short"][row[3]]] = target[3].split()[-1]
    return names


def _replaced(text: str, words: Mapping[str, str]) -> Iterator[Edit]:
    for found in _pattern(tuple(sorted(words, key=lambda word: (-len(word), word)))).finditer(text):
        yield found.start(), found.end(), words[found[0]]


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")


@cache
def _resources() -> Mapping[str, Any]:
    file = files("warwire.experiments") / "names.yaml"
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))
