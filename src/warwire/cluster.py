"""Marking up shards of articles on a Ray cluster, or on a Ray of this machine's own."""

import logging
import os
import pickle
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")

import pyarrow
import ray
from pyarrow.parquet import ParquetWriter
from ray.data import ActorPoolStrategy, DataContext, Datasink
from ray.data.exceptions import SystemException, UserCodeException
from ray.exceptions import RayError

from warwire.articles.journal import Done
from warwire.articles.reading import Row, Source, Unreadable, article_files, read_source
from warwire.articles.writing import jsonl_lines, to_table
from warwire.errors import RunError
from warwire.marking import Marking
from warwire.storage import new_folder

ShardFormat = Literal["jsonl", "parquet"]
LOCAL = "local"
OBJECT_STORE_BYTES = 256 * 1024**2
BLOCK_BYTES = 64 * 1024
"""Small blocks, so that even one file is shared out among all workers."""

ROWS_A_SHARD = 10_000
LINES = pyarrow.schema([("line", "string"), ("error", "string")])


def mark_up_shards(
    run: Path,
    paths: Sequence[Path],
    out: Path,
    *,
    address: str = LOCAL,
    workers: int | None = None,
    format: ShardFormat = "jsonl",
    least: float = 0.0,
    rows_a_shard: int = ROWS_A_SHARD,
    options: Mapping[str, Any] | None = None,
) -> Done:
    """Mark up the articles of files and folders into a folder of shards, by Ray Data.

    `address` is a cluster's, or `local` for a Ray that this machine runs meanwhile; on a cluster,
    run, articles and `out` must lie on storage that its nodes share. Each of the `workers`, by
    default one a GPU or else one a processor core, holds a predictor opened with `options`; what a
    lost worker had in hand is done again by another. The records are those of the local command,
    and in input order when the shards are read in order of their names. The folder appears when all
    is done. Raises InputError for a wrong path or run, RunError where the cluster is not there or
    gives up.
    """
    files = [_sent(source) for source in article_files(paths).sources]
    opened: dict[str, Any] = {"run": str(run.resolve()), "options": dict(options or {})}
    _open(**opened)
    with _cluster(address, workers), new_folder(out) as scratch:
        shards = Shards(scratch.resolve(), format, rows_a_shard)
        chunks = ray.data.from_items(files, override_num_blocks=len(files)).map_batches(
            _read_chunks, batch_size=1, num_cpus=0
        )
        marked = chunks.map_batches(
            Marker,
            batch_size=1,
            batch_format="pyarrow",
            fn_constructor_kwargs=opened | {"format": format, "least": least},
            **_pool(workers),
        )
        marked.write_datasink(shards, ray_remote_args={"num_cpus": 0})
    return shards.done


class Marker:
    """A worker: a predictor that turns chunks of rows into tables of answers."""

    def __init__(self, run: str, options: Mapping[str, Any], format: ShardFormat, least: float):
        self._marking = Marking(_open(run, options), least=least, watch=lambda rows, speed: None)
        self._format = format

    def __call__(self, batch: pyarrow.Table) -> Iterator[pyarrow.Table]:
        """One table a chunk, one row an article."""
        for chunk in batch["chunk"].to_pylist():
            for answers in self._marking.chunks(pickle.loads(chunk)):
                yield _lines(answers) if self._format == "jsonl" else to_table(answers)


class Shards(Datasink):  # type: ignore[misc]
    """A folder of shards, each written whole; `done` counts what all of them hold."""

    def __init__(self, folder: Path, format: ShardFormat, rows: int):
        self._folder, self._format, self._rows = folder, format, rows
        self.done = Done()

    @property
    def min_rows_per_write(self) -> int:
        """About how many articles a shard holds."""
        return self._rows

    def write(self, blocks: Iterable[pyarrow.Table], ctx: Any) -> Done:
        """Write one shard, named by its place; done again by another worker it is the same file."""
        shard = self._folder / f"part-{ctx.task_idx:06d}.{self._format}"
        scratch = shard.with_name(f".{shard.name}.{os.getpid()}")
        tables = [block for block in blocks if len(block)]
        (_write_lines if self._format == "jsonl" else _write_parquet)(tables, scratch)
        scratch.replace(shard)
        problems = [error for table in tables for error in table["error"].to_pylist() if error]
        return Done(sum(map(len, tables)), len(problems), next(iter(problems), ""))

    def on_write_complete(self, write_result: Any) -> None:
        """Add up what the writers returned."""
        parts = write_result.write_returns
        problem = next((part.problem for part in parts if part.problem), "")
        rows, failed = (sum(getattr(part, name) for part in parts) for name in ("rows", "failed"))
        self.done = Done(rows, failed, problem)


def _sent(source: Source) -> dict[str, str]:
    """A source as Ray sends it to a worker."""
    return {"path": str(source.path.resolve()), "name": source.name, "before": source.before}


def _read_chunks(batch: Mapping[str, Any]) -> Iterator[dict[str, list[bytes]]]:
    """The chunks of rows of files, cut as the local command cuts them."""
    from warwire.model.prediction import cut_chunks

    for path, name, before in zip(batch["path"], batch["name"], batch["before"], strict=True):
        rows = read_source(Source(Path(path), str(name), str(before)))
        for chunk in cut_chunks(rows, lambda row: len(getattr(row, "text", ""))):
            yield {"chunk": [pickle.dumps(chunk)]}


def _lines(answers: Sequence[Row]) -> pyarrow.Table:
    errors = [row.problem if isinstance(row, Unreadable) else None for row in answers]
    return pyarrow.table({"line": [*jsonl_lines(answers)], "error": errors}, LINES)


def _write_lines(tables: Sequence[pyarrow.Table], path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for table in tables:
            file.writelines(table["line"].to_pylist())


def _write_parquet(tables: Sequence[pyarrow.Table], path: Path) -> None:
    with ParquetWriter(path, to_table([]).schema) as writer:
        for table in tables:
            writer.write_table(table)


def _open(run: str, options: Mapping[str, Any]) -> Any:
    from warwire.model.prediction import Predictor

    return Predictor.from_pretrained(run, **options)


@contextmanager
def _cluster(address: str, workers: int | None) -> Iterator[None]:
    """The cluster at an address, or one of this machine's own that ends with the block."""
    own = {
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE_BYTES,
        "_node_ip_address": "127.0.0.1",
    }
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        ray.init(address=address, **quiet, **(own if address == LOCAL else {}))
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise RunError(f"--cluster {address}: no Ray there: {_last_line(error)}") from error
    try:
        _set_up()
        yield
    except (RayError, SystemException, UserCodeException) as error:
        raise RunError(f"--cluster {address}: the work failed: {_last_line(error)}") from error
    finally:
        ray.shutdown()


def _set_up() -> None:
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = DataContext.get_current()
    context.target_max_block_size = BLOCK_BYTES
    context.execution_options.preserve_order = True
    context.enable_progress_bars = sys.stderr.isatty()


def _pool(workers: int | None) -> dict[str, Any]:
    """A worker for each GPU of the cluster, or else for each processor core."""
    found = ray.cluster_resources()
    kind = "GPU" if found.get("GPU") else "CPU"
    size = workers or max(1, int(found.get(kind, 1)))
    return {"compute": ActorPoolStrategy(size=size), f"num_{kind.lower()}s": 1}


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[-1][:200]
