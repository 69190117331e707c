"""How the score grows with the number of training articles.

Run as `python benchmarks/learning_curve.py CONFIG DATASET [EXPORT …]` after `warwire prepare`:
trains on 40, 80, 160 and all train articles, drawn in one fixed order, and prints strict micro F1
on the dataset's test articles and on each further export.
"""

import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from warwire import Predictor, load_export, score
from warwire.config import Config, load_config
from warwire.corpus.dataset import load_dataset
from warwire.documents import Document
from warwire.model.training import train

SIZES = (40, 80, 160, None)
SEED = 5


def main(config_file: str, dataset: str, *exports: str) -> None:
    """Print one row a size."""
    config, prepared = load_config(config_file), load_dataset(Path(dataset))
    order = list(prepared.splits["train"])
    random.Random(SEED).shuffle(order)
    sets = {"test": list(prepared.splits["test"])}
    for export in exports:
        loaded = load_export(export, annotators="ground-truth", labels=prepared.labels)
        sets[Path(export).stem] = loaded.documents
    print("articles", "seconds", *sets, sep="\t", flush=True)
    for size in SIZES:
        part = order[:size]
        predictor, seconds = _trained(config, prepared.labels, part, prepared.splits["validation"])
        scores = [f"{_strict_f1(held, predictor):.3f}" for held in sets.values()]
        print(len(part), round(seconds), *scores, sep="\t", flush=True)


def _trained(
    config: Config,
    labels: tuple[str, ...],
    training: Sequence[Document],
    validation: Sequence[Document],
) -> tuple[Predictor, float]:
    with tempfile.TemporaryDirectory() as work:
        trained = train(
            config,
            labels,
            training,
            validation,
            measure=lambda gold, found: score(gold, [each.spans for each in found]).counts().f1,
            work=Path(work) / "work",
        )
    return Predictor(trained.checkpoint), trained.seconds


def _strict_f1(documents: Sequence[Document], predictor: Predictor) -> float:
    found = predictor.predict([document.text for document in documents])
    return score(documents, found).counts().f1


if __name__ == "__main__":
    main(*sys.argv[1:])
