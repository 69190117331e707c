"""Documents ↔ rows of a Hugging Face dataset, with typed features."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from warwire.documents import Annotation, Document, Origin, Relation
from warwire.spans import Span


def row_features(labels: Sequence[str]) -> Any:
    """The `datasets.Features` of a row; spans carry a ClassLabel in the schema's order."""
    from datasets import ClassLabel, Features, List, Value

    text, number = Value("string"), Value("int64")
    span = {"start": number, "end": number, "label": ClassLabel(names=list(labels))}
    named = {"start": number, "end": number, "label": text}
    return Features(
        {
            "id": text,
            "text": text,
            "date": text,
            "source": text,
            "spans": List(span),
            "origins": List({"task": text, "annotation": text, "region": text}),
            "annotations": List(
                {"annotator": text, "ground_truth": Value("bool"), "spans": List(named)}
            ),
            "furniture": List(named),
            "controls": List({"control": text, "spans": List(named)}),
            "relations": List({"from": text, "to": text, "direction": text, "labels": List(text)}),
            "meta": text,
        }
    )


def to_row(document: Document, codes: Mapping[str, int]) -> dict[str, Any]:
    """A document as a row; `codes` gives each label its number in the schema."""
    return {
        "id": document.id,
        "text": document.text,
        "date": document.date,
        "source": document.source,
        "spans": [
            {"start": span.start, "end": span.end, "label": codes[span.label]}
            for span in document.spans
        ],
        "origins": [
            {"task": each.task, "annotation": each.annotation, "region": each.region}
            for each in document.origins
        ],
        "annotations": [
            {
                "annotator": each.annotator,
                "ground_truth": each.ground_truth,
                "spans": _to_plain(each.spans),
            }
            for each in document.annotations
        ],
        "furniture": _to_plain(document.furniture),
        "controls": [
            {"control": name, "spans": _to_plain(spans)}
            for name, spans in sorted(document.controls.items())
        ],
        "relations": [
            {
                "from": each.from_region,
                "to": each.to_region,
                "direction": each.direction,
                "labels": list(each.labels),
            }
            for each in document.relations
        ],
        "meta": json.dumps(dict(document.meta), ensure_ascii=False, sort_keys=True, default=str),
    }


def from_row(row: Mapping[str, Any], labels: Sequence[str]) -> Document:
    """The document that `to_row` wrote."""
    spans = [Span(each["start"], each["end"], labels[each["label"]]) for each in row["spans"]]
    return Document(
        id=row["id"],
        text=row["text"],
        spans=tuple(spans),
        date=row["date"],
        source=row["source"],
        meta=json.loads(row["meta"]),
        annotations=tuple(
            Annotation(each["annotator"], _from_plain(each["spans"]), each["ground_truth"])
            for each in row["annotations"]
        ),
        furniture=_from_plain(row["furniture"]),
        controls={each["control"]: _from_plain(each["spans"]) for each in row["controls"]},
        origins=tuple(Origin(**each) for each in row["origins"]),
        relations=tuple(
            Relation(each["from"], each["to"], each["direction"], tuple(each["labels"]))
            for each in row["relations"]
        ),
    )


def fingerprint_line(document: Document) -> bytes:
    """What a fingerprint takes of a document: id, text and spans."""
    spans = [span.key for span in document.spans]
    return json.dumps([document.id, document.text, spans]).encode()


def _to_plain(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start, "end": span.end, "label": span.label} for span in spans]


def _from_plain(rows: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(row["start"], row["end"], row["label"]) for row in rows)
