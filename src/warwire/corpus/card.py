"""A prepared dataset's card, from counts alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from warwire.corpus.splits import SPLITS, Assignment, Card

HEADER = """---
task_categories: [token-classification]
tags: [warwire, named-entity-recognition]
---
# Prepared dataset

Articles with labelled character spans, prepared by Warwire; `prepare.yaml` holds the
recipe and `ledger.json` the outcome of every task and span that was read. Offsets are
characters of `text`, end exclusive.
"""


def dataset_card(
    cards: Sequence[Card], assignment: Assignment, labels: Sequence[str], recipe: Mapping[str, Any]
) -> str:
    """Counts by split and type, and how the dataset was prepared."""
    lines = [
        HEADER,
        f"| split | articles | characters | {' | '.join(labels)} |",
        f"|---|{'---:|' * (2 + len(labels))}",
    ]
    articles: Counter[str] = Counter(assignment.names)
    characters: Counter[str] = Counter()
    spans: Counter[tuple[str, str]] = Counter()
    for card, split in zip(cards, assignment.names, strict=True):
        characters[split] += card.characters
        for label, count in card.labels.items():
            spans[split, label] += count
    for split in SPLITS:
        held = " | ".join(f"{spans[split, label]:,}" for label in labels)
        lines.append(f"| {split} | {articles[split]:,} | {characters[split]:,} | {held} |")
    lines += ["", "Prepared with:", ""]
    lines += [f"- {name}: {value}" for name, value in recipe.items()]
    return "\n".join([*lines, ""])
