"""Likely mistakes as a page to read: each as labelled and as proposed, side by side."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from warwire.documents import Document
from warwire.experiments.suspects import KINDS, MEANING, Suspect
from warwire.reports.marking import Mark, render_marks
from warwire.reports.pages import render
from warwire.spans import Span

MOST_SHOWN = 1000
CONTEXT = 160


@dataclass(frozen=True, slots=True)
class _Shown:
    """A suspect with its stretch of the article on both sides as safe HTML."""

    suspect: Suspect
    document: Document
    labelled: Markup
    proposed: Markup


def render_suspects(
    documents: Sequence[Document],
    suspects: Sequence[Suspect],
    *,
    title: str,
    labels: Sequence[str],
) -> str:
    """A self-contained page of the suspects in their order; beyond a thousand it says so."""
    counts = Counter(each.claim.kind for each in suspects)
    return render(
        "suspects.html",
        title=title,
        labels=labels,
        total=len(suspects),
        kinds=[(kind, MEANING[kind], counts[kind]) for kind in KINDS],
        shown=[_shown(documents[each.article], each, labels) for each in suspects[:MOST_SHOWN]],
    )


def _shown(document: Document, suspect: Suspect, labels: Sequence[str]) -> _Shown:
    claim = suspect.claim
    start = max(0, claim.start - CONTEXT)
    end = min(len(document.text), claim.end + CONTEXT)
    sides = (
        _side(document.text[start:end], start, spans, labels)
        for spans in (claim.given, claim.proposed)
    )
    return _Shown(suspect, document, *sides)


def _side(text: str, start: int, spans: Sequence[Span], labels: Sequence[str]) -> Markup:
    marks = [
        Mark(span.start - start, span.end - start, f"l{labels.index(span.label)}", "", (), ())
        for span in spans
    ]
    return render_marks(text, marks)
