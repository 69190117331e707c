"""Articles as HTML with spans marked: background is predicted, underline is gold, words say why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from warwire.documents import Document
from warwire.evaluation.errors import CLASSES, Finding, find_errors
from warwire.evaluation.matching import Key
from warwire.spans import Span


@dataclass(frozen=True, slots=True)
class MarkedArticle:
    """One article for a page: heading facts, the body as safe HTML, and what it holds.

    `holds` are pairs of class and label indices, as filters need them; `counts` by class index.
    """

    id: str
    date: str | None
    source: str | None
    body: Markup
    holds: str = ""
    errors: int = 0
    correct: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that is one mark: its CSS classes, the words after it, and its parts."""

    start: int
    end: int
    classes: str
    words: str
    gold: tuple[Key, ...]
    guess: tuple[Key, ...]

    @property
    def kind(self) -> str:
        """The index of its class, as the filters know it."""
        return next((name[1:] for name in self.classes.split() if name[0] == "k"), "")

    @property
    def label(self) -> str:
        """The index of its type, as the filters know it."""
        return next((name[1:] for name in self.classes.split() if name[0] == "l"), "")


def marked_up(document: Document, labels: Sequence[str]) -> MarkedArticle:
    """An article with its own spans marked by type."""
    marks = [
        Mark(span.start, span.end, f"l{_place(span.label, labels)}", _scored(span), (), (span.key,))
        for span in document.spans
    ]
    body = render_marks(document.text, marks)
    return MarkedArticle(document.id, document.date, document.source, body)


def marked_errors(
    document: Document, predicted: Iterable[Span], labels: Sequence[str]
) -> MarkedArticle:
    """An article in which each gold and predicted span shows how it fared."""
    findings = find_errors(document.spans, predicted)
    wrong = sum(finding.kind != "correct" for finding in findings)
    return MarkedArticle(
        document.id,
        document.date,
        document.source,
        render_marks(document.text, [_error_mark(finding, labels) for finding in findings]),
        holds=" ".join(sorted(_holds(findings, labels))),
        errors=wrong,
        correct=len(findings) - wrong,
    )


def _error_mark(finding: Finding, labels: Sequence[str]) -> Mark:
    keys = finding.gold + finding.guess
    places = sorted({_place(key[2], labels) for key in keys})
    kind = CLASSES.index(finding.kind)
    first = _place(keys[0][2], labels)
    also = "".join(f" t{place}" for place in places)
    classes = f"l{first} k{kind}{also}" + (" e" if kind else "")
    words = "" if not kind else _words(finding)
    start, end = min(key[0] for key in keys), max(key[1] for key in keys)
    return Mark(start, end, classes, words, finding.gold, finding.guess)


def _words(finding: Finding) -> str:
    keys = finding.gold + finding.guess
    types = list(dict.fromkeys(key[2] for key in keys))
    if finding.kind == "wrong type" and len(types) == 2:
        return f"{types[0]}, not {types[1]}"
    return f"{types[0]} · {finding.kind}"


def _holds(findings: Iterable[Finding], labels: Sequence[str]) -> set[str]:
    return {
        f"{CLASSES.index(finding.kind)}.{_place(key[2], labels)}"
        for finding in findings
        for key in finding.gold + finding.guess
    }


def render_marks(text: str, marks: Sequence[Mark]) -> Markup:
    """The text as safe HTML with its marks; where marks overlap, the earlier one keeps the text."""
    return Markup("".join(_pieces(text, marks)))


def _pieces(text: str, marks: Sequence[Mark]) -> Iterator[str]:
    """Each character of the text once, whatever overlaps."""
    position = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
        start = min(max(mark.start, position), mark.end)
        yield str(escape(text[position:start]))
        words = f' data-w="{escape(mark.words)}"' if mark.words else ""
        inner = "".join(_parts(text, start, mark))
        yield f'<mark class="{mark.classes}"{words}>{inner}</mark>'
        position = max(position, mark.end)
    yield str(escape(text[position:]))


def _parts(text: str, start: int, mark: Mark) -> Iterator[str]:
    if not mark.classes.endswith(" e"):
        yield str(escape(text[start : mark.end]))
        return
    spans = mark.gold + mark.guess
    edges = sorted({start, mark.end, *(edge for key in spans for edge in key[:2] if edge > start)})
    for left, right in zip(edges, edges[1:], strict=False):
        sides = [_covers(mark.gold, left, "g"), _covers(mark.guess, left, "p")]
        names = " ".join(filter(None, sides))
        yield f'<span class="{names}">{escape(text[left:right])}</span>'


def _covers(keys: Iterable[Key], place: int, name: str) -> str:
    return name if any(start <= place < end for start, end, _ in keys) else ""


def _place(label: str, labels: Sequence[str]) -> int:
    return labels.index(label) if label in labels else 0


def _scored(span: Span) -> str:
    return span.label if span.score is None else f"{span.label} {span.score:.2f}"
