"""A small world on disk: an export, its dataset, a config, and a run made by the commands."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.toys import ARTICLES, marked
from warwire.documents import Document

HELD_OUT = {
    "validation": (
        "[A:Ukraine] [M:shelled] a depot near Kherson after [A:Russian forces] [M:struck].",
        "The [A:army] pledged nothing on Friday, and [A:Germany] sent [G:200 tanks] to the port.",
    ),
    "test": (
        "[A:Rebels] [M:bombed] the port; nobody was hurt. [A:Poland] pledged [G:$5 million].",
        "The weather was mild, and [A:Kyiv] [M:struck] back on Friday after the [A:army].",
    ),
}
TOY_TRAINING = {"epochs": 14, "learning_rate": 0.01, "precision": "fp32", "device": "cpu"}


def to_task(document: Document, number: int, *, split: str | None = None) -> dict[str, Any]:
    """An article as Label Studio exports it, with one annotation."""
    result = [
        {
            "id": f"r{place}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {
                "start": span.start,
                "end": span.end,
                "text": document.surface(span),
                "labels": [span.label],
            },
        }
        for place, span in enumerate(document.spans)
    ]
    data = {"id": document.id, "text": document.text} | ({"split": split} if split else {})
    annotation = {"id": number, "completed_by": 1, "was_cancelled": False, "result": result}
    return {"id": number, "data": data, "annotations": [annotation]}


def build_export(file: Path) -> Path:
    """Eight toy tasks that name their splits: four to train, two and two held out."""
    articles = [("train", article) for article in ARTICLES]
    for split, bodies in HELD_OUT.items():
        articles += [(split, marked(f"{split}-{place}", body)) for place, body in enumerate(bodies)]
    tasks = [to_task(each, at, split=split) for at, (split, each) in enumerate(articles, start=1)]
    file.write_text(json.dumps(tasks), encoding="utf-8")
    return file


def write_config(file: Path, base: Path, data: Path, **training: Any) -> Path:
    """A config of toy size; `training` overrides its training section."""
    content = {
        "name": file.stem,
        "data": str(data),
        "model": {"base": str(base)},
        "windows": {"size": 24, "overlap": 8},
        "training": TOY_TRAINING | training,
    }
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def build_world(folder: Path, base: Path) -> Path:
    """`export.json`, `data/`, `toy.yaml` and the scored run `models/toy` in a folder."""
    export = build_export(folder / "export.json")
    config = write_config(folder / "toy.yaml", base, folder / "data")
    models = folder / "models"
    done(["prepare", str(export), "--out", str(folder / "data")])
    done(["train", str(config), "--models", str(models)])
    done(["score", str(models / "toy")])
    return folder


def done(arguments: list[str]) -> None:
    """Run a command in this process and expect it to succeed."""
    from warwire.cli.app import _exit_code

    code = _exit_code(arguments)
    assert code == 0, f"warwire {' '.join(arguments)} ended with {code}"


def tree_hash(folder: Path) -> str:
    """Changes with the name, kind or bytes of anything under a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.relative_to(folder)} {path.is_dir()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def keys(documents: Iterable[Document]) -> list[list[tuple[int, int, str]]]:
    """The spans of each article without their scores."""
    return [[span.key for span in document.spans] for document in documents]
