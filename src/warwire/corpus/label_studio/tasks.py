"""Entries of an export, full, legacy or JSON_MIN → tasks of one shape."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warwire.corpus.label_studio.values import Halves

REGION_KEYS = {"labels": "labels", "hypertextlabels": "hypertextlabels"} | {
    "paragraphlabels": "paragraphlabels"
}
MIN_COLUMNS = ("annotator", "annotation_id", "created_at", "updated_at", "lead_time")
DEEPEST = 60
"""Containers within containers; deeper data is refused, long before Python's own limit."""


@dataclass(slots=True)
class RawAnnotation:
    """One annotation as exported: who, when, and its result entries as they are."""

    id: str
    annotator: str
    cancelled: bool
    ground_truth: bool
    updated: str
    result: Sequence[Any]


@dataclass(slots=True)
class Task:
    """One task; `problem` is the kind and reason for which nothing of it can be taken."""

    name: str
    data: Mapping[str, Any]
    annotations: list[RawAnnotation] = field(default_factory=list)
    problem: tuple[str, str] | None = None


def is_region(result: Mapping[str, Any]) -> bool:
    """Whether a result entry marks a span of text (and not a choice, relation or rating)."""
    kind = result.get("type")
    if kind is not None:
        return isinstance(kind, str) and kind in REGION_KEYS
    value = result.get("value")
    return isinstance(value, dict) and any(key in value for key in REGION_KEYS)


def parse_task(entry: Mapping[str, Any], number: int) -> Task:
    """The task in one entry; malformed parts become the task's problem, never an exception."""
    task = Task(word(entry.get("id")) or f"number {number}", {})
    task.problem = _unusable(entry)
    data = entry.get("data")
    task.data = data if isinstance(data, dict) else {}
    if isinstance(entry.get("annotations", entry.get("completions")), list):
        _read_annotations(task, entry)
    return task


def rows_to_entries(rows: Iterable[Any]) -> Iterator[Any]:
    """JSON_MIN rows as full entries, neighbouring rows of one task together; others unchanged."""
    held: dict[str, Any] | None = None
    for row in rows:
        if not is_min_row(row):
            if held is not None:
                yield held
                held = None
            yield row
            continue
        entry = _min_entry(row)
        if held and (held["id"], held["data"]) == (entry["id"], entry["data"]):
            held["annotations"] += entry["annotations"]
            continue
        if held is not None:
            yield held
        held = entry
    if held is not None:
        yield held


def is_min_row(entry: Any) -> bool:
    """Whether an entry is a JSON_MIN row: an annotation with its task's data beside it."""
    return (
        isinstance(entry, dict)
        and "annotation_id" in entry
        and "annotations" not in entry
        and "completions" not in entry
    )


def word(value: Any) -> str:
    """An id or name as text; nothing for what is neither text nor a number."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _unusable(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    if _depth_exceeds(entry.get("data"), DEEPEST):
        return "nested too deeply", f"its data nests more than {DEEPEST} levels deep"
    if isinstance(entry, Halves):
        return "broken text", r"it holds half a character (a lone \ud800 to \udfff escape)"
    found = entry.get("annotations", entry.get("completions", ...))
    if found is ...:
        return "no annotations", "it has no 'annotations'; export it again as JSON"
    if found is not None and not isinstance(found, list):
        return "malformed", f"its 'annotations' are a {type(found).__name__}, not a list"
    return None


def _read_annotations(task: Task, entry: Mapping[str, Any]) -> None:
    for number, found in enumerate(entry.get("annotations", entry.get("completions")), 1):
        if not isinstance(found, dict):
            reason = f"annotation number {number} is a {type(found).__name__}, not an object"
            task.problem = task.problem or ("malformed", reason)
            continue
        result = found.get("result")
        if not isinstance(result, list):
            what = "has no 'result'" if result is None else f"result is a {type(result).__name__}"
            name = word(found.get("id")) or f"number {number}"
            reason = f"annotation {name}: {what}; it should be a list"
            task.problem = task.problem or ("malformed", reason)
            continue
        task.annotations.append(_annotation(found, result))


def _annotation(found: Mapping[str, Any], result: list[Any]) -> RawAnnotation:
    by = found.get("completed_by")
    if isinstance(by, dict):
        by = by.get("id", by.get("email"))
    return RawAnnotation(
        id=word(found.get("id")),
        annotator=word(by) or "unknown",
        cancelled=_true(found.get("was_cancelled")) or _true(found.get("skipped")),
        ground_truth=_true(found.get("ground_truth")),
        updated=word(found.get("updated_at")) or word(found.get("created_at")),
        result=result,
    )


def _true(value: Any) -> bool:
    return value is True or value == 1 or (isinstance(value, str) and value.lower() == "true")


def _min_entry(row: Mapping[str, Any]) -> dict[str, Any]:
    controls = {key: value for key, value in row.items() if _holds_regions(value)}
    result = [
        {"from_name": name, "value": value, "type": _kind(value)}
        for name, values in controls.items()
        for value in values
    ]
    annotation = {
        "id": row["annotation_id"],
        "completed_by": row.get("annotator"),
        "created_at": row.get("created_at"),
        "updated_at": row.get("updated_at"),
        "result": result,
    }
    known = {*controls, *MIN_COLUMNS, "id"}
    data = {key: value for key, value in row.items() if key not in known}
    shape = Halves if isinstance(row, Halves) else dict
    return shape(id=row.get("id"), data=data, annotations=[annotation])


def _holds_regions(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, dict) for each in value)
        and any(key in each for each in value for key in REGION_KEYS)
    )


def _kind(value: Mapping[str, Any]) -> str:
    return next((key for key in REGION_KEYS if key in value), "labels")


def _depth_exceeds(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(
            _depth_exceeds(each, levels - 1)
            for each in value.values()
            if each.__class__ in (dict, list)
        )
    if isinstance(value, list):
        return levels == 0 or any(
            _depth_exceeds(each, levels - 1) for each in value if each.__class__ in (dict, list)
        )
    return False
