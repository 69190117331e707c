"""Hand-made splits from a file: CSV of id,split, or JSON and YAML by id or by split."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from warwire.errors import InputError


def read_split_file(path: Path, names: Sequence[str]) -> dict[str, str]:
    """The split of each article id; raises InputError that names file and line or id."""
    if not path.is_file():
        raise InputError(f"{path}: no such split file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from error
    found = (
        _from_csv(text, path) if path.suffix.lower() == ".csv" else _from_data(text, path, names)
    )
    for identity, split in found.items():
        if split not in names:
            known = ", ".join(names)
            raise InputError(f"{path}: article {identity} is in {split!r}; splits are {known}")
    return found


def _from_csv(text: str, path: Path) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not rows.fieldnames or not {"id", "split"} <= set(rows.fieldnames):
        raise InputError(f"{path}: needs the columns id and split")
    found: dict[str, str] = {}
    for row in rows:
        identity, split = row["id"], row["split"]
        if not identity or not split:
            raise InputError(f"{path}: line {rows.line_num} lacks id or split")
        _add(found, identity, split.strip(), path)
    return found


def _from_data(text: str, path: Path, names: Sequence[str]) -> dict[str, str]:
    try:
        content = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: not readable as {path.suffix[1:].upper()}") from error
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: expected 'id: split' or 'split: [ids]'")
    found: dict[str, str] = {}
    for key, value in content.items():
        ids: Sequence[Any] = value if isinstance(value, list) and key in names else [key]
        split = str(key) if isinstance(value, list) else str(value)
        for identity in ids:
            _add(found, str(identity), split, path)
    return found


def _add(found: dict[str, str], identity: str, split: str, path: Path) -> None:
    if found.setdefault(identity, split) != split:
        raise InputError(f"{path}: article {identity} is in both {found[identity]} and {split}")
