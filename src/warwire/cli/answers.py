"""Where the answers of `predict` go: a file that appears whole, or standard output."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from warwire.articles.journal import Done, write_output
from warwire.articles.outputs import scratch_of
from warwire.articles.reading import READ, Row, article_files
from warwire.articles.writing import csv_header, csv_lines, jsonl_lines, label_studio_lines
from warwire.cli.console import plain_console, say
from warwire.documents import Document
from warwire.errors import InputError
from warwire.marking import Marking

RESUMABLE = ("jsonl", "csv", "parquet")
FORMATS = (*RESUMABLE, "html", "table", "label-studio")

Chunks = Iterable[Sequence[Row]]


def refuse_out(out: Path | None, articles: Sequence[Path]) -> None:
    """Raise InputError where a file to write is a folder, or would be read as an article."""
    if out is None:
        return
    if out.is_dir():
        raise InputError(f"--out {out}: is a folder; name a file")
    if is_read(out, articles):
        raise InputError(f"--out {out}: is among the articles to read; name another file")


def is_read(out: Path, articles: Sequence[Path]) -> bool:
    """Whether a file, there or not yet, is among those that are read for these paths."""
    if out.exists() and any(_is_same(file, out) for file in article_files(articles)):
        return True
    place, folders = out.resolve(), [path.resolve() for path in articles if path.is_dir()]
    ways = [place.relative_to(each).parts for each in folders if place.is_relative_to(each)]
    return out.suffix.lower() in READ and not all(map(_is_hidden, ways))


def _is_same(file: Path, out: Path) -> bool:
    try:
        return file.samefile(out)
    except OSError:
        return False


def _is_hidden(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") for part in parts)


def write_answers(
    marking: Marking,
    rows_after: Callable[[int], Iterable[Row]],
    *,
    format: str,
    out: Path | None,
    work: str | None,
    name: str,
    labels: tuple[str, ...],
) -> Done:
    """Mark up the rows and write them in a format; `work` names what a killed run may go on with.

    `name` is the run's, for the title of a page and the version of Label Studio's predictions.
    """
    if out and format in RESUMABLE:
        chunks_after = lambda done: marking.chunks(rows_after(done), after=done)  # noqa: E731
        return write_output(out, format, chunks_after, work=work, tell=say)
    pieces = _pieces(marking.chunks(rows_after(0)), format, name, labels)
    if out:
        _replace(out, pieces)
    else:
        _print(pieces)
    return marking.done


def _pieces(chunks: Chunks, format: str, name: str, labels: tuple[str, ...]) -> Iterator[str]:
    """The output's text; a page and tables hold no articles without an answer."""
    if format == "jsonl":
        return ("".join(jsonl_lines(chunk)) for chunk in chunks)
    if format == "csv":
        return chain([csv_header()], ("".join(csv_lines(chunk)) for chunk in chunks))
    documents = (row for chunk in chunks for row in chunk if isinstance(row, Document))
    if format == "table":
        return map(_table_text, documents)
    if format == "label-studio":
        return label_studio_lines(documents, version=name)
    return _page(documents, name, labels)


def _page(documents: Iterable[Document], name: str, labels: tuple[str, ...]) -> Iterator[str]:
    from warwire.reports.pages import render_marked_up

    yield render_marked_up(documents, title=f"Marked up by {name}", labels=labels)


def _table_text(document: Document) -> str:
    from warwire.reports.tables import span_table

    console = plain_console(width=None if sys.stdout.isatty() else 120)
    with console.capture() as captured:
        console.print(span_table(document))
    return captured.get()


def _print(pieces: Iterable[str]) -> None:
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()


def _replace(out: Path, pieces: Iterable[str]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = scratch_of(out)
    try:
        with scratch.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
        scratch.replace(out)
    finally:
        scratch.unlink(missing_ok=True)
