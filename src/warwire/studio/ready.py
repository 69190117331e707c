"""Predictions from a file (ranked articles, likely mistakes, any JSON Lines of ours) → tasks."""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warwire.corpus.label_studio import LabelingConfig
from warwire.errors import InputError
from warwire.spans import Span
from warwire.studio.predictions import check_labels, prediction
from warwire.studio.projects import plain_text_config
from warwire.studio.pushing import BATCH, Pushed, give, text_of
from warwire.studio.server import Project, Server, Task

NONE = "no predictions; each line holds id and spans with start, end, label, text"


@dataclass(frozen=True, slots=True)
class Answer:
    """An article's spans with the text that each covers, and its score for the queue if any."""

    spans: tuple[Span, ...]
    surfaces: tuple[str, ...]
    score: float | None


def read_answers(file: Path) -> tuple[dict[str, Answer], int]:
    """The answers of a file by article id, and how many lines hold an `error` instead of one.

    A line holds `id`, `spans` and perhaps `score`. Raises InputError that names the line which is
    none, or which answers an article again.
    """
    answers: dict[str, Answer] = {}
    failed = 0
    for where, row in _rows(file):
        if isinstance(row, Mapping) and row.get("error"):
            failed += 1
            continue
        identity, answer = _answer(row, where)
        if identity in answers:
            raise InputError(f"{where}: a second answer to article {identity}; leave one of them")
        answers[identity] = answer
    return answers, failed


def file_version(file: Path) -> str:
    """The file's name and twelve hex digits of its SHA-256: `order@0f3a…`."""
    return f"{file.stem}@{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


def push_answers(
    server: Server,
    project: Project,
    answers: Mapping[str, Answer],
    *,
    version: str,
    batch: int = BATCH,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> Pushed:
    """Give the answers to the tasks whose data bears the articles' ids, annotated or not.

    People start from them only where one of these tasks is open. Raises InputError for labels that
    the project does not have, and where a task's text is not the one that was read.
    """
    config = plain_text_config(project)
    labels = {span.label for answer in answers.values() for span in answer.spans}
    check_labels(sorted(labels), config, f"project {project.id}")
    return give(
        server,
        project,
        version,
        pages=server.tasks(project.id, whole=True, size=batch),
        choose=lambda task: _identity(task) in answers,
        answer=lambda todo: _entries(todo, answers, config, version),
        shows=lambda task: not task.annotations,
        watch=watch,
    )


def _entries(
    tasks: Sequence[Task], answers: Mapping[str, Answer], config: LabelingConfig, version: str
) -> Iterator[Mapping[str, Any]]:
    for task in tasks:
        answer, text = answers[_identity(task)], text_of(task, config.text_key)
        for span, surface in zip(answer.spans, answer.surfaces, strict=True):
            if text[span.start : span.end] != surface:
                raise InputError(
                    f"task {task.id}: holds another text than the file's article"
                    f" {_identity(task)}, where {span.start}..{span.end} reads {surface!r}"
                )
        made = prediction(text, answer.spans, config, version)
        score = {} if answer.score is None else {"score": answer.score}
        yield {"task": task.id, **made, **score}


def _identity(task: Task) -> str:
    """The article id in a task's data; empty where it has none."""
    return str(task.data.get("id", ""))


def _rows(file: Path) -> Iterator[tuple[str, Any]]:
    """Where each line is, and what it holds."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                where = f"{file}, line {number}"
                yield where, _parse(line, where)


def _parse(line: bytes, where: str) -> Any:
    try:
        return json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8 text (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: {NONE}") from error


def _answer(row: Any, where: str) -> tuple[str, Answer]:
    try:
        spans = tuple(
            Span(int(each["start"]), int(each["end"]), str(each["label"]), _score(each, where))
            for each in row["spans"]
        )
        surfaces = tuple(str(each["text"]) for each in row["spans"])
        return str(row["id"]), Answer(spans, surfaces, _score(row, where))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise InputError(f"{where}: {NONE}") from error


def _score(record: Mapping[str, Any], where: str) -> float | None:
    score = record.get("score")
    if score is None:
        return None
    if type(score) not in (int, float) or not math.isfinite(score):
        raise InputError(f"{where}: the score {score!r:.40} is no number")
    return float(score)
