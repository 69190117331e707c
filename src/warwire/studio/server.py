"""A Label Studio server: the calls that Warwire makes, and one line for each way they fail."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from warwire.errors import InputError, RunError
from warwire.studio.credentials import Credentials
from warwire.studio.patience import TRIES, Patience

SECONDS_TO_ANSWER = 120.0
TASKS_A_PAGE = 100
FAILURES = {
    401: "does not accept the token; copy a valid one from Account & Settings to"
    " LABEL_STUDIO_API_KEY (a legacy token only works where the server allows them)",
    403: "does not let this token's user do that; use a token of a user who may manage projects",
    404: "has no such project or task (deleted, or another organization's)",
    413: "refuses requests of this size; put fewer into one with --batch",
    429: "limits the rate of requests; call again later and it goes on from here",
}


Watch = Callable[[int, int], None]
"""Takes how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project's id, title and labeling config, and the model version whose answers it shows."""

    id: int
    title: str
    config: str
    shown_version: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task's data with, where asked for, its annotations and predictions as the server tells."""

    id: int
    data: Mapping[str, Any]
    updated: str
    annotations: Sequence[Mapping[str, Any]]
    predictions: Sequence[Mapping[str, Any]]


class Server:
    """Speaks to one server; every failure is a RunError of one line that never shows the token."""

    def __init__(
        self, credentials: Credentials, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = credentials.url
        self._token = credentials.token
        client = httpx.Client(
            transport=transport or Patience(httpx.HTTPTransport()), timeout=SECONDS_TO_ANSWER
        )
        with self._speaking():
            self._studio = _client(credentials, client)

    def address(self, project: int) -> str:
        """Where people find a project."""
        return f"{self.url}/projects/{project}"

    def project(self, identity: int) -> Project:
        """A project by its id."""
        with self._speaking(f"project {identity}"):
            return _project(self._studio.projects.get(identity))

    def projects_titled(self, title: str) -> list[Project]:
        """The projects that bear exactly this title."""
        with self._speaking():
            found = self._studio.projects.list(title=title, page_size=TASKS_A_PAGE)
            return [_project(each) for each in found if each.title == title]

    def create_project(self, title: str, config: str, instructions: str) -> Project:
        """A new project; its queue gives the tasks with the lowest prediction score first."""
        with self._speaking():
            created = self._studio.projects.create(
                title=title,
                label_config=config,
                expert_instruction=instructions,
                show_instruction=bool(instructions),
                show_collab_predictions=True,
                sampling="Uncertainty sampling",
            )
        return _project(created)

    def show_version(self, project: int, version: str) -> None:
        """Let people start from the predictions of one model version."""
        with self._speaking(f"project {project}"):
            self._studio.projects.update(project, model_version=version)

    def tasks(
        self,
        project: int,
        *,
        whole: bool = False,
        only: Collection[int] | None = None,
        size: int = TASKS_A_PAGE,
    ) -> Iterator[tuple[list[Task], int]]:
        """Pages of a project's tasks by id, each with the number of all; `whole` with annotations.

        A page begins after the last id of the one before, so that tasks which are added or deleted
        meanwhile move no other out of sight. `only` names the tasks that are wanted.
        """
        last, done = 0, 0
        while True:
            with self._speaking(f"project {project}"):
                found = self._studio.tasks.list(
                    project=project,
                    page=1,
                    page_size=size,
                    fields="all" if whole else "task_only",
                    query=_query(last, only),
                )
                total = done + int(found.response.total)
                tasks = [_task(each.model_dump()) for each in found.items or ()]
            if not tasks:
                return
            if tasks[0].id <= last:
                raise RunError(f"{self.url} lists tasks anew; update Label Studio to 1.23 or later")
            yield tasks, total
            last, done = tasks[-1].id, done + len(tasks)

    def export(self, project: int, tasks: Sequence[int]) -> list[dict[str, Any]]:
        """Some tasks exactly as the server's JSON export holds them, in the order of their ids."""
        with self._speaking(f"project {project}"):
            pieces = self._studio.projects.exports.download_sync(
                project,
                export_type="JSON",
                download_all_tasks=True,
                request_options={"additional_query_parameters": {"ids[]": list(tasks)}},
            )
            exported = sorted(json.loads(b"".join(pieces)), key=_task_id)
            foreign = {_task_id(task) for task in exported} - set(tasks)
        if foreign:
            raise RunError(f"{self.url} exports other tasks than it was asked for")
        return exported

    def import_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Add tasks; RunError where the server tells of another number than it was given."""
        with self._speaking(f"project {project}"):
            answer = self._studio.projects.import_tasks(project, request=list(tasks))
        self._check(answer.task_count, len(tasks), "tasks")

    def import_predictions(self, project: int, predictions: Sequence[Mapping[str, Any]]) -> None:
        """Add predictions; RunError where the server tells of another number than it was given."""
        with self._speaking(f"project {project}"):
            answer = self._studio.projects.import_predictions(project, request=list(predictions))
        self._check(answer.created, len(predictions), "predictions")

    def _check(self, taken: int | None, given: int, what: str) -> None:
        if taken is not None and taken != given:
            raise RunError(f"{self.url} took {taken} of {given} {what} and does not say why")

    @contextmanager
    def _speaking(self, what: str = "") -> Iterator[None]:
        """Turn every failure of a call into one line."""
        from label_studio_sdk.core.api_error import ApiError
        from label_studio_sdk.core.parse_error import ParsingError

        subject = f"{self.url}{f', {what}' if what else ''}"
        try:
            yield
        except ApiError as error:
            raise RunError(self._told(subject, error.status_code or 0, error.body)) from None
        except httpx.TimeoutException:
            raise RunError(f"{subject}: no answer in time; call again") from None
        except httpx.ConnectError:
            raise RunError(f"{subject}: not reached; is Label Studio running there?") from None
        except json.JSONDecodeError:
            raise RunError(self._told(subject, 200, None)) from None
        except (httpx.HTTPError, ParsingError, ValueError, AttributeError, TypeError) as error:
            reason = self._safe(f"{type(error).__name__} {error}")
            raise RunError(f"{subject}: the answer broke off or is none: {reason}") from None

    def _told(self, subject: str, status: int, body: Any) -> str:
        if status in FAILURES:
            return f"{subject}: the server {FAILURES[status]}"
        if status >= 500:
            return f"{subject}: the server failed with {status} (reads are tried {TRIES} times)"
        if status < 400:
            return f"{subject}: no Label Studio answers there; check LABEL_STUDIO_URL ({status})"
        return f"{subject}: refused with {status}: {self._safe(_detail(body))}"

    def _safe(self, message: str) -> str:
        line = " ".join(message.replace(self._token, "[token]").split())
        return line if len(line) <= 200 else f"{line[:197]}..."


def _client(credentials: Credentials, client: httpx.Client) -> Any:
    try:
        from label_studio_sdk import LabelStudio
    except ImportError as error:
        raise InputError(
            "the Label Studio client is not installed; pip install 'warwire[label-studio]'"
        ) from error
    return LabelStudio(
        base_url=f"{credentials.url}/",
        api_key=credentials.token,
        httpx_client=client,
        max_retries=0,
    )


def _project(found: Any) -> Project:
    version = getattr(found, "model_version", None) or ""
    return Project(int(found.id), found.title, found.label_config or "", version)


def _task(found: Mapping[str, Any]) -> Task:
    return Task(
        id=int(found["id"]),
        data=found.get("data") or {},
        updated=str(found.get("updated_at")),
        annotations=[each for each in found.get("annotations") or () if isinstance(each, dict)],
        predictions=[each for each in found.get("predictions") or () if isinstance(each, dict)],
    )


def _query(last: int, only: Collection[int] | None) -> str:
    """The tasks with an id above the last one, in order."""
    above = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": last}
    query: dict[str, Any] = {"filters": {"conjunction": "and", "items": [above]}}
    query["ordering"] = ["tasks:id"]
    if only is not None:
        query["selectedItems"] = {"all": False, "included": sorted(only)}
    return json.dumps(query)


def _task_id(exported: Mapping[str, Any]) -> int:
    return int(exported["id"])


def _detail(body: Any) -> str:
    if not isinstance(body, Mapping):
        return str(body)
    return str(body.get("validation_errors") or body.get("detail") or body)
