"""How many spoiled labels stand among the top suspects, and the top suspects of the labels as is.

Run as `python benchmarks/suspects_found.py CONFIG DATASET [section.key=value …]` after `warwire
prepare`. Spoils 3 % of the labels of all articles (a third each dropped, of another type, an edge
moved by a word), trains five models in cross-validation, and counts the spoiled labels that the top
suspects touch, as many suspects as labels were spoiled. Then the same without spoiling: the top 50
suspects as text. A label counts as found where one of these suspects touches it, and as mended
where the suspect proposes exactly what stood there. Finished folds stay in --cache.
"""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from warwire.config import Config, load_config
from warwire.corpus.dataset import load_dataset
from warwire.documents import Document
from warwire.experiments.corruption import KINDS, Corruption, corrupt
from warwire.experiments.folds import read_by_folds
from warwire.experiments.suspects import Suspect, find_suspects

CONTEXT = 60


def main() -> None:
    """Print both parts, and how long the folds took."""
    given = _arguments()
    config, prepared = load_config(given.config, given.overrides), load_dataset(given.dataset)
    documents = [each for part in prepared.splits.values() for each in part]
    started = time.process_time()
    if given.share:
        spoiled, done = corrupt(documents, prepared.labels, share=given.share, seed=given.seed)
        found = _suspects(config, prepared.labels, spoiled, given)
        report_found(done, found)
    if given.top:
        report_top(documents, _suspects(config, prepared.labels, documents, given), given.top)
    print(f"\nprocessor minutes of this call: {(time.process_time() - started) / 60:.1f}")


def report_found(done: Sequence[Corruption], found: Sequence[Suspect]) -> dict[str, float]:
    """Print and give back the share of the spoiled labels that the top suspects touch, by kind."""
    top = found[: len(done)]
    print(f"{len(done)} labels spoiled; {len(found)} suspects, of which the top {len(top)} count")
    print("kind", "spoiled", "found", "share", "mended", sep="\t")
    shares = {}
    for kind in ("all", *KINDS):
        own = [each for each in done if kind in ("all", each.kind)]
        hits = [each for each in own if any(_touches(one, each) for one in top)]
        mended = [each for each in own if any(_mends(one, each) for one in top)]
        shares[kind] = len(hits) / max(1, len(own))
        print(kind, len(own), len(hits), f"{shares[kind]:.1%}", len(mended), sep="\t")
    return shares


def report_top(documents: Sequence[Document], found: Sequence[Suspect], most: int) -> None:
    """Print the top suspects to read: as labelled, as proposed, and why."""
    sure = sum(each.confident for each in found)
    print(f"\n{len(found)} suspects in the labels as they are ({sure} by confident learning too)")
    for place, each in enumerate(found[:most], start=1):
        document, claim = documents[each.article], each.claim
        around = document.text[max(0, claim.start - CONTEXT) : claim.end + CONTEXT]
        print(f"\n{place}. {claim.kind} {each.score:.3f}, {document.id} at {claim.start}")
        print(f"   … {' '.join(around.split())} …")
        for name, spans in (("labelled", claim.given), ("proposed", claim.proposed)):
            shown = "; ".join(f"{document.surface(span)} ({span.label})" for span in spans)
            print(f"   {name}: {shown or 'nothing'}")
        witnesses = (each.model, each.elsewhere, each.annotators)
        model, elsewhere, annotators = (f"{one:.3g}:{two:.3g}" for one, two in witnesses)
        print(f"   model {model}, elsewhere {elsewhere}, annotators {annotators}")


def _suspects(
    config: Config,
    labels: tuple[str, ...],
    documents: Sequence[Document],
    given: argparse.Namespace,
) -> list[Suspect]:
    readings = read_by_folds(
        config,
        labels,
        documents,
        folds=given.folds,
        seed=given.seed,
        cache=given.cache,
        tell=lambda line: print(time.strftime("%H:%M:%S"), line, flush=True),
    )
    return find_suspects(documents, readings, labels)


def _touches(suspect: Suspect, spoiled: Corruption) -> bool:
    start, end = spoiled.stretch
    same = suspect.article == spoiled.article
    return same and suspect.claim.start < end and start < suspect.claim.end


def _mends(suspect: Suspect, spoiled: Corruption) -> bool:
    before = spoiled.before.key
    proposed = [span.key for span in suspect.claim.proposed]
    return suspect.article == spoiled.article and before in proposed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("overrides", nargs="*", help="section.key=value, as in train")
    parser.add_argument("--share", type=float, default=0.03, help="of labels spoiled; 0: skip this")
    parser.add_argument("--top", type=int, default=50, help="suspects to print; 0: skip this")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--cache", type=Path, default=Path("models/.suspects"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
