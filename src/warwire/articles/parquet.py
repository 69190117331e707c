"""Rows of Parquet files; of a row that Python cannot hold, what is wrong with it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

UNFIT = (ValueError, OverflowError)
"""What a value raises that no Python object can hold: text that is not UTF-8, a date too far."""


def parquet_rows(file: Path) -> Iterator[Mapping[str, Any] | Exception]:
    """The rows in order, in flat memory, an exception in the place of one that Python cannot hold.

    Raises one of `parquet_errors` where the file cannot be read any further.
    """
    from pyarrow.parquet import ParquetFile

    # Buffered, since a file may be one row group that fills the memory.
    with ParquetFile(file, buffer_size=1 << 20) as table:
        for batch in table.iter_batches(batch_size=256):
            try:
                rows = batch.to_pylist()
            except UNFIT:
                rows = [_row(batch.slice(at, 1)) for at in range(len(batch))]
            yield from rows


def count_rows(file: Path) -> int:
    """The rows that the file says it holds; 1 where it cannot be read."""
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(file).num_rows)
    except parquet_errors():
        return 1


def parquet_errors() -> tuple[type[Exception], ...]:
    """What reading a broken file may raise."""
    from pyarrow import ArrowException

    return (ArrowException, OSError, *UNFIT)


def _row(batch: Any) -> Any:
    try:
        return batch.to_pylist()[0]
    except UNFIT as error:
        return error
