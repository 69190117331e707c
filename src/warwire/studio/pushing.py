"""A model's predictions → the tasks of a project; annotations are only read."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warwire.corpus.label_studio import LabelingConfig
from warwire.errors import InputError
from warwire.spans import Span
from warwire.studio.predictions import check_labels, prediction
from warwire.studio.projects import plain_text_config
from warwire.studio.server import Project, Server, Task, Watch

Predict = Callable[[Sequence[str]], Sequence[Sequence[Span]]]
BATCH = 50


@dataclass(frozen=True, slots=True)
class Pushed:
    """Tasks that got a prediction, that had one of this version, that are labelled or skipped."""

    pushed: int
    present: int
    passed_over: int


def push(
    server: Server,
    project: Project,
    predict: Predict,
    *,
    labels: Sequence[str],
    version: str,
    tasks: Collection[int] | None = None,
    every: bool = False,
    batch: int = BATCH,
    watch: Watch = lambda done, total: None,
) -> Pushed:
    """Give predictions of one model version to tasks that have none of it, batch by batch.

    Tasks are those without any annotation, or the given ones, or `every` one. A second call goes on
    where the first stopped. Raises InputError for task ids that are not there and for labels that
    the project does not have.
    """
    config = plain_text_config(project)
    check_labels(labels, config, f"project {project.id}")
    if tasks is not None:
        _refuse_missing(server, project.id, tasks)
    return give(
        server,
        project,
        version,
        pages=server.tasks(project.id, whole=True, only=tasks, size=batch),
        choose=lambda task: every or tasks is not None or not task.annotations,
        answer=lambda todo: _entries(todo, predict, config, version),
        watch=watch,
    )


def give(
    server: Server,
    project: Project,
    version: str,
    *,
    pages: Iterable[tuple[Sequence[Task], int]],
    choose: Callable[[Task], bool],
    answer: Callable[[Sequence[Task]], Iterable[Mapping[str, Any]]],
    shows: Callable[[Task], bool] = lambda task: True,
    watch: Watch = lambda done, total: None,
) -> Pushed:
    """Give the chosen tasks of each page that have none of this version their answers.

    Where it answers a task that `shows`, people start from this version from then on.
    """
    tally: Counter[str] = Counter()
    for page, total in pages:
        chosen = [task for task in page if choose(task)]
        todo = [task for task in chosen if version not in versions_of(task)]
        if todo:
            server.import_predictions(project.id, list(answer(todo)))
        tally.update(pushed=len(todo), present=len(chosen) - len(todo), all=len(page))
        tally.update(shown=sum(map(shows, chosen)))
        watch(tally["all"], total)
    if tally["shown"] and project.shown_version != version:
        server.show_version(project.id, version)
    done = tally["pushed"] + tally["present"]
    return Pushed(tally["pushed"], tally["present"], tally["all"] - done)


def _refuse_missing(server: Server, project: int, tasks: Collection[int]) -> None:
    there = {task.id for page, _ in server.tasks(project, only=tasks) for task in page}
    missing = sorted(set(tasks) - there)
    if missing:
        raise InputError(f"project {project} has no task {', '.join(map(str, missing))}")


def versions_of(task: Task) -> set[str]:
    """The model versions that a task has predictions of."""
    return {str(each.get("model_version")) for each in task.predictions}


def _entries(
    tasks: Sequence[Task], predict: Predict, config: LabelingConfig, version: str
) -> Iterator[Mapping[str, Any]]:
    texts = [text_of(task, config.text_key) for task in tasks]
    for task, text, spans in zip(tasks, texts, predict(texts), strict=True):
        yield {"task": task.id, **prediction(text, spans, config, version)}


def text_of(task: Task, key: str) -> str:
    """A task's text; raises InputError where its data holds none under the key."""
    text = task.data.get(key)
    if not isinstance(text, str):
        keys = ", ".join(sorted(task.data)) or "nothing"
        raise InputError(f"task {task.id}: its data holds no text {key!r} (found: {keys})")
    return text
