"""Labels spoiled on purpose, to see whether they are found again."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

KINDS = ("dropped", "wrong type", "shifted edge")
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Corruption:
    """A span of an article, by its position, before and after; `after` is None where dropped."""

    article: int
    kind: str
    before: Span
    after: Span | None

    @property
    def stretch(self) -> tuple[int, int]:
        """From the first to the last character that either span holds."""
        spans = [self.before, *([self.after] if self.after else [])]
        return min(span.start for span in spans), max(span.end for span in spans)


def corrupt(
    documents: Sequence[Document], labels: Sequence[str], *, share: float, seed: int
) -> tuple[list[Document], list[Corruption]]:
    """The articles with a share of their spans spoiled, a third each of KINDS, and what was done.

    A shifted edge moves by one word, outwards only where no other span stands. Other annotators'
    spans are left out, since they would give the truth away. Raises InputError where a type of
    its own is all there is.
    """
    if len(labels) < 2:
        raise InputError("one type alone cannot be taken for another")
    drawn = random.Random(seed)
    places = [(at, span) for at, document in enumerate(documents) for span in document.spans]
    chosen = drawn.sample(places, 3 * round(share * len(places) / 3))
    done = [
        _spoil(documents[at], at, span, KINDS[number % 3], labels, drawn)
        for number, (at, span) in enumerate(chosen)
    ]
    changed: dict[int, dict[Span, Span | None]] = {}
    for each in done:
        changed.setdefault(each.article, {})[each.before] = each.after
    spoiled = [_apply(document, changed.get(at, {})) for at, document in enumerate(documents)]
    return spoiled, done


def _apply(document: Document, changed: dict[Span, Span | None]) -> Document:
    after = (changed.get(span, span) for span in document.spans)
    spans = tuple(sorted(span for span in after if span is not None))
    return replace(document.with_spans(spans), annotations=())


def _spoil(
    document: Document,
    article: int,
    span: Span,
    kind: str,
    labels: Sequence[str],
    drawn: random.Random,
) -> Corruption:
    if kind == "dropped":
        return Corruption(article, kind, span, None)
    if kind == "wrong type":
        other = drawn.choice([label for label in labels if label != span.label])
        return Corruption(article, kind, span, replace(span, label=other))
    return Corruption(article, kind, span, drawn.choice(_shifted(document, span)))


def _shifted(document: Document, span: Span) -> list[Span]:
    """The span with one edge a word further in or out, every way that leaves it apart and whole."""
    words = [match.span() for match in _WORD.finditer(document.text)]
    inner = [word for word in words if span.start <= word[0] and word[1] <= span.end]
    before = [word for word in words if word[1] <= span.start]
    after = [word for word in words if word[0] >= span.end]
    edges = [(word[0], span.end) for word in (*before[-1:], *inner[1:2])]
    edges += [(span.start, word[1]) for word in (*after[:1], *inner[-2:-1])]
    made = [replace(span, start=start, end=end) for start, end in edges]
    others = [other for other in document.spans if other != span]
    free = [each for each in made if not any(each.overlaps(other) for other in others)]
    return free or [span]
