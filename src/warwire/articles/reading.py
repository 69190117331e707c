"""Articles from files, folders and standard input, one at a time."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from warwire.articles.parquet import count_rows, parquet_errors, parquet_rows
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


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and how the articles in it are called that bring no id of their own.

    `name` is a text file's id; `before` stands before the number of a row.
    """

    path: Path
    name: str
    before: str = ""


class ArticleFiles(list[Path]):
    """The files that are read for some paths; `sources` tells for each how to name its articles."""

    def __init__(self, sources: Sequence[Source]):
        super().__init__(source.path for source in sources)
        self.sources = sources


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
    `source`; other keys pass through as meta. A row without id is called by its number, after its
    file's name where several such files are read. A plain text file is one article named after it;
    names in a folder begin with the folders on the way. A line of standard input is an article: a
    JSON object, or its text. A row or file that is no article comes as `Unreadable` in its place,
    and reading goes on. Raises InputError for a path that holds no articles before any is read.
    """
    if not paths:
        given = stdin or sys.stdin
        yield from _read_lines(getattr(given, "buffer", given), "standard input", bare=True)
    files = paths if isinstance(paths, ArticleFiles) else article_files(paths)
    for source in files.sources:
        yield from read_source(source)


def read_source(source: Source) -> Iterator[Row]:
    """The articles of one file; where it cannot be read any further, an `Unreadable` ends them."""
    try:
        yield from _READERS[source.path.suffix.lower()](source)
    except OSError as error:
        problem = f"{source.path}: not readable: {error.strerror or error}"
        yield Unreadable(source.name, problem)


def article_files(paths: Iterable[Path]) -> ArticleFiles:
    """The files that are read for these paths, folders deeply and in order; else InputError.

    What is hidden in a folder, its name beginning with a dot, is passed over.
    """
    found = [source for path in paths for source in _sources(path)]
    if sum(source.path.suffix.lower() not in PLAIN for source in found) > 1:
        found = [replace(source, before=f"{source.name}-") for source in found]
    return ArticleFiles(found)


def count_articles(files: Iterable[Path]) -> int | None:
    """About how many articles the files hold; None where only reading a CSV would tell."""
    total = 0
    for file in files:
        kind = file.suffix.lower()
        if kind == ".csv":
            return None
        total += {".jsonl": _count_lines, ".parquet": count_rows}.get(kind, lambda _: 1)(file)
    return total


def _sources(path: Path) -> list[Source]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if _is_article_file(file, path))
        if not found:
            raise InputError(f"{path}: the folder holds none of {', '.join(_READERS)}")
        return [_source(file, path) for file in found]
    if not path.is_file():
        raise InputError(f"{path}: no such article file or folder")
    if path.suffix.lower() not in _READERS:
        raise InputError(f"{path}: unknown kind of file; known are {', '.join(_READERS)}")
    return [_source(path, path.parent)]


def _source(file: Path, folder: Path) -> Source:
    return Source(file, _plain((file.relative_to(folder).parent / file.stem).as_posix()))


def _is_article_file(file: Path, folder: Path) -> bool:
    if file.suffix.lower() not in _READERS:
        return False
    if any(part.startswith(".") for part in file.relative_to(folder).parts):
        return False
    try:
        return file.is_file()
    except OSError:
        return True  # Reading it tells what is wrong.


def _count_lines(file: Path) -> int:
    try:
        with file.open("rb") as content:
            blocks = iter(lambda: content.read(1 << 20), b"")
            return sum(block.count(b"\n") for block in blocks)
    except OSError:
        return 1


def _read_plain(source: Source) -> Iterator[Row]:
    try:
        yield Document(id=source.name, text=source.path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        yield Unreadable(source.name, f"{source.path}: not UTF-8 text (byte {error.start})")


def _read_jsonl(source: Source) -> Iterator[Row]:
    with source.path.open("rb") as lines:
        yield from _read_lines(lines, str(source.path), bare=False, before=source.before)


def _read_lines(
    lines: Iterable[bytes | str], where: str, *, bare: bool, before: str = ""
) -> Iterator[Row]:
    for number, raw in enumerate(lines, start=1):
        place, name = f"{where}, line {number}", f"{before}{number}"
        try:
            line = (
                raw if isinstance(raw, str) else raw.decode("utf-8-sig" if number == 1 else "utf-8")
            )
        except UnicodeDecodeError as error:
            yield Unreadable(name, f"{place}: not UTF-8 text (byte {error.start})")
            continue
        if not line.strip():
            continue
        if bare and not line.lstrip().startswith("{"):
            yield Document(id=name, text=line.rstrip("\r\n"))
        else:
            yield _parse(line, place, name)


def _parse(line: str, where: str, name: str) -> Row:
    try:
        return _article(json.loads(line), where, name)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        problem = str(error)
    return Unreadable(name, f"{where}: not JSON: {problem}")


def _read_csv(source: Source) -> Iterator[Row]:
    csv.field_size_limit(2**31 - 1)
    with source.path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        rows = csv.DictReader(lines, strict=True)
        try:
            if rows.fieldnames is None:
                return
        except csv.Error as error:
            yield _not_csv(source.name, source.path, 1, rows, error)
        else:
            yield from _csv_rows(rows, source)


def _csv_rows(rows: "csv.DictReader[str]", source: Source) -> Iterator[Row]:
    for number in count(2):
        name, first = f"{source.before}{number}", rows.reader.line_num + 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _not_csv(name, source.path, first, rows, error)
        else:
            yield _csv_article(row, f"{source.path}, line {rows.reader.line_num}", name)


def _csv_article(row: dict[str | Any, Any], where: str, name: str) -> Row:
    beyond = row.pop(None, [])
    article = _article(row, where, name)
    if beyond and isinstance(article, Document):
        problem = f"{where}: has {len(row) + len(beyond)} fields, the header only {len(row)}"
        return Unreadable(article.id, problem)
    return article


def _not_csv(
    name: str, file: Path, first: int, rows: "csv.DictReader[str]", error: csv.Error
) -> Unreadable:
    """A quote that is never closed takes in all lines from the first on."""
    last = rows.reader.line_num
    lines = f"lines {first} to {last}" if first < last else f"line {last}"
    return Unreadable(name, f"{file}, {lines}: not CSV: {error}")


def _read_parquet(source: Source) -> Iterator[Row]:
    number = 0
    try:
        for number, row in enumerate(parquet_rows(source.path), start=1):
            yield _article(row, f"{source.path}, line {number}", f"{source.before}{number}")
    except parquet_errors():
        beyond = f" beyond row {number}" if number else ""
        yield Unreadable(source.name, f"{source.path}: not readable as Parquet{beyond}")


def _article(row: Any, where: str, name: str) -> Row:
    if isinstance(row, Exception):
        return Unreadable(name, f"{where}: not readable: {row}")
    if not isinstance(row, Mapping):
        return Unreadable(name, f"{where}: no 'text' (found: {type(row).__name__})")
    identity = name if row.get("id") in (None, "") else _plain(row["id"])
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


_READERS: dict[str, Callable[[Source], Iterator[Row]]] = {
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    **dict.fromkeys(PLAIN, _read_plain),
}
READ = tuple(_READERS)
"""How the files end that are read in a folder, unless they are hidden."""
