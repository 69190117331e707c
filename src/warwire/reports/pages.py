"""Self-contained HTML pages: marked-up articles, and scores with what was right and wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from warwire.documents import Document
from warwire.spans import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an article's text with its mark, or none: `status` says how it fared."""

    text: str
    label: str = ""
    status: str = ""
    score: float | None = None


def render_marked_up(documents: Iterable[Document], *, title: str, labels: Sequence[str]) -> str:
    """A page of articles with their spans marked by type."""
    articles = [_article(document, _pieces(document, document.spans)) for document in documents]
    return _template("marked_up.html").render(title=title, labels=labels, articles=articles)


def render_scores(
    documents: Sequence[Document],
    predictions: Sequence[Sequence[Span]],
    *,
    title: str,
    labels: Sequence[str],
    figures: Mapping[str, Any],
) -> str:
    """A page of the figures and of every article with correct, missed and spurious spans."""
    articles = [
        _article(document, _compared(document, predicted))
        for document, predicted in zip(documents, predictions, strict=True)
    ]
    return _template("scores.html").render(
        title=title, labels=labels, figures=figures, articles=articles
    )


def _article(document: Document, pieces: list[Piece]) -> dict[str, Any]:
    return {"id": document.id, "date": document.date, "source": document.source, "pieces": pieces}


def _pieces(document: Document, spans: Sequence[Span], status: str = "") -> list[Piece]:
    return _cut(document, [(span, status) for span in spans])


def _compared(document: Document, predicted: Sequence[Span]) -> list[Piece]:
    gold = {span.key for span in document.spans}
    found = {span.key for span in predicted}
    marks = [(span, "correct" if span.key in gold else "spurious") for span in predicted]
    missed = [span for span in document.spans if span.key not in found]
    return _cut(document, [*marks, *((span, "missed") for span in missed)])


def _cut(document: Document, marks: Iterable[tuple[Span, str]]) -> list[Piece]:
    pieces: list[Piece] = []
    position = 0
    for span, status in sorted(marks, key=lambda mark: (mark[0].start, -mark[0].end, mark[1])):
        if span.start > position:
            pieces.append(Piece(document.text[position : span.start]))
        again = " (again)" if span.start < position else ""
        pieces.append(Piece(document.surface(span), span.label, f"{status}{again}", span.score))
        position = max(position, span.end)
    return [*pieces, Piece(document.text[position:])]


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("warwire.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
