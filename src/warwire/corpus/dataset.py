"""Documents ↔ a Hugging Face DatasetDict on disk, with what it remembers of its making."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from warwire.corpus.arrow_files import SplitWriter, write_dict_file
from warwire.corpus.furniture_rules import RULES_FILE, kept_rules
from warwire.corpus.rows import fingerprint_line, from_row
from warwire.documents import Document
from warwire.errors import InputError
from warwire.storage import new_folder

PREPARE_FILE = "prepare.yaml"
LEDGER_FILE = "ledger.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared dataset: its labels in schema order, its splits, and how it was made.

    `furniture_rules` are the user's own that it was prepared with, as YAML.
    """

    labels: tuple[str, ...]
    splits: Mapping[str, Sequence[Document]]
    recipe: Mapping[str, Any]
    furniture_rules: str = ""


def save_dataset(
    folder: Path, prepared: Prepared, *, ledger: Mapping[str, Any], card: str
) -> dict[str, Any]:
    """Write DatasetDict, prepare.yaml, ledger.json and card as one atomic folder.

    Returns the recipe as written, fingerprints included.
    """
    recipe = {**prepared.recipe, "labels": list(prepared.labels)}
    recipe["sizes"] = {name: len(part) for name, part in prepared.splits.items()}
    recipe["fingerprints"] = {name: fingerprint(part) for name, part in prepared.splits.items()}
    with new_folder(folder) as scratch:
        for name, documents in prepared.splits.items():
            with SplitWriter(scratch / name, prepared.labels) as writer:
                writer.add(documents)
                writer.seal(recipe["fingerprints"][name])
        write_dict_file(scratch, list(prepared.splits))
        write_beside(scratch, recipe, ledger, card, prepared.furniture_rules)
    return recipe


def load_dataset(folder: Path) -> Prepared:
    """Read a dataset that `save_dataset` wrote; raises InputError where there is none."""
    recipe = load_recipe(folder)
    from datasets import load_from_disk

    labels = tuple(recipe["labels"])
    stored = load_from_disk(str(folder))
    splits = {name: [from_row(row, labels) for row in part] for name, part in stored.items()}
    return Prepared(labels, splits, recipe, kept_rules(folder))


def load_recipe(folder: Path) -> dict[str, Any]:
    """How a dataset was prepared; raises InputError where there is no dataset."""
    recipe_file = folder / PREPARE_FILE
    if not recipe_file.is_file() or not (folder / "dataset_dict.json").is_file():
        raise InputError(f"{folder}: no prepared dataset; make one with 'warwire prepare EXPORT'")
    return dict(yaml.safe_load(recipe_file.read_text(encoding="utf-8")))


def fingerprint(documents: Iterable[Document]) -> str:
    """Sixteen hex digits that change with any article's id, text or spans, and with their order."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(fingerprint_line(document))
    return digest.hexdigest()[:16]


def write_beside(
    folder: Path,
    recipe: Mapping[str, Any],
    ledger: Mapping[str, Any],
    card: str,
    furniture_rules: str = "",
) -> None:
    """Write what a dataset's folder holds besides its splits."""
    text = yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True)
    (folder / PREPARE_FILE).write_text(text, encoding="utf-8")
    ledger_text = json.dumps(ledger, ensure_ascii=False, indent=1) + "\n"
    (folder / LEDGER_FILE).write_text(ledger_text, encoding="utf-8")
    (folder / "README.md").write_text(card, encoding="utf-8")
    if furniture_rules:
        (folder / RULES_FILE).write_text(furniture_rules, encoding="utf-8")
