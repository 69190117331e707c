"""Marked-up articles → JSON Lines, CSV, Parquet, and Label Studio's predictions."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from warwire.documents import Document

OWN_KEYS = ("id", "text", "date", "source", "spans")
CSV_COLUMNS = ("id", "date", "source", "start", "end", "label", "text", "score")


def to_record(document: Document) -> dict[str, Any]:
    """One article as plain data: what came in, and its spans with surface and score."""
    known = {"id": document.id, "text": document.text}
    dated = {"date": document.date, "source": document.source}
    return {
        **known,
        **{key: value for key, value in dated.items() if value is not None},
        **{key: value for key, value in document.meta.items() if key not in OWN_KEYS},
        "spans": [
            {
                "start": span.start,
                "end": span.end,
                "label": span.label,
                "text": document.surface(span),
                **({} if span.score is None else {"score": span.score}),
            }
            for span in document.spans
        ],
    }


def jsonl_lines(documents: Iterable[Document]) -> Iterator[str]:
    """One line an article, with its line end."""
    for document in documents:
        yield json.dumps(to_record(document), ensure_ascii=False, default=str) + "\n"


def csv_lines(documents: Iterable[Document]) -> Iterator[str]:
    """One row a span, under a header."""
    yield _csv_row(CSV_COLUMNS)
    for document in documents:
        for span in document.spans:
            place = (document.id, document.date, document.source, span.start, span.end)
            yield _csv_row((*place, span.label, document.surface(span), span.score))


def label_studio_lines(documents: Iterable[Document], *, version: str) -> Iterator[str]:
    """A JSON list of tasks with predictions, which Label Studio imports for correction."""
    before = "[\n"
    for document in documents:
        yield before + json.dumps(_task(document, version), ensure_ascii=False, default=str)
        before = ",\n"
    yield "\n]\n" if before.startswith(",") else "[]\n"


def write_parquet(documents: Iterable[Document], path: Path) -> None:
    """One row an article, its columns the same whatever the articles hold; spans are a list."""
    import pyarrow
    from pyarrow.parquet import write_table

    rows = [
        {
            **dict.fromkeys(OWN_KEYS),
            **{key: value for key, value in to_record(document).items() if key in OWN_KEYS},
            "meta": json.dumps(dict(document.meta), ensure_ascii=False, default=str),
        }
        for document in documents
    ]
    write_table(pyarrow.Table.from_pylist(rows), path)


def _csv_row(values: Iterable[Any]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(values)
    return row.getvalue()


def _task(document: Document, version: str) -> dict[str, Any]:
    record = to_record(document)
    spans = record.pop("spans")
    result = [
        {
            "id": f"{document.id}-{number}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "score": span.get("score"),
            "value": {
                "start": span["start"],
                "end": span["end"],
                "text": span["text"],
                "labels": [span["label"]],
            },
        }
        for number, span in enumerate(spans)
    ]
    scores = [span["score"] for span in spans if "score" in span]
    certain = min(scores, default=1.0)
    prediction = {"model_version": version, "score": certain, "result": result}
    return {"data": record, "predictions": [prediction]}
