"""Output files that grow by chunks, can be cut back to an edge, and appear whole at the end."""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from warwire.articles.reading import Row
from warwire.articles.writing import csv_header, csv_lines, jsonl_lines, to_table

CHUNKS_A_PART = 4


class Output(Protocol):
    """A file in the making, beside the place where it will appear."""

    def add(self, rows: Sequence[Row]) -> None:
        """Take in a chunk."""
        ...

    def mark(self) -> int | None:
        """Bring what is there to the disk: a mark to cut back to, if it ends where one can be."""
        ...

    def finish(self) -> None:
        """Put the whole output at its place."""
        ...

    def discard(self) -> None:
        """Leave nothing behind."""
        ...


class LineOutput:
    """Lines of text under a header; the mark is a number of bytes."""

    def __init__(
        self, out: Path, lines: Callable[[Iterable[Row]], Iterator[str]], *, header: str, mark: int
    ):
        self._out, self._lines = out, lines
        self._scratch = scratch_of(out)
        self._file = self._scratch.open("r+b" if mark else "wb")
        self._file.seek(mark)
        self._file.truncate()
        if not mark:
            self._file.write(header.encode())

    def add(self, rows: Sequence[Row]) -> None:
        """Write a line or more a row."""
        self._file.write("".join(self._lines(rows)).encode())

    def mark(self) -> int | None:
        """The bytes written, once the disk holds them."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def finish(self) -> None:
        """Rename the finished file."""
        self.mark()
        self._file.close()
        self._scratch.replace(self._out)

    def discard(self) -> None:
        """Remove the unfinished file."""
        self._file.close()
        self._scratch.unlink(missing_ok=True)


class ParquetOutput:
    """A row group for every few chunks, each a file until the end; the mark is their number."""

    def __init__(self, out: Path, *, mark: int):
        self._out, self._parts = out, mark
        self._waiting: list[Row] = []
        self._chunks = 0
        self._folder = scratch_of(out)
        if not mark:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(exist_ok=True)

    def add(self, rows: Sequence[Row]) -> None:
        """Keep the rows until there are chunks enough for a part."""
        self._waiting += rows
        self._chunks += 1
        if self._chunks % CHUNKS_A_PART == 0:
            self._write_part()

    def mark(self) -> int | None:
        """The number of parts, where no row waits for the next one."""
        return None if self._waiting else self._parts

    def finish(self) -> None:
        """Join the parts into one file and rename it."""
        from pyarrow.parquet import ParquetWriter, read_table

        self._write_part()
        whole = self._folder / "whole"
        with ParquetWriter(whole, to_table([]).schema) as writer:
            for number in range(self._parts):
                writer.write_table(read_table(self._part(number)))
        _fsync(whole)
        whole.replace(self._out)
        self.discard()

    def discard(self) -> None:
        """Remove the parts."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write_part(self) -> None:
        from pyarrow.parquet import write_table

        if self._waiting:
            write_table(to_table(self._waiting), self._part(self._parts))
            _fsync(self._part(self._parts))
            self._parts += 1
            self._waiting = []

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:06}.parquet"


def open_output(out: Path, format: str, *, mark: int = 0) -> Output:
    """The output in a format (`jsonl`, `csv`, `parquet`), as it was at a mark; 0 begins anew."""
    if format == "parquet":
        return ParquetOutput(out, mark=mark)
    if format == "csv":
        return LineOutput(out, csv_lines, header=csv_header(), mark=mark)
    return LineOutput(out, jsonl_lines, header="", mark=mark)


def holds(out: Path, format: str, mark: int) -> bool:
    """Whether an unfinished output reaches a mark."""
    scratch = scratch_of(out)
    if format == "parquet":
        return all((scratch / f"{number:06}.parquet").is_file() for number in range(mark))
    return scratch.is_file() and scratch.stat().st_size >= mark


def scratch_of(out: Path) -> Path:
    """Where an output is until it is finished."""
    return out.with_name(f".{out.name}.partial")


def _fsync(file: Path) -> None:
    with file.open("rb+") as written:
        os.fsync(written.fileno())
