"""The whole round with a real server: articles, predictions, annotations, model, and again."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from tests.studio.articles import ODD, result_of, studio_articles, write_articles
from tests.studio.conftest import Call
from tests.studio.live import LiveStudio, personal_access_token, sdk
from tests.worlds import write_config
from warwire.corpus.dataset import load_dataset

pytestmark = [pytest.mark.studio, pytest.mark.timeout(900)]


@contextmanager
def serving(run: Path, log: Path) -> Iterator[str]:
    """`warwire serve` on a free port, and its address."""
    command = [sys.executable, "-m", "warwire.cli", "serve", str(run), "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if "LABEL_STUDIO" not in name}
    with log.open("w") as output:
        process = subprocess.Popen(command, stderr=output, stdout=output, env=environment)
    try:
        yield _address(process, log)
    finally:
        process.terminate()
        assert process.wait(60) == 0, log.read_text()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    import time

    for _ in range(600):
        if found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text()):
            return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def tasks_of(studio: LiveStudio, project: int) -> dict[str, Any]:
    """The server's tasks, whole, by article id."""
    found = sdk(studio).tasks.list(project=project, page_size=100, fields="all")
    return {task.data["id"]: SimpleNamespace(**task.model_dump()) for task in found}


def annotate(client: Any, task: Any, *, without: int = 0) -> None:
    _, article = studio_articles()[task.data["id"]]
    client.annotations.create(task.id, result=result_of(article, without=without))


def test_the_whole_round(
    signed_in: LiveStudio,
    second: str,
    world: Path,
    call: Call,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said, title = "", f"Round {uuid4().hex[:8]}"

    def run(*arguments: str | Path) -> Any:
        nonlocal said
        done = call(*arguments)
        said += done.out + done.err
        assert done.code == 0, done.err
        return json.loads(done.out) if done.out.startswith("{") else done.err

    # Articles in, once.
    folder = write_articles(tmp_path / "articles")
    made = run("studio", "init", folder, "--title", title, "--json")
    assert (made["made"], made["new"], made["present"]) == (True, 8, 0)
    again = run("studio", "init", folder, "--title", title, "--json")
    assert (again["project"], again["new"], again["present"]) == (made["project"], 0, 8)
    project = str(made["project"])
    tasks = tasks_of(signed_in, made["project"])
    texts = {identity: article.text for identity, (_, article) in studio_articles().items()}
    assert {identity: task.data["text"] for identity, task in tasks.items()} == texts
    assert sum(text.startswith(ODD[:8]) for text in texts.values()) == 2

    # Predictions in, once.
    assert "8 tasks got" in run("studio", "push", "models/toy", "--project", project)
    assert "0 tasks got" in run("studio", "push", "models/toy", "--project", project)
    predicted = tasks_of(signed_in, made["project"])
    assert {len(task.predictions) for task in predicted.values()} == {1}
    for task in predicted.values():
        for region in task.predictions[0]["result"]:
            value = region["value"]
            assert task.data["text"][value["start"] : value["end"]] == value["text"]
            assert 0 <= region["score"] <= 1

    # Two people annotate; one task is skipped, one is disputed.
    lead, other = sdk(signed_in), sdk(signed_in, second)
    *most, skipped = tasks.values()
    for task in most:
        annotate(lead, task)
    annotate(other, most[0])
    annotate(other, most[1], without=1)
    other.annotations.create(skipped.id, result=[], was_cancelled=True)
    told = run("studio", "status", "--project", project, "--json")
    assert (told["labelled"], told["skipped"], told["unlabelled"]) == (7, 1, 0)
    assert told["disputed_tasks"] == [most[1].id]
    assert list(told["predictions"].values()) == [8]

    # Out again, and every span at its words.
    run("studio", "pull", "--project", project, "--out", "studio", "--page", "3")
    splits = [f"{identity},{split}" for identity, (split, _) in studio_articles().items()]
    Path("splits.csv").write_text("\n".join(["id,split", *splits]))
    run(
        *("prepare", "studio/export.json", "--out", "data/live", "--split", "splits.csv"),
        *("--labeling-config", "studio/labeling-config.xml", "--annotators", "latest"),
    )
    assert_prepared(Path("data/live"), skipped=skipped.data["id"], disputed=most[1].data["id"])

    # A model of these, connected to the server, answers the server's own question.
    base = json.loads(Path("models/toy/provenance.json").read_text())["base_model"]
    write_config(Path("live.yaml"), Path(base), Path("data/live"))
    run("train", "live.yaml")
    with serving(Path("models/live"), tmp_path / "serve.log") as address:
        lead.ml.create(project=made["project"], url=address, title="live", is_interactive=False)
        selected = {"all": True, "excluded": []}
        lead.actions.create(
            id="retrieve_tasks_predictions", project=made["project"], selected_items=selected
        )
        assert_answered(tasks_of(signed_in, made["project"]))

        # The connection brought a webhook: what is annotated from now on is journalled.
        annotate(lead, skipped)
    (event,) = map(json.loads, Path("studio/studio-journal.jsonl").read_text().splitlines())
    assert (event["action"], event["project"]) == ("ANNOTATION_CREATED", made["project"])
    assert event["annotation"]["completed_by"] == lead.users.whoami().id

    # Enough to learn from; the run takes its place unless a paired test says worse.
    learn = ("studio", "learn", "live.yaml", "--project", project, "--current", "models/live")
    assert "1 of 2 new annotations by the journal" in run(*learn, "--minimum", "2")
    decision = run(*learn, "--minimum", "1", "--json")
    assert decision["old"] == "live"
    assert decision["articles"] == 2
    assert decision["promoted"] is not (decision["difference"] < 0 and decision["p"] < 0.05)
    assert Path("models/current").resolve().name == decision["new"]
    assert json.loads(Path("studio/decisions.jsonl").read_text()) == decision
    assert "0 of 1 new annotations" in run(*learn, "--minimum", "1")

    # The newer kind of token works as well, and no token is told anywhere.
    token = personal_access_token(signed_in)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    run("studio", "status", "--project", project)
    written = [path.read_bytes() for path in world.rglob("*") if path.is_file()]
    logs = [said.encode(), (tmp_path / "serve.log").read_bytes(), *written]
    for secret in (signed_in.token, second, token):
        assert not any(secret.encode() in log for log in logs)


def assert_prepared(folder: Path, *, skipped: str, disputed: str) -> None:
    """The ledger adds up, and each kept span is the latest annotator's, at its very words."""
    ledger = json.loads((folder / "ledger.json").read_text())
    spans = ledger["spans"]
    lost = {kind: sum(spans[kind].values()) for kind in ("repaired", "rejected", "set_aside")}
    assert spans["read"] == spans["kept"] + sum(lost.values())
    assert (lost["repaired"], lost["rejected"]) == (0, 0)
    assert ledger["tasks"] | {"read": 8, "labelled": 7, "skipped": 1} == ledger["tasks"]
    articles = {name: each for name, (_, each) in studio_articles().items() if name != skipped}
    prepared = load_dataset(folder)
    found = {each.id: each for part in prepared.splits.values() for each in part}
    assert {name: each.text for name, each in found.items()} == {
        name: each.text for name, each in articles.items()
    }
    for name, article in articles.items():
        marks = [span.key for span in article.spans][1 if name == disputed else 0 :]
        assert [span.key for span in found[name].spans] == marks


def assert_answered(tasks: dict[str, Any]) -> None:
    """Each task has a prediction of the service's model, at its very words."""
    for task in tasks.values():
        (answer,) = [each for each in task.predictions if each["model_version"].startswith("live@")]
        for region in answer["result"]:
            value = region["value"]
            assert task.data["text"][value["start"] : value["end"]] == value["text"]
    assert any(task.predictions[-1]["result"] for task in tasks.values())
