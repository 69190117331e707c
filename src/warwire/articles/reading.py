"""Articles from files, folders and standard input, one at a time."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from warwire.documents import Document
from warwire.errors import InputError

KNOWN = ("id", "text", "date", "source")
PLAIN = (".txt", ".text", ".md")


def read_articles(paths: Sequence[Path], *, stdin: TextIO | None = None) -> Iterator[Document]:
    """The articles of files and folders in order; of standard input where no path is given.

    `.jsonl`, `.csv` and `.parquet` hold one article a row, with `text` and perhaps `id`, `date`,
    `source`; other keys pass through as meta. A plain text file is one article named after it. A
    line of standard input is an article: a JSON object, or its text.
    Raises InputError for a path that is no article before any is read, and for such a row.
    """
    if not paths:
        yield from _read_lines(stdin or sys.stdin, "standard input", bare=True)
    files = [(_reader(file), file) for path in paths for file in _files(path)]
    for reader, file in files:
        yield from reader(file)


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _READERS)
        if not found:
            raise InputError(f"{path}: the folder holds none of {', '.join(_READERS)}")
        return found
    if not path.is_file():
        raise InputError(f"{path}: no such article file or folder")
    return [path]


def _reader(file: Path) -> Callable[[Path], Iterator[Document]]:
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise InputError(f"{file}: unknown kind of file; known are {', '.join(_READERS)}")
    return reader


def _read_plain(file: Path) -> Iterator[Document]:
    try:
        yield Document(id=file.stem, text=file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text (byte {error.start})") from error


def _read_jsonl(file: Path) -> Iterator[Document]:
    with file.open(encoding="utf-8-sig", newline="\n") as lines:
        yield from _read_lines(lines, str(file), bare=False)


def _read_lines(lines: Iterable[str], where: str, *, bare: bool) -> Iterator[Document]:
    try:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if bare and not line.lstrip().startswith("{"):
                yield Document(id=f"{number}", text=line.rstrip("\n"))
            else:
                yield _article(_parse(line, f"{where}, line {number}"), where, number)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text (byte {error.start})") from error


def _parse(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON: {error.msg} at column {error.colno}") from error


def _read_csv(file: Path) -> Iterator[Document]:
    csv.field_size_limit(2**31 - 1)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        try:
            for number, row in enumerate(rows, start=2):
                yield _article(row, str(file), number)
        except UnicodeDecodeError as error:
            raise InputError(f"{file}: not UTF-8 text (byte {error.start})") from error
        except csv.Error as error:
            raise InputError(f"{file}, line {rows.line_num}: not CSV: {error}") from error


def _read_parquet(file: Path) -> Iterator[Document]:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        table = ParquetFile(file)
    except ArrowInvalid as error:
        raise InputError(f"{file}: not readable as Parquet") from error
    number = 0
    for batch in table.iter_batches(batch_size=256):
        for row in batch.to_pylist():
            number += 1
            yield _article(row, str(file), number)


def _article(row: Any, where: str, number: int) -> Document:
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str):
        keys = ", ".join(map(str, row)) if isinstance(row, Mapping) else type(row).__name__
        raise InputError(f"{where}, line {number}: no 'text' (found: {keys})")
    return Document(
        id=str(row.get("id") or number),
        text=row["text"],
        date=_text_or_none(row.get("date")),
        source=_text_or_none(row.get("source")),
        meta={key: value for key, value in row.items() if key not in KNOWN},
    )


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


_READERS: dict[str, Callable[[Path], Iterator[Document]]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    **dict.fromkeys(PLAIN, _read_plain),
}
