"""Readings of every article by a model that never saw it: k-fold cross-validation, resumable."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from warwire.config import Config
from warwire.corpus.near_duplicates import cluster_documents
from warwire.corpus.splits import uniform
from warwire.documents import Document
from warwire.errors import InputError
from warwire.experiments.fitting import Watch, fit
from warwire.spans import Span
from warwire.storage import new_folder
from warwire.tagging.encoding import Tokens
from warwire.tagging.reading import Reading

READINGS_FILE = "readings.npz"
SPANS_FILE = "spans.json"
Tell = Callable[[str], None]


def assign_folds(documents: Sequence[Document], folds: int, *, seed: int) -> list[int]:
    """A fold for each article, near-duplicates in one; folds differ by an article or a cluster.

    Raises InputError where there are fewer clusters than folds.
    """
    if folds < 2:
        raise InputError(f"--folds {folds}: at least two are needed")
    leaders = cluster_documents(documents).leaders
    distinct = sorted(set(leaders), key=lambda each: uniform(documents[each].id, f"{seed}"))
    if len(distinct) < folds:
        raise InputError(f"--folds {folds}: there are only {len(distinct)} articles of their own")
    place = {leader: at % folds for at, leader in enumerate(distinct)}
    return [place[leader] for leader in leaders]


def read_by_folds(
    config: Config,
    labels: tuple[str, ...],
    documents: Sequence[Document],
    *,
    folds: int,
    seed: int,
    cache: Path,
    tell: Tell = lambda line: None,
    watch: Watch = lambda done, total, line: None,
) -> list[Reading]:
    """Each article's reading by a model trained on the other folds, in the order of the articles.

    A finished fold is kept under `cache` and not trained again while config, articles and labels
    are the same.
    """
    every = assign_folds(documents, folds, seed=seed)
    found: dict[int, Reading] = {}
    for fold in range(folds):
        held = [place for place, each in enumerate(every) if each == fold]
        seen = [document for document, each in zip(documents, every, strict=True) if each != fold]
        texts = [documents[place].text for place in held]
        folder = cache / _key(config, labels, seen, texts)
        tell(f"Fold {fold + 1} of {folds}{' is read already' if folder.is_dir() else ''}")
        if not folder.is_dir():
            work = folder.with_name(f".{folder.name}.training")
            predictor = fit(config, labels, seen, work=work, watch=watch)
            _save(folder, list(predictor.read(texts)))
            shutil.rmtree(work, ignore_errors=True)
        found |= dict(zip(held, _load(folder), strict=True))
    return [found[place] for place in range(len(documents))]


def _key(
    config: Config, labels: Sequence[str], seen: Sequence[Document], texts: Sequence[str]
) -> str:
    training = [(each.id, each.text, [span.key for span in each.spans]) for each in seen]
    settings = config.model_dump(exclude={"name", "data"})
    line = json.dumps([settings, list(labels), training, list(texts)])
    return hashlib.sha256(line.encode()).hexdigest()[:16]


def _save(folder: Path, readings: Sequence[Reading]) -> None:
    """Arrays of all words of all articles end to end, and where each article's words end."""
    parts: dict[str, list[Any]] = {
        "ids": [each.words.ids for each in readings],
        "starts": [each.words.starts for each in readings],
        "ends": [each.words.ends for each in readings],
        "log_probs": [each.log_probs for each in readings],
    }
    arrays: dict[str, Any] = {name: np.concatenate(each) for name, each in parts.items()}
    arrays["edges"] = np.cumsum([len(each.words) for each in readings])
    spans = [[(*span.key, span.score) for span in each.spans] for each in readings]
    with new_folder(folder) as scratch:
        np.savez_compressed(scratch / READINGS_FILE, **arrays)
        (scratch / SPANS_FILE).write_text(json.dumps(spans), encoding="utf-8")


def _load(folder: Path) -> list[Reading]:
    rows = json.loads((folder / SPANS_FILE).read_text(encoding="utf-8"))
    with np.load(folder / READINGS_FILE, allow_pickle=False) as stored:
        names = ("ids", "starts", "ends", "log_probs")
        every = [np.split(stored[name], stored["edges"][:-1]) for name in names]
    return [
        Reading(tuple(Span(*span) for span in spans), Tokens(ids, starts, ends), log_probs)
        for spans, ids, starts, ends, log_probs in zip(rows, *every, strict=True)
    ]
