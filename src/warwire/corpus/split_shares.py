"""Splits that share out whole clusters: by date, by source, by rare entity types."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

from warwire.corpus.dates import iso_date
from warwire.corpus.near_duplicates import Clusters
from warwire.errors import InputError

SPLITS = ("train", "validation", "test")
Shares = tuple[float, float, float]


class Known(Protocol):
    """What these splits need to know of an article."""

    @property
    def id(self) -> str: ...
    @property
    def date(self) -> str | None: ...
    @property
    def source(self) -> str | None: ...
    @property
    def labels(self) -> Mapping[str, int]: ...


def by_date(cards: Sequence[Known], clusters: Clusters, shares: Shares) -> list[str]:
    """Train on the past, test on the future: days in order, near-duplicates at their latest day.

    Nothing that trains is dated after the first day that validates or tests: near-duplicates go
    with the latest of them. Raises InputError for an article without a certain date.
    """
    days = [_day(card) for card in cards]
    latest: dict[int, str] = defaultdict(str)
    for leader, day in zip(clusters.leaders, days, strict=True):
        latest[leader] = max(latest[leader], day)
    sizes = Counter(latest[leader] for leader in clusters.leaders)
    homes, passed = {}, 0
    for day in sorted(sizes):
        middle = (passed + sizes[day] / 2) / len(cards)
        homes[day] = _at(middle, shares)
        passed += sizes[day]
    return [homes[latest[leader]] for leader in clusters.leaders]


def by_source(cards: Sequence[Known], clusters: Clusters, shares: Shares, seed: int) -> list[str]:
    """Each source on one side, and with it the sources whose copies of an article it shares."""
    homes = {name: name for name in sorted({card.source or "" for card in cards})}

    def root(name: str) -> str:
        while homes[name] != name:
            name = homes[name]
        return name

    for card, leader in zip(cards, clusters.leaders, strict=True):
        one, other = sorted((root(card.source or ""), root(cards[leader].source or "")))
        homes[other] = one
    keys = [root(card.source or "") for card in cards]
    placed = _fill(Counter(keys), shares, len(cards), seed)
    return [placed[key] for key in keys]


def by_rare_labels(
    cards: Sequence[Known], clusters: Clusters, shares: Shares, seed: int
) -> list[str]:
    """Clusters of the rarest type first, each to the split that lacks most of its share of it.

    Articles without spans come last and fill up the splits.
    Source: Sechidis et al. (2011), iterative stratification.
    """
    held: dict[int, Counter[str]] = defaultdict(Counter)
    for card, leader in zip(cards, clusters.leaders, strict=True):
        held[leader].update(card.labels)
        held[leader]["articles"] += 1
    totals: Counter[str] = sum(held.values(), Counter())
    lacking = {
        split: {label: count * share for label, count in totals.items()}
        for split, share in zip(SPLITS, shares, strict=True)
    }
    placed: dict[int, str] = {}
    for label in sorted(totals, key=lambda name: (name == "articles", totals[name], name)):
        having = [leader for leader in held if leader not in placed and held[leader][label]]
        having.sort(key=lambda each: (-held[each][label], _drawn(cards[each].id, seed)))
        for leader in having:
            placed[leader] = _neediest(lacking, label, shares)
            for name, count in held[leader].items():
                lacking[placed[leader]][name] -= count
    return [placed[leader] for leader in clusters.leaders]


def _neediest(lacking: Mapping[str, Mapping[str, float]], label: str, shares: Shares) -> str:
    """The split that lacks the largest part of its own share; of splits alike, by articles."""
    offered = {split: share for split, share in zip(SPLITS, shares, strict=True) if share > 0}

    def part(split: str, name: str) -> float:
        return round(lacking[split][name] / offered[split], 9)

    return max(offered, key=lambda split: (part(split, label), part(split, "articles")))


def _fill(groups: Counter[str], shares: Shares, total: int, seed: int) -> dict[str, str]:
    """Groups, the largest first, each to the split that lacks most articles."""
    lacking = dict(zip(SPLITS, (share * total for share in shares), strict=True))
    offered = [split for split, share in zip(SPLITS, shares, strict=True) if share > 0]
    placed = {}
    for group in sorted(groups, key=lambda name: (-groups[name], _drawn(name, seed))):
        placed[group] = max(offered, key=lambda split: lacking[split])
        lacking[placed[group]] -= groups[group]
    return placed


def _day(card: Known) -> str:
    day = iso_date(card.date or "")
    if day is None:
        raise InputError(
            f"article {card.id}: date {card.date!r} names no certain day; a split by date needs"
            " one for every article, best as YYYY-MM-DD"
        )
    return day


def _at(place: float, shares: Shares) -> str:
    if place < shares[0]:
        return "train"
    return "validation" if place < shares[0] + shares[1] else "test"


def _drawn(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} order\n{name}".encode()).hexdigest()
