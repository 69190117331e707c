"""A Label Studio server in memory, which can be told to fail; its answers are the real one's."""

import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

httpx = pytest.importorskip("httpx", reason="pip install 'warwire[label-studio]'")

TOKEN = "0123456789abcdef0123456789abcdef01234567"
URL = "http://studio.example:8080"
CREATED = "2026-01-01T00:00:00.000000Z"

Failure = Callable[[httpx.Request], httpx.Response]


class CutBody(httpx.SyncByteStream):
    """A body that breaks off before its end."""

    def __iter__(self) -> Any:
        yield b'{"tasks": ['
        raise httpx.RemoteProtocolError("peer closed connection without sending complete body")


def answer(status: int, **headers: str) -> Failure:
    """An answer of this status, whose detail repeats what came in the authorization header."""
    detail = "no {}"
    return lambda request: httpx.Response(
        status, headers=headers, json={"detail": detail.format(request.headers["authorization"])}
    )


def cut_off(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=CutBody())


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused")


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out")


def page_of_html(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text="<html>Welcome to the wiki</html>")


@dataclass
class FakeStudio:
    """Projects and tasks by id; `requests` tells what was asked, `failures` what will fail how."""

    projects: dict[int, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[int, dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    failures: list[tuple[str, deque[Failure | None]]] = field(default_factory=list)

    def fail(self, where: str, failure: Failure, times: int = 1, *, after: int = 0) -> None:
        """Let requests that match `METHOD path` fail so many times, after some that do not."""
        self.failures.append((where, deque([None] * after + [failure] * times)))

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def annotate(self, task: int, result: list[Any], by: int = 1, *, skip: bool = False) -> None:
        """Add an annotation; its times and the task's grow with every call."""
        number = sum(len(each["annotations"]) for each in self.tasks.values()) + 1
        time = f"2026-01-02T00:00:{number:02}.000000Z"
        self.tasks[task]["annotations"].append(
            {
                "id": number,
                "completed_by": by,
                "was_cancelled": skip,
                "ground_truth": False,
                "created_at": time,
                "updated_at": time,
                "result": result,
            }
        )
        self.tasks[task]["updated_at"] = time

    def _handle(self, request: httpx.Request) -> httpx.Response:
        told = f"{request.method} {request.url.path}"
        self.requests.append(told)
        for where, planned in self.failures:
            if planned and re.match(where, told) and (failure := planned.popleft()):
                return failure(request)
        if request.headers.get("authorization") != f"Token {TOKEN}":
            return httpx.Response(401, json={"detail": "Invalid token."})
        for pattern, action in self._routes().items():
            if found := re.fullmatch(pattern, told):
                return action(request, *map(int, found.groups()))
        raise AssertionError(f"the fake server does not know {told}")

    def _routes(self) -> dict[str, Callable[..., httpx.Response]]:
        return {
            r"GET /api/projects/": self._list_projects,
            r"POST /api/projects/": self._create_project,
            r"GET /api/projects/(\d+)/": self._get_project,
            r"PATCH /api/projects/(\d+)/": self._update_project,
            r"GET /api/tasks/": self._list_tasks,
            r"GET /api/projects/(\d+)/export": self._export,
            r"POST /api/projects/(\d+)/import": self._import_tasks,
            r"POST /api/projects/(\d+)/import/predictions": self._import_predictions,
        }

    def _list_projects(self, request: httpx.Request) -> httpx.Response:
        title = request.url.params.get("title", "")
        if request.url.params.get("page", "1") != "1":
            return httpx.Response(404, json={"detail": "Invalid page."})
        found = [each for each in self.projects.values() if title in each["title"]]
        return httpx.Response(200, json={"count": len(found), "results": found})

    def _create_project(self, request: httpx.Request) -> httpx.Response:
        number = len(self.projects) + 1
        self.projects[number] = {"id": number, "model_version": ""} | json.loads(request.content)
        return httpx.Response(201, json=self.projects[number])

    def _get_project(self, request: httpx.Request, number: int) -> httpx.Response:
        if number not in self.projects:
            return httpx.Response(404, json={"detail": "No Project matches the given query."})
        return httpx.Response(200, json=self.projects[number])

    def _update_project(self, request: httpx.Request, number: int) -> httpx.Response:
        self.projects[number] |= json.loads(request.content)
        return httpx.Response(200, json=self.projects[number])

    def _list_tasks(self, request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        query = json.loads(asked["query"])
        (above,) = query["filters"]["items"]
        assert (above["filter"], above["operator"]) == ("filter:tasks:id", "greater")
        only = query.get("selectedItems", {}).get("included", self.tasks)
        mine = [
            task
            for task in self.tasks.values()
            if task["project"] == int(asked["project"])
            and task["id"] > above["value"]
            and task["id"] in only
        ]
        shown = mine[: int(asked["page_size"])]
        if asked["fields"] != "all":
            shown = [each | {"annotations": [], "predictions": []} for each in shown]
        return httpx.Response(200, json={"total": len(mine), "tasks": shown})

    def _export(self, request: httpx.Request, number: int) -> httpx.Response:
        ids = {int(each) for each in request.url.params.get_list("ids[]")}
        wanted = [each for each in self.tasks.values() if each["id"] in ids]
        shown = [
            each | {"predictions": [place["id"] for place in each["predictions"]]}
            for each in wanted
            if each["project"] == number
        ]
        return httpx.Response(200, json=shown[::-1])

    def _import_tasks(self, request: httpx.Request, number: int) -> httpx.Response:
        new = json.loads(request.content)
        for task in new:
            identity = len(self.tasks) + 1
            fresh = {"id": identity, "project": number, "updated_at": CREATED}
            self.tasks[identity] = fresh | {"annotations": [], "predictions": []} | task
        return httpx.Response(201, json={"task_count": len(new)})

    def _import_predictions(self, request: httpx.Request, number: int) -> httpx.Response:
        new = json.loads(request.content)
        for each in new:
            held = self.tasks[each["task"]]["predictions"]
            held.append({"id": each["task"] * 100 + len(held)} | each)
        return httpx.Response(201, json={"created": len(new)})
