"""What annotators did, as the server tells by webhook: one line an event, never rewritten."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from warwire.errors import InputError

JOURNAL_FILE = "studio-journal.jsonl"
TASK_KEYS = ("id", "data")
ANNOTATION_KEYS = (
    *("id", "task", "completed_by", "result", "was_cancelled", "ground_truth"),
    *("lead_time", "created_at", "updated_at"),
)

Event = dict[str, Any]
"""action, received (ISO 8601, UTC), project (its id), task and annotation (or None)."""


class Journal:
    """An append-only file of events in a folder; safe to write from several threads."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: is no folder; choose another --journal")
        self.path = folder / JOURNAL_FILE
        self._lock = threading.Lock()

    def write(self, payload: Mapping[str, Any]) -> int:
        """Add a webhook's events, on disk when this returns; gives their number.

        Only what names and holds the annotation is kept: no token, no address, no person's name.
        """
        lines = [json.dumps(event) for event in events(payload)]
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab+") as file:
                whole = _ends_whole(file)
                file.write(("" if whole else "\n").encode())
                file.write("".join(f"{line}\n" for line in lines).encode())
                file.flush()
                os.fsync(file.fileno())
        return len(lines)


def read_journal(folder: Path) -> Iterator[Event]:
    """The events in the order they came; a line that a crash cut short is passed over."""
    path = folder / JOURNAL_FILE
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            event = _parse(line)
            if event is not None:
                yield event


def events(payload: Mapping[str, Any]) -> Iterator[Event]:
    """One event an annotation; one a task where there are none; one where there is neither."""
    about = {
        "action": payload.get("action"),
        "received": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "project": _id(payload.get("project")),
    }
    tasks = [_kept(task, TASK_KEYS) for task in _listed(payload, "task")]
    annotations = [_kept(each, ANNOTATION_KEYS) for each in annotations_in(payload)]
    for annotation in annotations:
        yield about | {"task": _task_of(annotation, tasks), "annotation": annotation}
    if not annotations:
        alone: list[Event | None] = [*tasks] or [None]
        yield from (about | {"task": task, "annotation": None} for task in alone)


def annotations_in(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The annotations that a webhook tells of."""
    return _listed(payload, "annotation")


def is_named(annotation: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether it is an annotation that bears an id, which is a whole number or a text."""
    return isinstance(annotation, Mapping) and type(annotation.get("id")) in (int, str)


def _listed(payload: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """What stands under a name or its plural, alone or as a list."""
    found = payload.get(name, payload.get(f"{name}s"))
    several = found if isinstance(found, list) else [found]
    return [each for each in several if isinstance(each, Mapping)]


def _kept(record: Mapping[str, Any], keys: tuple[str, ...]) -> Event:
    kept = {key: record[key] for key in keys if key in record}
    if "completed_by" in kept:
        kept["completed_by"] = _id(kept["completed_by"])
    return kept


def _task_of(annotation: Event, tasks: list[Event]) -> Event | None:
    own = annotation.get("task")
    named = None if own is None else {"id": own}
    return next((task for task in tasks if own in (None, task.get("id"))), named)


def _id(thing: Any) -> Any:
    return thing.get("id") if isinstance(thing, Mapping) else thing


def _ends_whole(file: Any) -> bool:
    """Whether the file is empty or ends with a line end, as it does unless a write was cut."""
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _parse(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
