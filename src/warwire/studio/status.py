"""What became of a project's tasks: labelled, skipped, disputed, and predicted by which model."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from warwire.studio.pushing import versions_of
from warwire.studio.server import Server, Task, Watch


def status(
    server: Server, project: int, *, watch: Watch = lambda done, total: None
) -> dict[str, Any]:
    """The figures of a project as plain data.

    `labelled` have an annotation, `disputed` of these have two whose spans differ, `skipped` have
    only skipped ones. `predictions` counts tasks by model version; `shown_version` is the one that
    people start from.
    """
    found = server.project(project)
    kinds: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    disputed: list[int] = []
    for page, total in server.tasks(project, whole=True):
        for task in page:
            kinds[_kind(task)] += 1
            versions.update(versions_of(task))
            disputed += [task.id] if is_disputed(task) else []
        watch(kinds.total(), total)
    return {
        "project": project,
        "title": found.title,
        "address": server.address(project),
        "tasks": kinds.total(),
        **{kind: kinds[kind] for kind in ("labelled", "skipped", "unlabelled")},
        "disputed": len(disputed),
        "disputed_tasks": disputed,
        "predictions": dict(sorted(versions.items())),
        "shown_version": found.shown_version or None,
    }


def is_disputed(task: Task) -> bool:
    """Whether two annotations of a task, skipped ones aside, mark different spans."""
    readings = [_spans(each) for each in task.annotations if not each.get("was_cancelled")]
    return any(reading != readings[0] for reading in readings[1:])


def _kind(task: Task) -> str:
    if not task.annotations:
        return "unlabelled"
    live = any(not each.get("was_cancelled") for each in task.annotations)
    return "labelled" if live else "skipped"


def _spans(annotation: Mapping[str, Any]) -> set[str]:
    """Each region's control, edges and labels; who drew it and under which id is no part."""
    regions = [each for each in annotation.get("result") or () if isinstance(each, dict)]
    return {
        repr((each.get("from_name"), sorted(_meaning(each["value"]).items())))
        for each in regions
        if isinstance(each.get("value"), dict)
    }


def _meaning(value: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(content) for key, content in value.items() if key not in ("text", "score")}
