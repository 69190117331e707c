"""Which unlabelled articles to label next: the most corrections a word, none said twice.

An article's usefulness counts the spans that people would probably correct in it,

    wrong = sum over types of (1 + rare * rarity of the type) * expected wrong spans of the type
    fresh = new * sum over names that no labelled or chosen article holds of their confidence
    usefulness = (wrong + fresh) / words * (1 - alike * likeness to the nearest such article)

where the rarity of a type is 1 less its labelled spans over those of the commonest type, and
likeness is the cosine of article vectors, from 0. The order is greedy (maximal marginal relevance:
Carbonell and Goldstein, 1998): what is chosen makes what resembles it less useful.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from warwire.documents import Document
from warwire.experiments.appraisal import Appraisal, Floats, Known, appraise, known_from
from warwire.tagging.reading import Reading

if TYPE_CHECKING:
    from warwire.model.prediction import Predictor

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much counts beside expected errors: rare types, new names, and likeness (0 to 1)."""

    rare: float = 0.5
    new: float = 0.25
    alike: float = 0.5


@dataclass(frozen=True, slots=True)
class Ranked:
    """An article's place by its position in what was ranked, and why it stands there.

    `usefulness` is a hundred words' worth of corrections; `wrong` and `fresh` its two parts over
    the whole article before likeness, 0 to 1, is taken off. `new` are the names it brings.
    """

    position: int
    usefulness: float
    wrong: float
    fresh: float
    likeness: float
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """An article with the model's spans, its place in the order, and why it stands there.

    `score` rises with the place, over 0 to 1; `rare` are the expected spans of rarer types.
    """

    document: Document
    appraisal: Appraisal
    ranked: Ranked
    score: float
    rare: Mapping[str, float]


def order_articles(
    predictor: "Predictor",
    pool: Sequence[Document],
    labelled: Sequence[Document],
    *,
    naming: str,
    weights: Weights = Weights(),
    budget: int | None = None,
    reading: Callable[[Iterable[Reading]], Iterable[Reading]] = iter,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> list[Ordered]:
    """The articles of a pool, the one to label first at the head; `naming` is the type of names.

    `reading` may show how far the model is with reading the pool.
    """
    from warwire.model.article_vectors import article_vectors

    checkpoint = predictor.checkpoint
    readings = list(reading(predictor.read(document.text for document in pool)))
    appraisals = [
        appraise(document, each, checkpoint.tags, naming=naming)
        for document, each in zip(pool, readings, strict=True)
    ]
    known = known_from(labelled, predictor.labels, naming=naming)
    vectors, others = (
        article_vectors(checkpoint, [document.text for document in documents])
        for documents in (pool, labelled)
    )
    order = rank(appraisals, vectors, known, others, weights=weights, budget=budget, watch=watch)
    return [
        Ordered(
            pool[each.position].with_spans(readings[each.position].spans),
            appraisals[each.position],
            each,
            round(place / len(order), 6),
            _rare(appraisals[each.position], known, predictor.labels),
        )
        for place, each in enumerate(order, start=1)
    ]


def _rare(appraisal: Appraisal, known: Known, labels: Sequence[str]) -> dict[str, float]:
    """The expected spans of the types that have less than half the commonest one's."""
    most = known.spans.max(initial=0)
    expected = zip(labels, appraisal.spans, known.spans, strict=True)
    return {label: float(count) for label, count, seen in expected if seen < most / 2}


def rank(
    appraisals: Sequence[Appraisal],
    vectors: Vectors,
    known: Known,
    known_vectors: Vectors,
    *,
    weights: Weights = Weights(),
    budget: int | None = None,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> list[Ranked]:
    """Every article, the most useful one first.

    The choice is greedy until `budget` words are chosen; what follows stands by how useful it is
    after these. `known` and `known_vectors` tell of the labelled articles.
    """
    pool = _Pool(appraisals, known, weights)
    pool.compare(*directions(vectors, known_vectors))
    left, order = budget, []
    while pool.open.any() and (left is None or left > 0):
        chosen = pool.best()
        order.append(chosen)
        left = None if left is None else left - appraisals[chosen.position].words
        pool.choose(chosen.position)
        watch(len(order), len(appraisals))
    rest = [pool.told(place) for place in np.flatnonzero(pool.open).tolist()]
    return order + sorted(rest, key=lambda each: (-each.usefulness, each.position))


def directions(vectors: Vectors, known_vectors: Vectors) -> tuple[Vectors, Vectors]:
    """Both sets as unit vectors from their common mean, without which all articles look alike."""
    both = np.concatenate([vectors, known_vectors]).astype(np.float32)
    both = both - both.mean(axis=0) if len(both) else both
    unit = both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-9)
    return unit[: len(vectors)], unit[len(vectors) :]


class _Pool:
    """The articles still open, and what the chosen ones have taken from their usefulness."""

    def __init__(self, appraisals: Sequence[Appraisal], known: Known, weights: Weights):
        self.open = np.ones(len(appraisals), dtype=np.bool_)
        self._appraisals, self._weights = appraisals, weights
        most = max(float(known.spans.max(initial=0)), 1.0)
        each = 1 + weights.rare * (1 - known.spans / most)
        self._wrong: Floats = np.array([float(one.wrong @ each) for one in appraisals])
        self._words: Floats = np.array([float(max(1, one.words)) for one in appraisals])
        self._holders: dict[str, list[int]] = defaultdict(list)
        self._fresh: Floats = np.zeros(len(appraisals))
        self._new: list[set[str]] = [one.names.keys() - known.names for one in appraisals]
        for place, name in self._new_names():
            self._holders[name].append(place)
            self._fresh[place] += weights.new * appraisals[place].names[name]

    def compare(self, vectors: Vectors, known: Vectors) -> None:
        """Start from the likeness to what is labelled."""
        self._vectors = vectors
        nearest = (vectors @ known.T).max(axis=1, initial=0.0) if len(vectors) else np.zeros(0)
        self._likeness: Floats = np.clip(nearest, 0.0, 1.0).astype(np.float64)

    def best(self) -> Ranked:
        """The most useful open article; the first of equals."""
        return self.told(int(np.where(self.open, self._usefulness(), -1.0).argmax()))

    def told(self, place: int) -> Ranked:
        """How useful an article is now, and why."""
        usefulness = float(self._usefulness()[place]) * 100
        return Ranked(
            place,
            usefulness,
            wrong=float(self._wrong[place]),
            fresh=float(self._fresh[place]),
            likeness=float(self._likeness[place]),
            new=tuple(sorted(self._new[place])),
        )

    def choose(self, place: int) -> None:
        """Close an article; its names are new no more, and what is like it gets less useful."""
        self.open[place] = False
        for name in tuple(self._new[place]):
            for holder in self._holders[name]:
                confidence = self._appraisals[holder].names[name]
                self._fresh[holder] -= self._weights.new * confidence
                self._new[holder].discard(name)
        near = (self._vectors @ self._vectors[place]).astype(np.float64)
        self._likeness = np.clip(np.maximum(self._likeness, near), 0.0, 1.0)

    def _new_names(self) -> Iterator[tuple[int, str]]:
        for place, names in enumerate(self._new):
            for name in sorted(names):
                yield place, name

    def _usefulness(self) -> Floats:
        kept = 1 - self._weights.alike * self._likeness
        return np.asarray((self._wrong + self._fresh) / self._words * kept)
