"""Marked-up articles → JSON Lines, CSV, Parquet, and Label Studio's predictions.

An article without an answer has a record too: its id, `error`, and no spans.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from warwire.articles.reading import Row, Unreadable
from warwire.documents import Document

OWN_KEYS = ("id", "text", "date", "source", "error", "spans")
CSV_COLUMNS = ("id", "date", "source", "start", "end", "label", "text", "score", "error")


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


def jsonl_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One line an article, with its line end."""
    for row in rows:
        yield _json(_error(row) if isinstance(row, Unreadable) else to_record(row)) + "\n"


def csv_header() -> str:
    """The line above what `csv_lines` gives."""
    return _csv_row(CSV_COLUMNS)


def csv_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One row a span."""
    for row in rows:
        if isinstance(row, Unreadable):
            yield _csv_row((row.id, *[None] * (len(CSV_COLUMNS) - 2), row.problem))
            continue
        for span in row.spans:
            place = (row.id, row.date, row.source, span.start, span.end)
            yield _csv_row((*place, span.label, row.surface(span), span.score, None))


def label_studio_lines(
    documents: Iterable[Document], *, version: str, scores: Iterable[float] | None = None
) -> Iterator[str]:
    """A JSON list of tasks with predictions, which Label Studio imports for correction.

    A task's score is that of its least sure span, or the one given in `scores`; Label Studio's
    queue gives low scores first.
    """
    before = "[\n"
    given = repeat(None) if scores is None else scores
    for document, score in zip(documents, given, strict=scores is not None):
        yield before + _json(_task(document, version, score))
        before = ",\n"
    yield "\n]\n" if before.startswith(",") else "[]\n"


def to_table(rows: Sequence[Row]) -> Any:
    """A pyarrow Table, one row an article, its schema the same whatever the articles hold."""
    import pyarrow

    span = {"start": "int64", "end": "int64", "label": "string", "text": "string"}
    spans = pyarrow.struct([*span.items(), ("score", "float64")])
    texts = [(name, "string") for name in ("id", "text", "date", "source", "error")]
    schema = pyarrow.schema([*texts, ("spans", pyarrow.list_(spans)), ("meta", "string")])
    return pyarrow.Table.from_pylist([_columns(row) for row in rows], schema)


def _columns(row: Row) -> dict[str, Any]:
    if isinstance(row, Unreadable):
        return _error(row)
    own = {key: value for key, value in to_record(row).items() if key in OWN_KEYS}
    return own | {"meta": _json(dict(row.meta))}


def _csv_row(values: Iterable[Any]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(values)
    return _utf8(row.getvalue())


def _error(row: Unreadable) -> dict[str, Any]:
    return {"id": row.id, "error": _utf8(row.problem), "spans": []}


def _utf8(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _json(value: Any) -> str:
    """On one line; half a surrogate pair, which UTF-8 cannot hold, makes it all escapes."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, default=str)
    return text


def _task(document: Document, version: str, score: float | None) -> dict[str, Any]:
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
    certain = min(scores, default=1.0) if score is None else score
    prediction = {"model_version": version, "score": certain, "result": result}
    return {"data": record, "predictions": [prediction]}
