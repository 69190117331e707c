"""Datasets on disk written batch by batch, in the layout that `datasets.load_from_disk` reads."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from warwire.corpus.rows import fingerprint_line, row_features, to_row
from warwire.documents import Document

BATCH = 500
"""Articles a batch; a few megabytes, however many batches there are."""
DATA_FILE = "data-00000-of-00001.arrow"
LINE = "fingerprint_line"


class SplitWriter:
    """Writes one split of a dataset; `seal` gives it its fingerprint."""

    def __init__(self, folder: Path, labels: Sequence[str]) -> None:
        import pyarrow

        self.folder, self.labels = folder, tuple(labels)
        self.features = row_features(labels)
        self.schema = self.features.arrow_schema
        self.size = 0
        folder.mkdir(parents=True)
        self._file = pyarrow.OSFile(str(folder / DATA_FILE), "wb")
        self._stream = pyarrow.ipc.new_stream(self._file, self.schema)

    def __enter__(self) -> "SplitWriter":
        """The writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the data file."""
        self._close()

    def add(self, documents: Iterable[Document]) -> None:
        """Append documents."""
        for batch in record_batches(documents, self.schema, self.labels):
            self.add_batch(batch)

    def add_batch(self, batch: Any) -> None:
        """Append a record batch of this schema."""
        if batch.num_rows:
            self._stream.write_batch(batch)
            self.size += batch.num_rows

    def seal(self, fingerprint: str) -> None:
        """Write the files beside the data, as the library itself writes them."""
        from datasets import Dataset, DatasetInfo, disable_progress_bars

        self._close()
        disable_progress_bars()
        empty = Dataset(self.schema.empty_table(), DatasetInfo(features=self.features))
        empty._fingerprint = fingerprint
        data = (self.folder / DATA_FILE).rename(self.folder / "kept")
        empty.save_to_disk(str(self.folder))
        data.rename(self.folder / DATA_FILE)
        state = json.loads((self.folder / "state.json").read_text(encoding="utf-8"))
        state["_data_files"] = [{"filename": DATA_FILE}]
        text = json.dumps(state, indent=2, sort_keys=True)
        (self.folder / "state.json").write_text(text, encoding="utf-8")

    def _close(self) -> None:
        if not self._file.closed:
            self._stream.close()
            self._file.close()


class Spool:
    """Documents set down in order, to be distributed once all of them are known."""

    def __init__(self, file: Path, labels: Sequence[str]) -> None:
        self.file, self.labels = file, tuple(labels)
        self.schema = row_features(labels).arrow_schema

    def fill(self, documents: Iterable[Document]) -> None:
        """Write every document, one batch in memory at a time."""
        import pyarrow

        schema = self.schema.append(pyarrow.field(LINE, pyarrow.binary()))
        with (
            pyarrow.OSFile(str(self.file), "wb") as file,
            pyarrow.ipc.new_stream(file, schema) as stream,
        ):
            for batch in record_batches(documents, schema, self.labels, lines=True):
                stream.write_batch(batch)

    def distribute(
        self, homes: Sequence[str], folder: Path, names: Sequence[str]
    ) -> tuple[dict[str, int], dict[str, str]]:
        """Write each document to its split under `folder`; the sizes and fingerprints."""
        writers = {name: SplitWriter(folder / name, self.labels) for name in names}
        digests = {name: hashlib.sha256() for name in names}
        for batch, batch_homes in self._batches(homes):
            lines = batch.column(LINE)
            for home, line in zip(batch_homes, lines, strict=True):
                digests[home].update(line.as_buffer())
            rows = batch.drop_columns([LINE]).replace_schema_metadata(self.schema.metadata)
            for name, writer in writers.items():
                writer.add_batch(_of_split(rows, batch_homes, name))
        prints = {name: digest.hexdigest()[:16] for name, digest in digests.items()}
        for name, writer in writers.items():
            writer.seal(prints[name])
        write_dict_file(folder, names)
        return {name: writer.size for name, writer in writers.items()}, prints

    def _batches(self, homes: Sequence[str]) -> Iterator[tuple[Any, Sequence[str]]]:
        import pyarrow

        place = 0
        with pyarrow.OSFile(str(self.file), "rb") as file:
            for batch in pyarrow.ipc.open_stream(file):
                yield batch, homes[place : place + batch.num_rows]
                place += batch.num_rows


def record_batches(
    documents: Iterable[Document], schema: Any, labels: Sequence[str], *, lines: bool = False
) -> Iterator[Any]:
    """Arrow record batches of documents, with each one's fingerprint line where asked."""
    import pyarrow

    codes = {label: number for number, label in enumerate(labels)}

    def row(document: Document) -> dict[str, Any]:
        found = to_row(document, codes)
        if lines:
            found[LINE] = fingerprint_line(document)
        return found

    rows = map(row, documents)
    while batch := list(itertools.islice(rows, BATCH)):
        yield pyarrow.RecordBatch.from_pylist(batch, schema=schema)


def write_dict_file(folder: Path, names: Sequence[str]) -> None:
    """The file that makes a folder of splits a DatasetDict."""
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(names)}), encoding="utf-8")


def _of_split(rows: Any, homes: Sequence[str], name: str) -> Any:
    import pyarrow

    return rows.filter(pyarrow.array([home == name for home in homes], pyarrow.bool_()))
