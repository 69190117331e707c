"""What could make a dataset's test score misleading, or its labels wrong."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from warwire.corpus.dataset import Prepared
from warwire.corpus.near_duplicates import cluster_documents
from warwire.corpus.suspicions import suspicious_edges, uneven_surfaces
from warwire.documents import Document
from warwire.spans import Span

RARE = 20
SHOWN = 50
Reach = Callable[[Document], Sequence[Span]]
"""The spans of an article that the chosen tokenizer cannot mark."""


@dataclass(frozen=True, slots=True)
class Place:
    """An article and the split it is in."""

    split: str
    document: Document


def audit(prepared: Prepared, *, reach: Reach | None = None) -> dict[str, Any]:
    """Every check of a dataset as plain data, as written to audit.json.

    `reach` says which spans a tokenizer cannot mark; without it that check is left out. Lengths
    are in characters.
    """
    places = [Place(split, each) for split, part in prepared.splits.items() for each in part]
    found = {
        "splits": {name: _size(part, prepared.labels) for name, part in prepared.splits.items()},
        "leaks": _leaks(places),
        "entity_overlap": _entity_overlap(prepared),
        "unseen_in_test": _unseen(prepared),
        "rare_types": _rare(prepared),
        "suspicious_spans": _limited(suspicious_edges(places)),
        "uneven_surfaces": _limited(uneven_surfaces(places)),
        "lengths": _lengths(places),
    }
    if reach is not None:
        found["unreachable_spans"] = _limited(_unreachable(places, reach))
    return {"findings": _findings(found), **found}


def _size(documents: Sequence[Document], labels: Sequence[str]) -> dict[str, Any]:
    counts = Counter(span.label for document in documents for span in document.spans)
    return {
        "articles": len(documents),
        "characters": sum(len(document.text) for document in documents),
        "spans": {label: counts[label] for label in labels},
    }


def _leaks(places: Sequence[Place]) -> list[dict[str, Any]]:
    """Near-duplicates, or the same id, on both sides of a split."""
    members = cluster_documents(place.document for place in places).members
    leaks = []
    for group in members.values():
        if len({places[each].split for each in group}) > 1:
            held = [(places[each].split, places[each].document.id) for each in group]
            texts = {places[each].document.text for each in group}
            kind = "same text" if len(texts) == 1 else "near-duplicates"
            leaks.append({"kind": kind, "articles": [list(pair) for pair in held]})
    return leaks


def _entity_overlap(prepared: Prepared) -> list[dict[str, Any]]:
    """How many of one split's distinct surfaces (any case) the other has, by type."""
    held = {name: _surfaces(part) for name, part in prepared.splits.items()}
    rows = []
    for one, other in combinations(prepared.splits, 2):
        for label in prepared.labels:
            first, second = held[one].get(label, Counter()), held[other].get(label, Counter())
            shared = len(first.keys() & second.keys())
            rows.append(
                {
                    "splits": [one, other],
                    "label": label,
                    "shared": shared,
                    "share_of_the_second": _share(shared, len(second)),
                }
            )
    return rows


def _unseen(prepared: Prepared) -> dict[str, Any]:
    """Share of the test split's spans whose surface (any case) training does not hold."""
    train = _surfaces(prepared.splits.get("train", ()))
    test = _surfaces(prepared.splits.get("test", ()))
    rows = {}
    for label in prepared.labels:
        known = train.get(label, Counter())
        spans = test.get(label, Counter())
        unseen = sum(count for surface, count in spans.items() if surface not in known)
        total = spans.total()
        rows[label] = {"unseen": unseen, "spans": total, "share": _share(unseen, total)}
    return rows


def _surfaces(documents: Sequence[Document]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for document in documents:
        for span in document.spans:
            surface = " ".join(document.surface(span).casefold().split())
            found.setdefault(span.label, Counter())[surface] += 1
    return found


def _rare(prepared: Prepared) -> list[dict[str, Any]]:
    rows = []
    for name, part in prepared.splits.items():
        counts = Counter(span.label for document in part for span in document.spans)
        rows += [
            {"split": name, "label": label, "spans": counts[label]}
            for label in prepared.labels
            if counts[label] < RARE
        ]
    return rows


def _lengths(places: Sequence[Place]) -> dict[str, Any]:
    articles = [len(place.document.text) for place in places]
    spans: dict[str, list[int]] = {}
    for place in places:
        for span in place.document.spans:
            spans.setdefault(span.label, []).append(span.end - span.start)
    return {
        "articles": _quantiles(articles),
        "spans": {label: _quantiles(sizes) for label, sizes in sorted(spans.items())},
        "without_spans": sum(not place.document.spans for place in places),
    }


def _quantiles(sizes: Sequence[int]) -> dict[str, int]:
    ordered = sorted(sizes) or [0]
    shares = {"least": 0.0, "tenth": 0.1, "median": 0.5, "ninetieth": 0.9, "most": 1.0}
    return {name: ordered[round(share * (len(ordered) - 1))] for name, share in shares.items()}


def _unreachable(places: Sequence[Place], reach: Reach) -> list[dict[str, Any]]:
    return [
        {
            "split": place.split,
            "article": place.document.id,
            "start": span.start,
            "end": span.end,
            "label": span.label,
            "text": place.document.surface(span),
        }
        for place in places
        for span in reach(place.document)
    ]


def _limited(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(rows), "first": rows[:SHOWN]}


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _findings(found: Mapping[str, Any]) -> list[str]:
    """What deserves a look, in a line each; nothing where all is well."""
    lines = [
        f"leak: {leak['kind']} across splits: "
        + ", ".join(f"{identity} in {split}" for split, identity in leak["articles"][:4])
        for leak in found["leaks"]
    ]
    for row in found["rare_types"]:
        lines.append(f"rare: {row['label']} has {row['spans']} spans in {row['split']}")
    for name, what in (
        ("suspicious_spans", "spans with suspicious edges"),
        ("uneven_surfaces", "surfaces marked in some places and not in others"),
        ("unreachable_spans", "spans that the tokenizer cannot mark"),
    ):
        if name in found and found[name]["count"]:
            lines.append(f"{found[name]['count']} {what}")
    return lines
