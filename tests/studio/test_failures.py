"""Each way in which a server can fail: one clear line, exit code 1, and a second call goes on."""

import json
import logging
from pathlib import Path

import httpx
import pytest

from tests.studio.articles import result_of, studio_articles, write_articles
from tests.studio.conftest import Call
from tests.studio.fake import (
    TOKEN,
    Failure,
    FakeStudio,
    answer,
    cut_off,
    page_of_html,
    silent,
    unreachable,
)
from warwire.studio.patience import TRIES

GONE = lambda request: httpx.Response(404, json={"detail": "No Project matches the query."})  # noqa: E731

FAILURES = {
    "down": (unreachable, TRIES, "is Label Studio running"),
    "silent": (silent, TRIES, "no answer in time"),
    "wrong token": (answer(401), 1, "does not accept the token"),
    "forbidden": (answer(403), 1, "does not let this token's user"),
    "deleted": (GONE, 1, "no such project or task"),
    "rate limit": (answer(429), TRIES, "limits the rate"),
    "rate limit for long": (answer(429, **{"retry-after": "3600"}), 1, "limits the rate"),
    "server error": (answer(500), TRIES, "failed with 500"),
    "half a page": (cut_off, TRIES, "broke off"),
    "another site": (page_of_html, 1, "no Label Studio answers there"),
    "moved": (answer(301, location="https://elsewhere.example"), 1, "no Label Studio answers"),
    "no JSON object": (lambda request: httpx.Response(200, json=[1]), 1, "broke off or is none"),
}


@pytest.fixture
def project(fake: FakeStudio, call: Call, tmp_path: Path, world: Path) -> FakeStudio:
    """A project of eight tasks, four of them annotated, pulled once."""
    done = call("studio", "init", write_articles(tmp_path / "articles"), "--title", "News")
    assert done.code == 0, done.err
    for task in list(fake.tasks.values())[:4]:
        fake.annotate(task["id"], list(result_of(studio_articles()[task["data"]["id"]][1])))
    return fake


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize(
    ("command", "where"),
    [
        (("status", "--project", "1"), "GET /api/tasks"),
        (("pull", "--project", "1", "--out", "out", "--page", "2"), "GET .*/export"),
        (("push", "models/toy", "--project", "1", "--batch", "2"), "GET /api/projects/1"),
    ],
    ids=["status", "pull", "push"],
)
def test_one_line_and_exit_code_1(
    project: FakeStudio, call: Call, kind: str, command: tuple[str, ...], where: str
) -> None:
    failure, times, says = FAILURES[kind]
    project.fail(where, failure, times)
    failed = call("studio", *command)
    assert failed.code == 1
    assert says in failed.line
    assert "http://studio.example:8080" in failed.line
    assert TOKEN not in failed.err
    assert not Path("out/export.json").exists()
    assert call("studio", *command).code == 0


def exports(fake: FakeStudio) -> int:
    return sum(told.endswith("/export") for told in fake.requests)


def test_a_pull_goes_on_where_it_stopped(project: FakeStudio, call: Call) -> None:
    pull = ("studio", "pull", "--project", "1", "--out", "out", "--page", "2")
    project.fail("GET .*/export", cut_off, TRIES, after=2)
    assert call(*pull).code == 1
    assert exports(project) == 2 + TRIES
    again = call(*pull)
    assert "2 pages were here from an earlier call" in again.err
    assert exports(project) == 2 + TRIES + 2
    exported = json.loads(Path("out/export.json").read_text())
    assert [task["id"] for task in exported] == list(range(1, 9))
    names = sorted(path.name for path in Path("out").iterdir())
    assert names == ["export.json", "labeling-config.xml"]


def test_a_page_is_pulled_anew_once_its_annotations_changed(
    project: FakeStudio, call: Call
) -> None:
    pull = ("studio", "pull", "--project", "1", "--out", "out", "--page", "4")
    project.fail("GET .*/export", unreachable, TRIES, after=1)
    assert call(*pull).code == 1
    project.annotate(2, [])
    assert "earlier call" not in call(*pull).err
    exported = json.loads(Path("out/export.json").read_text())
    assert len(exported[1]["annotations"]) == 2


def test_a_failed_pull_leaves_the_last_one_whole(project: FakeStudio, call: Call) -> None:
    pull = ("studio", "pull", "--project", "1", "--out", "out")
    assert call(*pull).code == 0
    before = Path("out/export.json").read_bytes()
    project.annotate(1, [])
    project.fail("GET .*/export", silent, TRIES)
    assert call(*pull).code == 1
    assert Path("out/export.json").read_bytes() == before


def test_a_push_goes_on_where_it_stopped(project: FakeStudio, call: Call) -> None:
    push = ("studio", "push", "models/toy", "--project", "1", "--all", "--batch", "2")
    project.fail("POST .*/predictions", answer(502), after=2)
    failed = call(*push)
    assert (failed.code, sum(len(task["predictions"]) for task in project.tasks.values())) == (1, 4)
    assert "4 tasks got predictions" in (done := call(*push)).err
    assert "4 had them" in done.err
    assert [len(task["predictions"]) for task in project.tasks.values()] == [1] * 8


@pytest.mark.parametrize("failure", [silent, cut_off, answer(500), answer(503)])
def test_what_may_have_been_done_is_not_done_twice(
    fake: FakeStudio, call: Call, tmp_path: Path, failure: Failure
) -> None:
    init = ("studio", "init", write_articles(tmp_path / "articles"), "--title", "News")
    fake.fail("POST .*/import", failure)
    assert call(*init).code == 1
    assert sum(told.endswith("/import") for told in fake.requests) == 1
    assert "8 articles imported" in call(*init).err
    assert len(fake.tasks) == 8
    assert len(fake.projects) == 1


def test_tasks_deleted_meanwhile_hide_no_others(
    project: FakeStudio, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_tasks = FakeStudio._list_tasks

    def shrink(self: FakeStudio, request: httpx.Request) -> httpx.Response:
        told = list_tasks(self, request)
        self.tasks.pop(1, None)
        return told

    monkeypatch.setattr(FakeStudio, "_list_tasks", shrink)
    push = ("studio", "push", "models/toy", "--project", "1", "--all", "--batch", "3")
    project.fail("POST .*/predictions", lambda request: httpx.Response(201, json={"created": 3}))
    assert call(*push).code == 0
    assert all(
        len(task["predictions"]) == 1 for number, task in project.tasks.items() if number > 3
    )


def test_a_rate_limit_is_waited_for(project: FakeStudio, call: Call) -> None:
    project.fail("POST .*/predictions", answer(429, **{"retry-after": "7"}), 2)
    assert call("studio", "push", "models/toy", "--project", "1").code == 0
    assert project.waits == [7.0, 7.0]


def test_fewer_predictions_than_were_given_are_told(project: FakeStudio, call: Call) -> None:
    none = lambda request: httpx.Response(201, json={"created": 0})  # noqa: E731
    project.fail("POST .*/predictions", none)
    failed = call("studio", "push", "models/toy", "--project", "1")
    assert (failed.code, failed.line.endswith("took 0 of 4 predictions and does not say why")) == (
        1,
        True,
    )


def test_another_project_in_an_export_is_told(project: FakeStudio, call: Call) -> None:
    every = lambda request: httpx.Response(200, json=[{"id": 77, "annotations": []}])  # noqa: E731
    project.fail("GET .*/export", every)
    failed = call("studio", "pull", "--project", "1", "--out", "out")
    assert failed.code == 1
    assert "exports other tasks" in failed.line


def test_nothing_logs_the_token(
    project: FakeStudio, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    project.fail("GET /api/tasks", answer(400))
    failed = call("studio", "status", "--project", "1")
    assert "refused with 400" in failed.line
    call("studio", "status", "--project", "1")
    assert "HTTP Request" in caplog.text
    assert TOKEN not in caplog.text + failed.err
