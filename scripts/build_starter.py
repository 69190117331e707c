"""Make data/starter/export.json: the marked-up articles, through a running Label Studio and back.

Needs the extra `label-studio` and a server; address and token come from LABEL_STUDIO_URL and
LABEL_STUDIO_API_KEY. Every article becomes a task; where `readings/` holds a first and a second
reading, both stay as annotations beside the adjudicated one, which alone is ground truth.
"""

import csv
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from label_studio_sdk import LabelStudio

from warwire.corpus.markup import read_marked_up
from warwire.documents import Document
from warwire.storage import write_text

HOME = Path(__file__).parent.parent / "data" / "starter"
READERS = ("first-reader", "second-reader", "adjudicator")
TASKS_A_REQUEST = 50


def main() -> None:
    """Create a project, import tasks with annotations, write what the server exports."""
    client = LabelStudio(
        base_url=os.environ["LABEL_STUDIO_URL"], api_key=os.environ["LABEL_STUDIO_API_KEY"]
    )
    readers = dict(zip(READERS, map(lambda name: _user(client, name), READERS), strict=True))
    project = client.projects.create(
        title="Warwire starter corpus",
        label_config=(HOME / "labeling-config.xml").read_text(encoding="utf-8"),
    )
    tasks = list(_tasks(readers))
    for first in range(0, len(tasks), TASKS_A_REQUEST):
        client.projects.import_tasks(project.id, request=tasks[first : first + TASKS_A_REQUEST])
    exported = _export(client, project.id)
    _check(exported, tasks)
    lines = ",\n".join(json.dumps(task, ensure_ascii=False) for task in exported)
    write_text(HOME / "export.json", f"[\n{lines}\n]\n")
    client.projects.delete(project.id)
    print(f"{len(exported)} tasks exported", file=sys.stderr)


def _user(client: Any, name: str) -> int:
    email = f"{name}@example.org"
    known = {user.email: user.id for user in client.users.list()}
    if email in known:
        return int(known[email])
    return int(client.users.create(username=name, email=email, first_name=name).id)


def _tasks(readers: dict[str, int]) -> Iterator[dict[str, Any]]:
    splits = _splits()
    first, second = _readings("first.txt"), _readings("second.txt")
    for document in _articles():
        identity = document.id
        data = {"text": document.text, "id": identity, "date": document.date}
        data |= {"source": document.source, "split": splits[identity], **document.meta}
        annotations = [_annotation(document, readers["adjudicator"], ground_truth=True)]
        if identity in second:
            others = ((first, "first-reader"), (second, "second-reader"))
            annotations = [
                *(_annotation(each[identity], readers[name]) for each, name in others),
                *annotations,
            ]
        yield {"data": data, "annotations": annotations}


def _articles() -> list[Document]:
    files = sorted((HOME / "articles").glob("*.txt"))
    return [document for file in files for document in read_marked_up(file)]


def _readings(name: str) -> dict[str, Document]:
    return {document.id: document for document in read_marked_up(HOME / "readings" / name)}


def _splits() -> dict[str, str]:
    with (HOME / "splits.csv").open(encoding="utf-8", newline="") as rows:
        return {row["id"]: row["split"] for row in csv.DictReader(rows)}


def _annotation(document: Document, reader: int, *, ground_truth: bool = False) -> dict[str, Any]:
    marks = [("label", span) for span in document.spans]
    marks += [("furniture", span) for span in document.furniture]
    result = [
        {
            "id": f"{document.id}-{number}",
            "from_name": control,
            "to_name": "text",
            "type": "labels",
            "origin": "manual",
            "value": {
                "start": span.start,
                "end": span.end,
                "text": document.surface(span),
                "labels": [span.label],
            },
        }
        for number, (control, span) in enumerate(marks)
    ]
    return {"result": result, "completed_by": reader, "ground_truth": ground_truth}


def _export(client: Any, project: int) -> list[dict[str, Any]]:
    parts: Iterable[bytes] = client.projects.exports.download_sync(
        project, export_type="JSON", download_all_tasks=True
    )
    tasks = json.loads(b"".join(parts))
    return sorted(tasks, key=lambda task: task["id"])


def _check(exported: list[dict[str, Any]], sent: list[dict[str, Any]]) -> None:
    """Stop where the server gave back other texts, spans or marks of ground truth than it got."""
    if len(exported) != len(sent):
        raise SystemExit(f"sent {len(sent)} tasks, got {len(exported)}")
    for task, original in zip(exported, sent, strict=True):
        if task["data"] != original["data"] or _marks(task) != _marks(original):
            raise SystemExit(f"task {task['id']} ({task['data']['id']}) came back changed")


def _marks(task: dict[str, Any]) -> list[Any]:
    return sorted(
        (
            annotation["completed_by"],
            annotation["ground_truth"],
            sorted(
                (result["from_name"], result["value"]["start"], result["value"]["end"])
                for result in annotation["result"]
            ),
        )
        for annotation in task["annotations"]
    )


if __name__ == "__main__":
    main()
