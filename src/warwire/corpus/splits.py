"""Which articles train, which validate and which test: whole clusters, fixed by seed."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warwire.corpus.near_duplicates import Clusters, cluster_documents
from warwire.corpus.split_files import read_split_file
from warwire.corpus.split_shares import by_date, by_rare_labels, by_source
from warwire.documents import Document
from warwire.errors import InputError

SPLITS = ("train", "validation", "test")
Splits = dict[str, list[Document]]
HOW = (
    "write shares as 70/10/20, date:70/10/20, source:70/10/20 or stratified:70/10/20, a fold as"
    " fold:1/3, 'given' for a split named by each task, or a file of id,split"
)


@dataclass(frozen=True, slots=True)
class Card:
    """What a split needs to know of one article; small, so that all fit in memory."""

    id: str
    date: str | None = None
    source: str | None = None
    given: str | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    characters: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """The split of each article, in order, and what is worth knowing of how it came about."""

    names: list[str]
    notes: list[str]

    @property
    def sizes(self) -> dict[str, int]:
        """The number of articles in each split."""
        return {name: self.names.count(name) for name in SPLITS}


def card_of(document: Document) -> Card:
    """The card of an article."""
    counts: dict[str, int] = {}
    for span in document.spans:
        counts[span.label] = counts.get(span.label, 0) + 1
    given = document.meta.get("split")
    named = given if isinstance(given, str) else None
    size = len(document.text)
    return Card(document.id, document.date, document.source, named, counts, size)


def split_documents(documents: Sequence[Document], *, spec: str = "auto", seed: int = 13) -> Splits:
    """The articles of each split, in their order, by a split specification.

    `given` takes each article's own `split` from its data; `70/10/20` draws train, validation and
    test by a hash of seed and the id of the cluster's first article, so that adding an article
    moves no other; `fold:2/3` tests on the second of three even folds and validates on a tenth of
    the rest; `date:` trains on the past and tests on the future; `source:` keeps each source on one
    side; `stratified:` shares out rare types first; a file names each article's split; `auto` is
    `given` where every article names a split, else `70/10/20`. Near-duplicates stay on one side
    in all but the given ones. Raises InputError.
    """
    cards = [card_of(document) for document in documents]
    names = assign(cards, cluster_documents(documents), spec=spec, seed=seed).names
    splits: Splits = {name: [] for name in SPLITS}
    for document, name in zip(documents, names, strict=True):
        splits[name].append(document)
    return splits


def assign(
    cards: Sequence[Card], clusters: Clusters, *, spec: str = "auto", seed: int = 13
) -> Assignment:
    """The split of each article, by `split_documents`' rules, for given near-duplicate clusters."""
    if spec == "auto":
        spec = "given" if cards and all(card.given in SPLITS for card in cards) else "70/10/20"
    chosen = _rule(spec, seed)(cards, clusters)
    notes = _crossings(cards, clusters, chosen)
    if re.fullmatch(r"\d+/\d+/\d+", spec):
        notes += _ties(cards, clusters, _hashed(_shares(spec, spec), seed))
    result = Assignment(chosen, notes)
    _refuse_empty(result, spec, seed)
    return result


Rule = Callable[[Sequence[Card], Clusters], list[str]]


def _rule(spec: str, seed: int) -> Rule:
    if spec == "given":
        return lambda cards, _: [_given(card) for card in cards]
    if fold := re.fullmatch(r"fold:(\d+)/(\d+)", spec):
        return _fold(int(fold[1]), int(fold[2]), seed)
    kind, _, ratios = spec.rpartition(":")
    if re.fullmatch(r"\d+/\d+/\d+", ratios) and kind in ("", "date", "source", "stratified"):
        shares = _shares(ratios, spec)
        if kind == "date":
            return lambda cards, clusters: by_date(cards, clusters, shares)
        if kind == "source":
            return lambda cards, clusters: by_source(cards, clusters, shares, seed)
        if kind == "stratified":
            return lambda cards, clusters: by_rare_labels(cards, clusters, shares, seed)
        return _by_leader(_hashed(shares, seed))
    if Path(spec).suffix.lower() in (".csv", ".json", ".yaml", ".yml"):
        named = read_split_file(Path(spec), SPLITS)
        return lambda cards, _: [_named(card, named, spec) for card in cards]
    raise InputError(f"split {spec!r} is unknown; {HOW}")


def _given(card: Card) -> str:
    if card.given not in SPLITS:
        raise InputError(
            f"article {card.id}: its data names no split (found {card.given!r});"
            f" every task needs 'split' as one of {', '.join(SPLITS)}"
        )
    return card.given


def _named(card: Card, named: Mapping[str, str], spec: str) -> str:
    if card.id not in named:
        raise InputError(f"{spec}: names no split for article {card.id}; add a line for it")
    return named[card.id]


def _by_leader(place: Callable[[str], str]) -> Rule:
    def rule(cards: Sequence[Card], clusters: Clusters) -> list[str]:
        return [place(cards[leader].id) for leader in clusters.leaders]

    return rule


def _shares(ratios: str, spec: str) -> tuple[float, float, float]:
    train, validation, test = (int(share) for share in ratios.split("/"))
    total = train + validation + test
    if total == 0:
        raise InputError(f"split {spec!r}: the shares add up to nothing; {HOW}")
    return train / total, validation / total, test / total


def _hashed(shares: tuple[float, float, float], seed: int) -> Callable[[str], str]:
    def place(identity: str) -> str:
        drawn = uniform(identity, f"{seed}")
        if drawn < shares[0]:
            return "train"
        return "validation" if drawn < shares[0] + shares[1] else "test"

    return place


def _fold(number: int, folds: int, seed: int) -> Rule:
    """Clusters dealt out in the order of a hash, so that folds differ by one cluster at most."""
    if not 1 <= number <= folds or folds < 2:
        raise InputError(f"fold {number} of {folds} does not exist; {HOW}")

    def rule(cards: Sequence[Card], clusters: Clusters) -> list[str]:
        leaders = [cards[leader].id for leader in clusters.leaders]
        dealt = sorted(set(leaders), key=lambda each: uniform(each, f"{seed} fold"))
        rest = [each for place, each in enumerate(dealt) if place % folds != number - 1]
        validation = set(rest[: max(1, round(len(rest) / 10))])
        names = dict.fromkeys(dealt, "test") | dict.fromkeys(rest, "train")
        names |= dict.fromkeys(validation, "validation")
        return [names[leader] for leader in leaders]

    return rule


def uniform(identity: str, salt: str) -> float:
    """A number in [0, 1) that depends on id and salt alone."""
    digest = hashlib.sha256(f"{salt}\n{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _crossings(cards: Sequence[Card], clusters: Clusters, chosen: Sequence[str]) -> list[str]:
    """What hand-made splits tear apart, with a count first; the other rules keep clusters whole."""
    groups = [
        group
        for group in clusters.members.values()
        if len({chosen[position] for position in group}) > 1
    ]
    if not groups:
        return []
    copied = sum(chosen[position] == "test" for group in groups for position in group)
    tests = chosen.count("test")
    return [
        f"{len(groups)} of the {len(clusters.members)} groups of near-duplicates cross splits as"
        f" assigned by hand: {copied} of {tests} test articles have a copy elsewhere, which"
        " flatters the test score; a split such as 70/10/20 keeps groups together",
        *(_torn(group, cards, chosen) for group in groups),
    ]


def _torn(group: Sequence[int], cards: Sequence[Card], chosen: Sequence[str]) -> str:
    places = ", ".join(f"{cards[each].id} in {chosen[each]}" for each in group[:4])
    return f"near-duplicates cross splits: {places}"


def _ties(cards: Sequence[Card], clusters: Clusters, place: Callable[[str], str]) -> list[str]:
    notes = []
    for position, roots in clusters.ties:
        homes = {place(cards[root].id) for root in roots}
        if len(homes) > 1:
            led = " and ".join(f"{cards[root].id} ({place(cards[root].id)})" for root in roots)
            notes.append(
                f"article {cards[position].id} ties the near-duplicates of {led};"
                f" all are in {place(cards[min(roots)].id)} now"
            )
    return notes


def _refuse_empty(result: Assignment, spec: str, seed: int) -> None:
    sizes = result.sizes
    wanted = dict.fromkeys(SPLITS, True)
    if ratios := re.search(r"(\d+)/(\d+)/(\d+)$", spec):
        wanted = {name: int(share) > 0 for name, share in zip(SPLITS, ratios.groups(), strict=True)}
    empty = [name for name in SPLITS if not sizes[name] and wanted[name]]
    if empty:
        shown = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise InputError(
            f"split {spec!r} with seed {seed} leaves {' and '.join(empty)} empty ({shown});"
            " choose other shares with --split, another --seed, or label more articles"
        )
