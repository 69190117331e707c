"""Export files → tasks, or one line that says why a file is no readable export."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warwire.corpus.label_studio.files import RE_EXPORT, Member, members, text_pieces
from warwire.corpus.label_studio.tasks import Task, is_min_row, parse_task, rows_to_entries
from warwire.corpus.label_studio.values import json_values
from warwire.errors import InputError

MIN_WARNING = (
    "a JSON_MIN export: region ids, relations, ground truth, skips and each task's own 'id' are"
    " lost in it, and a skipped task looks like one without spans; export as JSON to keep them"
)


def read_tasks(path: Path) -> Iterator[Task]:
    """The tasks of one export in file order: JSON, JSON Lines or JSON_MIN, plain, gzip or zip.

    Only one task at a time is held. Raises InputError for a missing file, broken JSON (with line
    and column), Label Studio's other export formats and shapes that hold no tasks.
    """
    for member in members(Path(path)):
        for number, entry in enumerate(rows_to_entries(_entries(member)), start=1):
            yield parse_task(entry, number)


def is_json_min(path: Path) -> bool:
    """Whether the first entry of an export is a JSON_MIN row."""
    for member in members(Path(path)):
        for entry in _entries(member):
            return is_min_row(entry)
    return False


def _entries(member: Member) -> Iterator[Any]:
    pieces = text_pieces(member)
    first = _first_text(pieces)
    _refuse_other_formats(first, member.where)
    empty = True
    for number, entry in enumerate(json_values(itertools.chain([first], pieces), member.where), 1):
        _check_entry(entry, number, member.where)
        empty = False
        yield entry
    if empty:
        raise InputError(f"{member.where}: the export holds no tasks")


def _first_text(pieces: Iterator[str]) -> str:
    first = ""
    for piece in pieces:
        first += piece
        if first.strip():
            break
    return first


def _refuse_other_formats(text: str, where: str) -> None:
    start = text.lstrip()
    if not start:
        raise InputError(f"{where}: the file is empty; {RE_EXPORT}")
    if start.startswith(("[", "{")):
        return
    head = start.split("\n", 1)[0]
    if start.startswith("-DOCSTART-") or " -X- " in head:
        raise InputError(
            f"{where}: this is a CoNLL file; Label Studio's CONLL2003 loses task ids and cuts"
            f" overlaps, so {RE_EXPORT}, or read a corpus from elsewhere with --format conll"
        )
    if "," in head or "\t" in head:
        kind = "TSV" if "\t" in head else "CSV"
        raise InputError(f"{where}: this is a {kind} file, in which task ids are lost; {RE_EXPORT}")
    raise InputError(f"{where}: not JSON: it begins with {head[:30]!r}; {RE_EXPORT}")


def _check_entry(entry: Any, number: int, where: str) -> None:
    if not isinstance(entry, dict):
        kind = type(entry).__name__
        raise InputError(f"{where}: entry {number} is a {kind}, not a task; {RE_EXPORT}")
    if number == 1 and not is_min_row(entry) and not entry.keys() & {"annotations", "completions"}:
        keys = ", ".join(sorted(entry)[:6]) or "none"
        raise InputError(
            f"{where}: entry {number} has no 'annotations' (keys found: {keys}); {RE_EXPORT}"
        )
