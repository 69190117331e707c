"""An external benchmark: learning rate chosen on dev, several seeds, lenient and strict figures."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from warwire.config import Config, dump_config
from warwire.documents import Document
from warwire.errors import InputError
from warwire.evaluation.slices import known_surfaces, recall_by, standard_slices
from warwire.experiments.conll import (
    Sentence,
    chunk_counts,
    macro_f1,
    read_conll,
    to_article,
    to_tags,
)
from warwire.spans import Span
from warwire.storage import write_text

Parts = dict[str, list[Sentence]]
Watch = Callable[[int, int, str], None]
DEV_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Task:
    """A benchmark's sentences by part, its labels in the order of their names, and notes."""

    name: str
    parts: Parts
    labels: tuple[str, ...]
    notes: Mapping[str, Any]


def load_task(folder: Path) -> Task:
    """`train.txt`, `test.txt` and, where it is there, `dev.txt` of a folder of CoNLL files.

    Without dev, a fixed 15 % of train are taken for it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder of CoNLL files")
    parts = {"train": read_conll(folder / "train.txt"), "test": read_conll(folder / "test.txt")}
    if (folder / "dev.txt").is_file():
        parts["dev"] = read_conll(folder / "dev.txt")
        notes = {"split": "as given"}
    else:
        parts["train"], parts["dev"] = _hold_out(parts["train"])
        notes = {"split": f"as given, {DEV_SHARE:.0%} of train as dev"}
    return Task(folder.name, parts, _labels(parts), notes)


def split_by_document(task: Task, documents: Sequence[Document]) -> Task:
    """The same sentences parted anew, whole documents at a time, in about the same shares.

    A sentence belongs to the document whose text, white space aside, holds it; the few that none
    holds stand for themselves. Raises InputError where less than half are found.
    """
    named = {part: _name_documents(rows, documents) for part, rows in task.parts.items()}
    every = [sentence for rows in named.values() for sentence in rows]
    known = sum(not sentence.document.startswith("alone ") for sentence in every)
    if known * 2 < len(every):
        raise InputError(
            f"only {known} of {len(every)} sentences are found in the given documents;"
            " they belong to another corpus"
        )
    shared = _documents(named["train"]) & _documents(named["test"])
    notes = {
        "split": "by document",
        "documents": len(_documents(every)),
        "sentences_without_document": len(every) - known,
        "given_test_documents_also_in_train": len(shared),
        "given_test_documents": len(_documents(named["test"])),
    }
    return replace(task, name=f"{task.name}-by-document", parts=_part(every, named), notes=notes)


def run_benchmark(
    task: Task,
    config: Config,
    *,
    seeds: int,
    learning_rates: Sequence[float],
    out: Path,
    tell: Callable[[str], None],
    watch: Watch = lambda done, total, line: None,
) -> dict[str, Any]:
    """Train and score; each finished training is kept in `out` and not done again.

    The learning rate is the best of the first seed's by lenient micro F1 on dev; test plays no
    part in it. Returns every run and the figures over the seeds, as written to `results.json`.
    """

    def one(rate: float, seed: int) -> dict[str, Any]:
        settings = _with(config, rate, seed)
        file = out / f"lr{rate:g}-seed{seed}.json"
        return _kept(file, settings, task) or _train_one(task, settings, file, tell, watch)

    first = [one(rate, 1) for rate in learning_rates]
    best = max(first, key=lambda run: run["dev"]["lenient"]["micro_f1"])
    runs = [best, *(one(best["learning_rate"], seed) for seed in range(2, seeds + 1))]
    result = {
        "benchmark": task.name,
        "notes": dict(task.notes),
        "sentences": {part: len(rows) for part, rows in task.parts.items()},
        "labels": list(task.labels),
        "base_model": config.model.base,
        "learning_rates_on_dev": {
            f"{run['learning_rate']:g}": run["dev"]["lenient"]["micro_f1"] for run in first
        },
        "learning_rate": best["learning_rate"],
        "runs": runs,
        "test": {mode: _over_seeds(runs, mode) for mode in ("lenient", "strict")},
    }
    write_text(out / "results.json", json.dumps(result, indent=1) + "\n")
    return result


def _train_one(
    task: Task, config: Config, file: Path, tell: Callable[[str], None], watch: Watch
) -> dict[str, Any]:
    from warwire.model.prediction import Predictor
    from warwire.model.training import train

    section = config.training
    tell(f"{task.name}: learning rate {section.learning_rate:g}, seed {section.seed}")
    articles = {
        part: [to_article(each, f"{part}-{at}") for at, each in enumerate(rows)]
        for part, rows in task.parts.items()
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.stem}.") as work:
        trained = train(
            config,
            task.labels,
            articles["train"],
            articles["dev"],
            measure=_lenient_f1(task.parts["dev"]),
            work=Path(work) / "training",
            watch=watch,
        )
    predictor = Predictor(trained.checkpoint, dtype="fp32")
    run: dict[str, Any] = {
        "learning_rate": section.learning_rate,
        "seed": section.seed,
        "best_epoch": trained.best_epoch,
        "train_seconds": round(trained.seconds, 1),
        "made_of": _digest(config, task),
    }
    for part in ("dev", "test"):
        found = predictor.predict([article.text for article in articles[part]])
        run[part] = _figures(task.parts[part], found)
        if part == "test":
            run["test_recall"] = _recall_by_surface(articles, found)
    write_text(file, json.dumps(run, indent=1) + "\n")
    return run


def _recall_by_surface(
    articles: Mapping[str, Sequence[Document]], found: Sequence[Sequence[Span]]
) -> dict[str, dict[str, Any]]:
    """Recall of the test spans that train holds with the same label, and of the others."""
    slices = standard_slices(known=known_surfaces(articles["train"]))
    groups = recall_by(articles["test"], found, {"surface": slices["surface"]})["surface"]
    return {name: {key: row[key] for key in ("recall", "support")} for name, row in groups.items()}


def _lenient_f1(sentences: Sequence[Sentence]) -> Callable[[Any, Sequence[Document]], float]:
    def measure(_: Any, marked: Sequence[Document]) -> float:
        figures = _figures(sentences, [document.spans for document in marked])
        return float(figures["lenient"]["micro_f1"])

    return measure


def _figures(sentences: Sequence[Sentence], found: Sequence[Sequence[Any]]) -> dict[str, Any]:
    gold = [sentence.tags for sentence in sentences]
    guess = [to_tags(each.tokens, spans) for each, spans in zip(sentences, found, strict=True)]
    figures = {}
    for mode in ("lenient", "strict"):
        counts = chunk_counts(gold, guess, strict=mode == "strict")
        figures[mode] = {
            "micro_f1": round(counts["all"].f1, 4),
            "precision": round(counts["all"].precision, 4),
            "recall": round(counts["all"].recall, 4),
            "macro_f1": round(macro_f1(counts), 4),
            "by_type": {
                label: round(each.f1, 4) for label, each in counts.items() if label != "all"
            },
        }
    return figures


def _over_seeds(runs: Sequence[Mapping[str, Any]], mode: str) -> dict[str, float | None]:
    micro = [run["test"][mode]["micro_f1"] for run in runs]
    macro = [run["test"][mode]["macro_f1"] for run in runs]
    return {
        "micro_f1": round(fmean(micro), 4),
        "micro_f1_sd": round(stdev(micro), 4) if len(runs) > 1 else None,
        "macro_f1": round(fmean(macro), 4),
        "macro_f1_sd": round(stdev(macro), 4) if len(runs) > 1 else None,
    }


def _with(config: Config, rate: float, seed: int) -> Config:
    training = config.training.model_copy(update={"learning_rate": rate, "seed": seed})
    return config.model_copy(update={"training": training})


def _kept(file: Path, config: Config, task: Task) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    run = json.loads(file.read_text(encoding="utf-8"))
    whole = "test_recall" in run and run.get("made_of") == _digest(config, task)
    return dict(run) if whole else None


def _digest(config: Config, task: Task) -> str:
    rows = {part: [(each.tokens, each.tags) for each in rows] for part, rows in task.parts.items()}
    content = dump_config(config) + json.dumps(rows, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _labels(parts: Parts) -> tuple[str, ...]:
    tags = {tag for rows in parts.values() for sentence in rows for tag in sentence.tags}
    return tuple(sorted({tag[2:] for tag in tags if tag != "O"}))


def _hold_out(rows: Sequence[Sentence]) -> tuple[list[Sentence], list[Sentence]]:
    dev = {at for at, each in enumerate(rows) if _uniform(" ".join(each.tokens)) < DEV_SHARE}
    return (
        [each for at, each in enumerate(rows) if at not in dev],
        [each for at, each in enumerate(rows) if at in dev],
    )


def _name_documents(sentences: Sequence[Sentence], documents: Sequence[Document]) -> list[Sentence]:
    bare = {
        f"{number} {document.id}": "".join(document.text.split())
        for number, document in enumerate(documents)
    }
    named = []
    for sentence in sentences:
        wanted = "".join(sentence.tokens)
        holder = next((name for name, text in bare.items() if wanted in text), None)
        named.append(replace(sentence, document=holder or f"alone {wanted[:80]}"))
    return named


def _part(every: Iterable[Sentence], given: Parts) -> Parts:
    whole = sum(len(rows) for rows in given.values())
    test, dev = len(given["test"]) / whole, len(given["dev"]) / whole
    parts: Parts = {"train": [], "dev": [], "test": []}
    for sentence in every:
        place = _uniform(sentence.document)
        parts["test" if place < test else "dev" if place < test + dev else "train"].append(sentence)
    return parts


def _documents(sentences: Iterable[Sentence]) -> set[str]:
    return {each.document for each in sentences if not each.document.startswith("alone ")}


def _uniform(identity: str) -> float:
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8], "big") / 2**64
