"""What people could correct in an unlabelled article, as far as a model's own doubts tell."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warwire.documents import Document
from warwire.spans import Span
from warwire.tagging.encoding import TagSet
from warwire.tagging.reading import Reading

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Appraisal:
    """An article's length in words, and what a model expects in it.

    `wrong` and `spans` are expected numbers by type, in the order of the schema: of spans that the
    model gets wrong, and of spans. `names` are the distinct names it found with its confidence in
    the surest mention; `doubtful` are the spans it is least sure of, with their surfaces.
    """

    id: str
    words: int
    wrong: Floats
    spans: Floats
    names: Mapping[str, float]
    doubtful: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the labelled articles hold: spans by type, in the order of the schema, and names."""

    spans: Floats
    names: frozenset[str]


def appraise(
    document: Document, reading: Reading, tags: TagSet, *, naming: str, shown: int = 5
) -> Appraisal:
    """Take an article's expected errors off its word probabilities.

    A predicted span is wrong with one minus its confidence; a word outside every predicted span
    begins a missed one of a type with the probability of that type's B- tag.
    """
    begins = np.exp(reading.log_probs[:, 1::2].astype(np.float64))
    wrong = begins[reading.tags_of(reading.spans, tags) == 0].sum(axis=0)
    names: dict[str, float] = {}
    for span in reading.spans:
        wrong[tags.labels.index(span.label)] += 1 - _sure(span)
        if span.label == naming:
            name = name_of(document, span)
            names[name] = max(names.get(name, 0.0), _sure(span))
    doubtful = sorted(reading.spans, key=_sure)[:shown]
    return Appraisal(
        document.id,
        count_words(document.text),
        wrong,
        begins.sum(axis=0),
        names,
        tuple((document.surface(span), span) for span in doubtful if _sure(span) < 1),
    )


def known_from(documents: Iterable[Document], labels: Sequence[str], *, naming: str) -> Known:
    """What has been labelled so far."""
    pairs = [(document, span) for document in documents for span in document.spans]
    counts = Counter(span.label for _, span in pairs)
    names = frozenset(name_of(*pair) for pair in pairs if pair[1].label == naming)
    return Known(np.array([float(counts[label]) for label in labels]), names)


def count_words(text: str) -> int:
    """The words of a text, parted by white space: what a budget counts."""
    return len(text.split())


def words_in(documents: Iterable[Document]) -> int:
    """The words of several articles."""
    return sum(count_words(document.text) for document in documents)


def within(order: Iterable[Document], budget: int) -> list[Document]:
    """The articles in an order that fit into a budget of words, one after the other."""
    chosen: list[Document] = []
    for document in order:
        words = count_words(document.text)
        if words <= budget:
            chosen.append(document)
            budget -= words
    return chosen


def name_of(document: Document, span: Span) -> str:
    """A span's surface without regard to case and white space."""
    return " ".join(document.surface(span).casefold().split())


def _sure(span: Span) -> float:
    return 1.0 if span.score is None else span.score
