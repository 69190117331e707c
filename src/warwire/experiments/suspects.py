"""Labels that are likely wrong, found by three witnesses and ranked by their joint odds.

A suspect sets the spans that a stretch of text has against the ones it may rather have. The
witnesses are a model that never saw the article, the same words elsewhere in the corpus, and the
article's other annotators. Each says by log-odds how strongly it speaks for the proposal. A claim
of a kind that is rarely made weighs more than one of a kind that models make all the time with
right labels. The score of a suspect is the probability at the sum of all, as if independent.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import exp, log

import numpy as np

from warwire.documents import Document
from warwire.evaluation.errors import find_errors
from warwire.evaluation.matching import Key
from warwire.experiments.usage import Usage, usage_of
from warwire.spans import Span
from warwire.tagging.encoding import TagSet
from warwire.tagging.reading import Reading

KINDS = ("missing", "superfluous", "wrong type", "wrong edge")
MEANING = {
    "missing": "no label where there should be one",
    "superfluous": "a label where there should be none",
    "wrong type": "the label should be of another type",
    "wrong edge": "the label should start or end elsewhere",
}
LEAST = 1e-3
"""No model is surer than this: probabilities below count as this one."""
SUPPOSED = 10
"""Claims of each kind, before any is counted."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Spans of one stretch of an article as labelled (`given`), and as they may have to be."""

    given: tuple[Span, ...]
    proposed: tuple[Span, ...]

    @property
    def kind(self) -> str:
        """One of KINDS."""
        if not self.given:
            return "missing"
        if not self.proposed:
            return "superfluous"
        types = [{span.label for span in side} for side in (self.given, self.proposed)]
        return "wrong edge" if types[0] == types[1] else "wrong type"

    @property
    def start(self) -> int:
        """Where the stretch begins."""
        return min(span.start for span in self.given + self.proposed)

    @property
    def end(self) -> int:
        """Where the stretch ends."""
        return max(span.end for span in self.given + self.proposed)


@dataclass(frozen=True, slots=True)
class Suspect:
    """A claim against the labels of an article, with what each witness says.

    `model` are the probabilities of the proposed and the given words' tags, each of its weakest
    word; `elsewhere` and `annotators` count who has it as proposed and who as given, this place
    itself left out. `rarity` is the log of how many times rarer this kind of claim is than a kind
    is on average. `confident` says that confident learning finds a word's label wrong there.
    """

    article: int
    claim: Claim
    model: tuple[float, float]
    elsewhere: tuple[int, int]
    annotators: tuple[int, int]
    confident: bool
    rarity: float = 0.0

    @property
    def score(self) -> float:
        """The probability at the sum of the witnesses' log-odds and the rarity, 0 to 1."""
        proposed, given = (max(each, LEAST) for each in self.model)
        witnesses = log(proposed / given) + _odds(self.elsewhere) + _odds(self.annotators)
        total = witnesses + self.rarity
        return 1 / (1 + exp(-total))


def find_suspects(
    documents: Sequence[Document],
    readings: Sequence[Reading],
    labels: tuple[str, ...],
    *,
    least: float = 0.5,
) -> list[Suspect]:
    """The suspects of at least a score, the likeliest first; no two touch the same text.

    `readings` are those of models that never saw the article. Confident learning is cleanlab's:
    raises InputError where that is not installed.
    """
    from warwire.experiments.confidence import doubted_words

    tags = TagSet(labels)
    claims = [_claims(*pair) for pair in zip(documents, readings, strict=True)]
    usage = usage_of(documents, (text for text in _texts(documents, claims)))
    doubted = doubted_words(documents, readings, tags)
    every: list[Suspect] = []
    for place, document in enumerate(documents):
        for claim in dict.fromkeys([*claims[place], *_uneven(document, usage)]):
            reading = readings[place]
            every.append(_weigh(place, document, reading, claim, tags, usage, doubted[place]))
    return [*_apart(each for each in _by_rarity(every) if each.score >= least)]


def take_up(spans: Sequence[Span], suspects: Sequence[Suspect]) -> list[Span]:
    """An article's spans with its suspects' proposals in place of what they doubt.

    Proposed spans bear their suspect's score, the others none.
    """
    doubted = {span.key for each in suspects for span in each.claim.given}
    proposed = [
        replace(span, score=round(each.score, 4))
        for each in suspects
        for span in each.claim.proposed
    ]
    kept = [
        span
        for span in spans
        if span.key not in doubted and not any(span.overlaps(other) for other in proposed)
    ]
    return sorted([*kept, *proposed], key=lambda span: span.key)


def _claims(document: Document, reading: Reading) -> list[Claim]:
    """Where the model or an annotator has other spans than the article."""
    others = [reading.spans, *(each.spans for each in document.annotations)]
    return [
        Claim(_spans(finding.gold), _spans(finding.guess))
        for spans in others
        for finding in find_errors(document.spans, spans)
        if finding.kind != "correct"
    ]


def _uneven(document: Document, usage: Usage) -> Iterator[Claim]:
    """Where an article's words are not labelled as they usually are."""
    for start, given, usual in usage.unusual(document):
        yield Claim(given, tuple(Span(start + a, start + b, label) for a, b, label in usual))


def _texts(documents: Sequence[Document], claims: Sequence[Sequence[Claim]]) -> Iterator[str]:
    for document, each in zip(documents, claims, strict=True):
        yield from (document.text[claim.start : claim.end] for claim in each)


def _weigh(
    place: int,
    document: Document,
    reading: Reading,
    claim: Claim,
    tags: TagSet,
    usage: Usage,
    doubted: frozenset[int],
) -> Suspect:
    words = reading.touched(claim.given + claim.proposed)
    return Suspect(
        article=place,
        claim=claim,
        model=_model_says(reading, claim, words, tags),
        elsewhere=usage.elsewhere(document, claim.start, claim.end, claim.given, claim.proposed),
        annotators=_annotators_say(document, claim),
        confident=not doubted.isdisjoint(range(words.start, words.stop)),
    )


def _by_rarity(suspects: Sequence[Suspect]) -> Iterator[Suspect]:
    """The suspects with their rarity, counted over the claims that the witnesses are for."""
    times = Counter(dict.fromkeys(KINDS, SUPPOSED))
    times.update(each.claim.kind for each in suspects if each.score > 0.5)
    usual = log(times.total() / len(times))
    for each in suspects:
        yield replace(each, rarity=usual - log(times[each.claim.kind]))


def _model_says(reading: Reading, claim: Claim, words: slice, tags: TagSet) -> tuple[float, float]:
    scores = reading.log_probs[words]
    if not len(scores):
        return 0.5, 0.5
    rows = np.arange(len(scores))
    weakest = (
        float(np.exp(scores[rows, reading.tags_of(spans, tags)[words]].min()))
        for spans in (claim.proposed, claim.given)
    )
    proposed, given = weakest
    return proposed, given


def _annotators_say(document: Document, claim: Claim) -> tuple[int, int]:
    """How many have the proposal, and how many besides one the labels as given."""
    latest = {each.annotator: each.spans for each in document.annotations}
    shown = [_within(spans, claim.start, claim.end) for spans in latest.values()]
    given = shown.count({span.key for span in claim.given})
    return shown.count({span.key for span in claim.proposed}), max(0, given - 1)


def _within(spans: Iterable[Span], start: int, end: int) -> set[Key]:
    return {span.key for span in spans if span.start < end and start < span.end}


def _spans(keys: Iterable[Key]) -> tuple[Span, ...]:
    return tuple(Span(*key) for key in sorted(keys))


def _odds(counts: tuple[int, int]) -> float:
    return log((counts[0] + 1) / (counts[1] + 1))


def _apart(suspects: Iterable[Suspect]) -> Iterator[Suspect]:
    """Of suspects that touch the same text the likeliest."""
    kept: dict[int, list[Claim]] = defaultdict(list)
    for each in sorted(suspects, key=_order):
        start, end, others = each.claim.start, each.claim.end, kept[each.article]
        if not any(start < other.end and other.start < end for other in others):
            others.append(each.claim)
            yield each


def _order(suspect: Suspect) -> tuple[float, int, int, str]:
    return (-suspect.score, suspect.article, suspect.claim.start, suspect.claim.kind)
