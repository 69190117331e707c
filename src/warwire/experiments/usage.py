"""How the same words are labelled throughout a corpus."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from warwire.documents import Document
from warwire.spans import Span

MOST_WORDS = 8
LEAST_TIMES = 3
_TOKEN = re.compile(r"\w+|[^\w\s]")

Way = tuple[tuple[int, int, str], ...]
"""How a piece of text is labelled: its spans, counted from where it begins; perhaps none."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Pieces of text as they are written, and how often each is labelled which way.

    A place where a span reaches out of the piece is not counted.
    """

    ways: dict[str, Counter[Way]]

    def elsewhere(
        self,
        document: Document,
        start: int,
        end: int,
        given: Sequence[Span],
        proposed: Sequence[Span],
    ) -> tuple[int, int]:
        """How often the text of a stretch is labelled as proposed, and elsewhere as given."""
        ways = self.ways.get(document.text[start:end], Counter())
        return ways[_way(proposed, start)], max(0, ways[_way(given, start)] - 1)

    def unusual(self, document: Document) -> Iterator[tuple[int, tuple[Span, ...], Way]]:
        """Where an article's text is labelled in another way than it usually is.

        Each with its start, the spans it has and the usual way, which at least three other places
        have, and more than have this one.
        """
        for start, end, inner in _places(document, self.ways):
            ways = self.ways[document.text[start:end]]
            usual, times = ways.most_common(1)[0]
            own = _way(inner, start)
            if own != usual and times >= LEAST_TIMES and times > ways[own]:
                yield start, inner, usual


def usage_of(documents: Sequence[Document], texts: Iterable[str]) -> Usage:
    """The usage of every labelled surface and of further texts, of up to eight words."""
    wanted = {*texts, *(each.surface(span) for each in documents for span in each.spans)}
    pieces: dict[str, Counter[Way]] = {each: Counter() for each in wanted if each.strip()}
    for document in documents:
        for start, end, inner in _places(document, pieces):
            pieces[document.text[start:end]][_way(inner, start)] += 1
    return Usage({text: ways for text, ways in pieces.items() if ways})


def _places(
    document: Document, pieces: dict[str, Counter[Way]]
) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
    """Where the article has one of the pieces, not cut by a span or furniture, and its spans."""
    text, owners = document.text, _owners(document)
    edges = [match.span() for match in _TOKEN.finditer(text)]
    for first, (start, _) in enumerate(edges):
        for _, end in edges[first : first + MOST_WORDS]:
            if text[start:end] in pieces:
                inner = sorted({span for at in range(start, end) for span in owners.get(at, ())})
                if all(start <= span.start and span.end <= end for span in inner):
                    yield start, end, tuple(inner)


def _owners(document: Document) -> dict[int, list[Span]]:
    """The spans at each character; furniture owns its own and so is never within a piece."""
    owners: dict[int, list[Span]] = defaultdict(list)
    outside = [Span(0, len(document.text) + 1, "")] if document.furniture else []
    for span in document.spans:
        for at in range(span.start, span.end):
            owners[at].append(span)
    for span in document.furniture:
        for at in range(span.start, span.end):
            owners[at] += outside
    return owners


def _way(spans: Iterable[Span], start: int) -> Way:
    return tuple((span.start - start, span.end - start, span.label) for span in sorted(spans))
