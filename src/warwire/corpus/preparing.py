"""Documents as they come → a dataset's folder: spooled, clustered, assigned, distributed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from warwire.corpus.agreement import Agreement
from warwire.corpus.arrow_files import Spool
from warwire.corpus.card import dataset_card
from warwire.corpus.dataset import write_beside
from warwire.corpus.ledger import Ledger
from warwire.corpus.near_duplicates import Fingerprints, cluster, own_text
from warwire.corpus.splits import SPLITS, Assignment, Card, assign, card_of
from warwire.documents import Document
from warwire.storage import new_folder

Step = Callable[[Document], Document]


class Source(Protocol):
    """What a dataset is made of: documents one by one, labels, and a ledger complete at the end."""

    labels: tuple[str, ...]
    ledger: Ledger

    def __iter__(self) -> Iterator[Document]: ...


@dataclass(slots=True)
class Gathered:
    """What is kept in memory of each document while the documents themselves are on disk."""

    cards: list[Card] = field(default_factory=list)
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    agreement: Agreement = field(default_factory=Agreement)

    def watch(self, documents: Iterator[Document], step: Step) -> Iterator[Document]:
        """Pass documents on after `step`, noting what splits and agreement need."""
        for each in documents:
            document = step(each)
            self.cards.append(card_of(document))
            self.fingerprints.add(own_text(document))
            self.agreement.add(document)
            yield document


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the recipe, the ledger with agreement, and notes on the splits."""

    recipe: Mapping[str, Any]
    ledger: Mapping[str, Any]
    notes: list[str]


def write_dataset(
    folder: Path,
    source: Source,
    *,
    recipe: Mapping[str, Any],
    spec: str = "auto",
    seed: int = 13,
    step: Step = lambda document: document,
    count: Callable[..., Any],
    check: Callable[[Ledger], None] = lambda ledger: None,
    stage: Callable[[str], None] = lambda what: None,
    furniture_rules: str = "",
) -> Written:
    """Write a dataset's folder from a source, never holding more than a batch of documents.

    `step` may change each document; `count` counts one reading against another for agreement
    (as `evaluation.matching.count_article`); `check` sees the complete ledger before anything is
    put in place and may raise; `stage` hears what is going on. `furniture_rules`, YAML of the
    user's own that `step` applies, is kept for the models trained on the dataset.
    """
    gathered = Gathered()
    with new_folder(folder) as scratch:
        spool = Spool(scratch / "spool", source.labels)
        spool.fill(gathered.watch(iter(source), step))
        check(source.ledger)
        stage("Looking for near-duplicates")
        clusters = cluster(gathered.fingerprints)
        assignment = assign(gathered.cards, clusters, spec=spec, seed=seed)
        stage("Writing the splits")
        sizes, prints = spool.distribute(assignment.names, scratch, SPLITS)
        (scratch / "spool").unlink()
        ledger = _ledger(source, gathered, assignment, count)
        told = {
            **recipe,
            "labels": list(source.labels),
            "near_duplicates": {
                "clusters": len(clusters.members),
                "articles": sum(map(len, clusters.members.values())),
            },
            "sizes": sizes,
            "fingerprints": prints,
        }
        card = dataset_card(gathered.cards, assignment, source.labels, told)
        write_beside(scratch, told, ledger, card, furniture_rules)
    return Written(told, ledger, assignment.notes)


def _ledger(
    source: Source, gathered: Gathered, assignment: Assignment, count: Callable[..., Any]
) -> dict[str, Any]:
    ledger = source.ledger.to_dict()
    ledger["agreement"] = gathered.agreement.to_dict(source.labels, count)
    ledger["splits"] = {"sizes": assignment.sizes, "notes": assignment.notes}
    return ledger
