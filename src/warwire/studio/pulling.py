"""A project → the export that `prepare` reads, page by page, going on after a failure."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warwire.errors import RunError
from warwire.storage import write_text
from warwire.studio.server import TASKS_A_PAGE, Server, Task, Watch

EXPORT_FILE = "export.json"
CONFIG_FILE = "labeling-config.xml"
PARTIAL = ".export.partial"


@dataclass(frozen=True, slots=True)
class Pulled:
    """How many tasks and live annotations came, and how many pages an earlier call had fetched."""

    tasks: int
    annotations: int
    kept_pages: int


def pull(
    server: Server,
    project: int,
    folder: Path,
    *,
    size: int = TASKS_A_PAGE,
    watch: Watch = lambda done, total: None,
) -> Pulled:
    """Write `export.json` and `labeling-config.xml` of a project into a folder.

    The tasks are those of the server's own JSON export, unlabelled ones too. Pages wait in a folder
    beside until all are there; a page is fetched anew when one of its tasks changed since. Raises
    RunError, with `export.json` as it was.
    """
    found = server.project(project)
    tasks = [task for page, _ in server.tasks(project) for task in page]
    if not tasks:
        raise RunError(f"{server.address(project)}: the project holds no tasks yet")
    partial = folder / PARTIAL
    pages = [tasks[first : first + size] for first in range(0, len(tasks), size)]
    files = [partial / _name(server, project, page) for page in pages]
    kept = sum(file.is_file() for file in files)
    for done, (file, page) in enumerate(zip(files, pages, strict=True)):
        watch(done, len(pages))
        if not file.is_file():
            exported = server.export(project, [task.id for task in page])
            write_text(file, "".join(f"{_line(task)}\n" for task in exported))
    watch(len(pages), len(pages))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    write_text(folder / CONFIG_FILE, found.config)
    write_text(folder / EXPORT_FILE, "[\n" + ",\n".join(lines) + "\n]\n")
    shutil.rmtree(partial, ignore_errors=True)
    return Pulled(len(lines), sum(map(_live, map(json.loads, lines))), kept)


def _name(server: Server, project: int, page: Sequence[Task]) -> str:
    """Changes with any task of the page, and with the project and server it is from."""
    about = [server.url, project, *([task.id, task.updated] for task in page)]
    return f"{hashlib.sha256(json.dumps(about).encode()).hexdigest()[:24]}.jsonl"


def _line(task: Any) -> str:
    return json.dumps(task, ensure_ascii=True)


def _live(task: Any) -> int:
    return sum(not each.get("was_cancelled") for each in task["annotations"])
