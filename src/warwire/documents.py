"""One article with its spans and what is known of how they came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from warwire.spans import Span


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotator's own spans for an article, before any policy chose among annotators."""

    annotator: str
    spans: tuple[Span, ...]
    ground_truth: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a span came from in the export: the task, the annotation and the region."""

    task: str
    annotation: str
    region: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A link between two regions of one article, by their ids."""

    from_region: str
    to_region: str
    direction: str = "right"
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One article: its text exactly as stored, and spans that refer to that text.

    `spans` are flat and in text order; `origins` stands beside them, one each, or is empty.
    `annotations` holds every annotator's own spans, `furniture` what is no part of the article,
    `controls` the spans of any further Label Studio control by its name.
    """

    id: str
    text: str
    spans: tuple[Span, ...] = ()
    date: str | None = None
    source: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    annotations: tuple[Annotation, ...] = ()
    furniture: tuple[Span, ...] = ()
    controls: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        for span in self.spans:
            if span.end > len(self.text):
                raise ValueError(
                    f"article {self.id}: span {span.start}..{span.end} lies outside"
                    f" a text of {len(self.text)} characters"
                )

    def surface(self, span: Span) -> str:
        """The characters that a span of this article covers."""
        return self.text[span.start : span.end]

    def with_spans(self, spans: tuple[Span, ...]) -> "Document":
        """The same article marked with other spans; origins no longer apply."""
        return replace(self, spans=spans, origins=())
