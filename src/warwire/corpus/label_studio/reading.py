"""Export files → task dictionaries, or one line that says why a file is no readable export."""

import json
from pathlib import Path
from typing import Any

from warwire.errors import InputError

RE_EXPORT = "export the project again as JSON (Export > JSON)"


def read_tasks(path: Path) -> list[dict[str, Any]]:
    """The tasks of one JSON or JSON Lines export, in file order.

    Raises InputError for a missing file, broken JSON (with line and column) and other shapes.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such export file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); {RE_EXPORT}") from error
    return _tasks_in(_parse(text, path), path)


def _parse(text: str, path: Path) -> Any:
    if not text.strip():
        raise InputError(f"{path}: the file is empty; {RE_EXPORT}")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text.lstrip().startswith("{"):
            return _parse_lines(text, path)
        raise _not_json(error, path) from error


def _parse_lines(text: str, path: Path) -> list[Any]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise InputError(
                f"{path}: line {number} is not JSON: {error.msg} at column {error.colno}"
            ) from error
    return rows


def _not_json(error: json.JSONDecodeError, path: Path) -> InputError:
    place = f"line {error.lineno}, column {error.colno}"
    return InputError(f"{path}: not JSON: {error.msg} at {place}; {RE_EXPORT}")


def _tasks_in(content: Any, path: Path) -> list[dict[str, Any]]:
    if isinstance(content, dict) and ("annotations" in content or "completions" in content):
        content = [content]
    if not isinstance(content, list):
        kind = type(content).__name__
        raise InputError(f"{path}: expected a list of tasks, found a JSON {kind}; {RE_EXPORT}")
    if not content:
        raise InputError(f"{path}: the export holds no tasks")
    for number, task in enumerate(content, start=1):
        _check_task(task, number, path)
    return content


def _check_task(task: Any, number: int, path: Path) -> None:
    if not isinstance(task, dict):
        kind = type(task).__name__
        raise InputError(f"{path}: entry {number} is a {kind}, not a task; {RE_EXPORT}")
    if "annotations" in task or "completions" in task:
        return
    if "annotation_id" in task:
        raise InputError(f"{path}: this is a JSON_MIN export, without region ids; {RE_EXPORT}")
    keys = ", ".join(sorted(task)[:6]) or "none"
    raise InputError(
        f"{path}: entry {number} has no 'annotations' (keys found: {keys}); {RE_EXPORT}"
    )
