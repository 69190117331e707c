"""How far annotators agree: pairwise F1 by type, Krippendorff's alpha, the most disputed spans."""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from warwire.documents import Annotation, Document
from warwire.spans import Span

MOST_TOKENS = 2_000_000
MOST_DISPUTED = 30
CONTEXT = 30
_TOKEN = re.compile(r"\w+|[^\w\s]")
Readings = tuple[tuple[str, tuple[Span, ...]], ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A span that some annotators of an article marked and others did not."""

    article: str
    span: Span
    surface: str
    context: str
    marked_by: tuple[str, ...]
    not_by: tuple[str, ...]


@dataclass(slots=True)
class Agreement:
    """Gathers the articles that several people annotated; of the others it keeps nothing."""

    articles: int = 0
    readings: list[Readings] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    _ratings: list[list[int]] = field(default_factory=list)
    _codes: dict[str, int] = field(default_factory=lambda: {"O": 0})
    _tokens: int = 0

    def add(self, document: Document) -> None:
        """Take an article into account where at least two annotators read it."""
        readings = _by_annotator(document.annotations)
        if len(readings) < 2:
            return
        self.articles += 1
        self.readings.append(readings)
        self.disputes += _disputes(document, readings)
        if self._tokens < MOST_TOKENS:
            self._rate(document.text, readings)

    def to_dict(self, labels: Sequence[str], count: Callable[..., Any]) -> dict[str, Any] | None:
        """The figures, or None where no article has two annotators.

        `count(reference, predicted)` gives counts by mode, `strict` and `partial` among them, that
        add up and know their F1; F1 is the same whichever annotator is the reference.
        """
        if not self.articles:
            return None
        return {
            "articles": self.articles,
            "pairs": self._pairs(labels, count),
            "alpha_on_tokens": self.alpha(),
            "tokens": self._tokens,
            "disputed_spans": len(self.disputes),
            "most_disputed": self._most_disputed(),
        }

    def alpha(self) -> float | None:
        """Krippendorff's nominal alpha over word tokens (each a label or O); None without choice.

        Source: Krippendorff (2011), by the library of that name; over the first two million tokens.
        """
        import krippendorff
        import numpy as np

        if len(self._codes) < 2 or not self._ratings:
            return None
        counts = np.zeros((len(self._ratings), len(self._codes)), dtype=np.int32)
        for row, ratings in enumerate(self._ratings):
            for code in ratings:
                counts[row, code] += 1
        if (counts.sum(0) > 0).sum() < 2:
            return None
        return round(
            float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")), 4
        )

    def _rate(self, text: str, readings: Readings) -> None:
        tokens = [token.span() for token in _TOKEN.finditer(text)]
        columns = [_codes_of(tokens, spans, self._codes) for _, spans in readings]
        self._ratings += [list(ratings) for ratings in zip(*columns, strict=True)]
        self._tokens += len(tokens)

    def _pairs(self, labels: Sequence[str], count: Callable[..., Any]) -> list[dict[str, Any]]:
        totals: dict[tuple[str, str], dict[tuple[str, str], Any]] = defaultdict(dict)
        articles: Counter[tuple[str, str]] = Counter()
        for readings in self.readings:
            for (one, first), (other, second) in itertools.combinations(readings, 2):
                articles[one, other] += 1
                for row in ("all", *labels):
                    counts = count(_of(first, row), _of(second, row))
                    for mode in ("strict", "partial"):
                        held = totals[one, other]
                        known = held.get((row, mode))
                        held[row, mode] = counts[mode] if known is None else known + counts[mode]
        return [
            {"annotators": list(pair), "articles": articles[pair]} | _figures(totals[pair], labels)
            for pair in sorted(totals)
        ]

    def _most_disputed(self) -> list[dict[str, Any]]:
        """The surfaces over which annotators part most often, each with its first places."""
        groups: dict[tuple[str, str], list[Dispute]] = defaultdict(list)
        for dispute in self.disputes:
            groups[dispute.surface.casefold(), dispute.span.label].append(dispute)
        ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
        return [_told(group) for _, group in ranked[:MOST_DISPUTED]]


def _by_annotator(annotations: Sequence[Annotation]) -> Readings:
    """One reading an annotator, the last where someone has several, by name."""
    latest = {each.annotator: each.spans for each in annotations}
    return tuple(sorted(latest.items()))


def _codes_of(
    tokens: Sequence[tuple[int, int]], spans: Sequence[Span], codes: dict[str, int]
) -> list[int]:
    found = [0] * len(tokens)
    place = 0
    for span in sorted(spans):
        while place < len(tokens) and tokens[place][1] <= span.start:
            place += 1
        code = codes.setdefault(span.label, len(codes))
        for at in range(place, len(tokens)):
            if tokens[at][0] >= span.end:
                break
            found[at] = found[at] or code
    return found


def _disputes(document: Document, readings: Readings) -> list[Dispute]:
    marked: dict[Span, list[str]] = defaultdict(list)
    for annotator, spans in readings:
        for span in set(spans):
            marked[span].append(annotator)
    everyone = [annotator for annotator, _ in readings]
    return [
        Dispute(
            document.id,
            span,
            document.surface(span),
            document.text[max(0, span.start - CONTEXT) : span.end + CONTEXT],
            tuple(by),
            tuple(name for name in everyone if name not in by),
        )
        for span, by in sorted(marked.items())
        if len(by) < len(everyone)
    ]


def _of(spans: Sequence[Span], row: str) -> list[Span]:
    return [span for span in spans if row in ("all", span.label)]


def _figures(totals: dict[tuple[str, str], Any], labels: Sequence[str]) -> dict[str, Any]:
    return {
        mode: {row: round(totals[row, mode].f1, 4) for row in ("all", *labels)}
        for mode in ("strict", "partial")
    }


def _told(group: Sequence[Dispute]) -> dict[str, Any]:
    first = group[0]
    return {
        "text": first.surface,
        "label": first.span.label,
        "times": len(group),
        "places": [
            {
                "article": each.article,
                "start": each.span.start,
                "end": each.span.end,
                "context": each.context,
                "marked_by": list(each.marked_by),
                "not_by": list(each.not_by),
            }
            for each in group[:3]
        ],
    }
