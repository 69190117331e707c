"""Articles from files, folders and standard input, one at a time."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from warwire.documents import Document
from warwire.errors import InputError

KNOWN = ("id", "text", "date", "source")
PLAIN = (".txt", ".text", ".md")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """In an article's place: the id that its record gets, and what is wrong where."""

    id: str
    problem: str


Row = Document | Unreadable


def read_articles(paths: Sequence[Path], *, stdin: TextIO | None = None) -> Iterator[Document]:
    """The articles of files and folders in order; of standard input where no path is given.

    As `read_rows`, but raises InputError at the first row that is no article.
    """
    for row in read_rows(paths, stdin=stdin):
        if isinstance(row, Unreadable):
            raise InputError(row.problem)
        yield row


def read_rows(paths: Sequence[Path], *, stdin: TextIO | None = None) -> Iterator[Row]:
    """The articles of files and folders in order; of standard input where no path is given.

    `.jsonl`, `.csv` and `.parquet` hold one article a row, with `text` and perhaps `id`, `date`,
    `source`; other keys pass through as meta. A plain text file is one article named after it. A
    line of standard input is an article: a JSON object, or its text. A row or file that is no
    article comes as `Unreadable` in its place, and reading goes on. Raises InputError for a path
    that holds no articles before any is read.
    """
    if not paths:
        given = stdin or sys.stdin
        yield from _read_lines(getattr(given, "buffer", given), "standard input", bare=True)
    for file in article_files(paths):
        yield from _READERS[file.suffix.lower()](file)


def article_files(paths: Iterable[Path]) -> list[Path]:
    """The files that are read for these paths, folders deeply and in order; else InputError."""
    return [file for path in paths for file in _files(path)]


def count_articles(files: Iterable[Path]) -> int | None:
    """About how many articles the files hold; None where only reading a CSV would tell."""
    total = 0
    for file in files:
        kind = file.suffix.lower()
        if kind == ".csv":
            return None
        total += {".jsonl": _count_lines, ".parquet": _count_rows}.get(kind, lambda _: 1)(file)
    return total


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in _READERS)
        if not found:
            raise InputError(f"{path}: the folder holds none of {', '.join(_READERS)}")
        return found
    if not path.is_file():
        raise InputError(f"{path}: no such article file or folder")
    if path.suffix.lower() not in _READERS:
        raise InputError(f"{path}: unknown kind of file; known are {', '.join(_READERS)}")
    return [path]


def _count_lines(file: Path) -> int:
    with file.open("rb") as content:
        blocks = iter(lambda: content.read(1 << 20), b"")
        return sum(block.count(b"\n") for block in blocks)


def _count_rows(file: Path) -> int:
    from pyarrow import ArrowInvalid
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(file).num_rows)
    except ArrowInvalid:
        return 1


def _read_plain(file: Path) -> Iterator[Row]:
    try:
        yield Document(id=file.stem, text=file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        yield Unreadable(file.stem, f"{file}: not UTF-8 text (byte {error.start})")


def _read_jsonl(file: Path) -> Iterator[Row]:
    with file.open("rb") as lines:
        yield from _read_lines(lines, str(file), bare=False)


def _read_lines(lines: Iterable[bytes | str], where: str, *, bare: bool) -> Iterator[Row]:
    for number, raw in enumerate(lines, start=1):
        place = f"{where}, line {number}"
        try:
            line = (
                raw if isinstance(raw, str) else raw.decode("utf-8-sig" if number == 1 else "utf-8")
            )
        except UnicodeDecodeError as error:
            yield Unreadable(f"{number}", f"{place}: not UTF-8 text (byte {error.start})")
            continue
        if not line.strip():
            continue
        if bare and not line.lstrip().startswith("{"):
            yield Document(id=f"{number}", text=line.rstrip("\r\n"))
        else:
            yield _parse(line, place, number)


def _parse(line: str, where: str, number: int) -> Row:
    try:
        return _article(json.loads(line), where, number)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        problem = str(error)
    return Unreadable(f"{number}", f"{where}: not JSON: {problem}")


def _read_csv(file: Path) -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        rows, number = csv.DictReader(lines), 1
        while True:
            number += 1
            try:
                yield _article(next(rows), f"{file}, line {number}", number)
            except StopIteration:
                return
            except csv.Error as error:
                place = f"{file}, line {rows.line_num}"
                yield Unreadable(f"{number}", f"{place}: not CSV: {error}")


def _read_parquet(file: Path) -> Iterator[Row]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        # Buffered, since a file may be one row group that fills the memory.
        with ParquetFile(file, buffer_size=1 << 20) as table:
            for batch in table.iter_batches(batch_size=256):
                for row in batch.to_pylist():
                    number += 1
                    yield _article(row, f"{file}, line {number}", number)
    except ArrowException:
        beyond = f" beyond row {number}" if number else ""
        yield Unreadable(f"{file.stem}", f"{file}: not readable as Parquet{beyond}")


def _article(row: Any, where: str, number: int) -> Row:
    if not isinstance(row, Mapping):
        return Unreadable(f"{number}", f"{where}: no 'text' (found: {type(row).__name__})")
    identity = _plain(row.get("id") or number)
    if not isinstance(row.get("text"), str):
        return Unreadable(identity, f"{where}: no 'text' (found: {', '.join(map(str, row))})")
    try:
        row["text"].encode()
    except UnicodeEncodeError as error:
        return Unreadable(identity, f"{where}: not UTF-8 text (character {error.start})")
    return Document(
        id=identity,
        text=row["text"],
        date=None if row.get("date") is None else _plain(row["date"]),
        source=None if row.get("source") is None else _plain(row["source"]),
        meta={key: value for key, value in row.items() if key not in KNOWN},
    )


def _plain(value: Any) -> str:
    """As text that UTF-8 can hold: half a surrogate pair becomes its escape."""
    return str(value).encode(errors="backslashreplace").decode()


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    **dict.fromkeys(PLAIN, _read_plain),
}
