"""Documents ↔ a Hugging Face DatasetDict on disk, with what it remembers of its making."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from warwire.documents import Annotation, Document, Origin, Relation
from warwire.errors import InputError
from warwire.spans import Span
from warwire.storage import new_folder

PREPARE_FILE = "prepare.yaml"
LEDGER_FILE = "ledger.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared dataset: its labels in schema order, its splits, and how it was made."""

    labels: tuple[str, ...]
    splits: Mapping[str, Sequence[Document]]
    recipe: Mapping[str, Any]


def save_dataset(
    folder: Path, prepared: Prepared, *, ledger: Mapping[str, Any], card: str
) -> dict[str, Any]:
    """Write DatasetDict, prepare.yaml, ledger.json and card as one atomic folder.

    Returns the recipe as written, fingerprints included.
    """
    from datasets import Dataset, DatasetDict, disable_progress_bars

    disable_progress_bars()
    features = _features(prepared.labels)
    recipe = {**prepared.recipe, "labels": list(prepared.labels)}
    recipe["sizes"] = {name: len(part) for name, part in prepared.splits.items()}
    recipe["fingerprints"] = {name: fingerprint(part) for name, part in prepared.splits.items()}
    with new_folder(folder) as scratch:
        parts = {}
        for name, documents in prepared.splits.items():
            rows = [_to_row(document) for document in documents]
            part = Dataset.from_list(rows, features=features)
            part._fingerprint = recipe["fingerprints"][name]
            parts[name] = part
        DatasetDict(parts).save_to_disk(str(scratch))
        _write_beside(scratch, recipe, ledger, card)
    return recipe


def load_dataset(folder: Path) -> Prepared:
    """Read a dataset that `save_dataset` wrote; raises InputError where there is none."""
    recipe_file = folder / PREPARE_FILE
    if not recipe_file.is_file() or not (folder / "dataset_dict.json").is_file():
        raise InputError(f"{folder}: no prepared dataset; make one with 'warwire prepare EXPORT'")
    from datasets import load_from_disk

    recipe = yaml.safe_load(recipe_file.read_text(encoding="utf-8"))
    labels = tuple(recipe["labels"])
    stored = load_from_disk(str(folder))
    splits = {name: [_from_row(row, labels) for row in part] for name, part in stored.items()}
    return Prepared(labels, splits, recipe)


def fingerprint(documents: Iterable[Document]) -> str:
    """Sixteen hex digits that change with any article's id, text or spans, and with their order."""
    digest = hashlib.sha256()
    for document in documents:
        spans = [span.key for span in document.spans]
        digest.update(json.dumps([document.id, document.text, spans]).encode())
    return digest.hexdigest()[:16]


def _write_beside(
    folder: Path, recipe: Mapping[str, Any], ledger: Mapping[str, Any], card: str
) -> None:
    text = yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True)
    (folder / PREPARE_FILE).write_text(text, encoding="utf-8")
    ledger_text = json.dumps(ledger, ensure_ascii=False, indent=1) + "\n"
    (folder / LEDGER_FILE).write_text(ledger_text, encoding="utf-8")
    (folder / "README.md").write_text(card, encoding="utf-8")


def _features(labels: Sequence[str]) -> Any:
    from datasets import ClassLabel, Features, List, Value

    text, number = Value("string"), Value("int64")
    span = {"start": number, "end": number, "label": ClassLabel(names=list(labels))}
    named = {"start": number, "end": number, "label": text}
    return Features(
        {
            "id": text,
            "text": text,
            "date": text,
            "source": text,
            "spans": List(span),
            "origins": List({"task": text, "annotation": text, "region": text}),
            "annotations": List(
                {"annotator": text, "ground_truth": Value("bool"), "spans": List(named)}
            ),
            "furniture": List(named),
            "controls": List({"control": text, "spans": List(named)}),
            "relations": List({"from": text, "to": text, "direction": text, "labels": List(text)}),
            "meta": text,
        }
    )


def _to_row(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "text": document.text,
        "date": document.date,
        "source": document.source,
        "spans": _to_plain(document.spans),
        "origins": [
            {"task": each.task, "annotation": each.annotation, "region": each.region}
            for each in document.origins
        ],
        "annotations": [
            {
                "annotator": each.annotator,
                "ground_truth": each.ground_truth,
                "spans": _to_plain(each.spans),
            }
            for each in document.annotations
        ],
        "furniture": _to_plain(document.furniture),
        "controls": [
            {"control": name, "spans": _to_plain(spans)}
            for name, spans in sorted(document.controls.items())
        ],
        "relations": [
            {
                "from": each.from_region,
                "to": each.to_region,
                "direction": each.direction,
                "labels": list(each.labels),
            }
            for each in document.relations
        ],
        "meta": json.dumps(dict(document.meta), ensure_ascii=False, sort_keys=True, default=str),
    }


def _from_row(row: Mapping[str, Any], labels: Sequence[str]) -> Document:
    spans = [Span(each["start"], each["end"], labels[each["label"]]) for each in row["spans"]]
    return Document(
        id=row["id"],
        text=row["text"],
        spans=tuple(spans),
        date=row["date"],
        source=row["source"],
        meta=json.loads(row["meta"]),
        annotations=tuple(
            Annotation(each["annotator"], _from_plain(each["spans"]), each["ground_truth"])
            for each in row["annotations"]
        ),
        furniture=_from_plain(row["furniture"]),
        controls={each["control"]: _from_plain(each["spans"]) for each in row["controls"]},
        origins=tuple(Origin(**each) for each in row["origins"]),
        relations=tuple(
            Relation(each["from"], each["to"], each["direction"], tuple(each["labels"]))
            for each in row["relations"]
        ),
    )


def _to_plain(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start, "end": span.end, "label": span.label} for span in spans]


def _from_plain(rows: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(row["start"], row["end"], row["label"]) for row in rows)
