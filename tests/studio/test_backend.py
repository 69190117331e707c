"""Label Studio's ML backend contract, as its server calls it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="pip install 'warwire[serve]'")

from fastapi.testclient import TestClient  # noqa: E402

from tests.service.words import Words  # noqa: E402
from warwire.service.app import create_app  # noqa: E402
from warwire.service.batching import Batcher  # noqa: E402
from warwire.service.limits import Limits  # noqa: E402
from warwire.service.metrics import Metrics  # noqa: E402
from warwire.studio.backend import Backend, add_backend  # noqa: E402
from warwire.studio.journal import Journal, read_journal  # noqa: E402

CONFIG = """<View><Text name="article" value="$body"/>
<Labels name="marks" toName="article"><Label value="PLACE"/>
<Label value="ACTOR" alias="who"/></Labels></View>"""
LIMITS = Limits(texts=2, characters=40, wait=0.0)
SECRET = "the-creators-api-token"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    metrics = Metrics()
    batcher = Batcher(Words(), limits=LIMITS, metrics=metrics)
    app = create_app(batcher, model="words@1", limits=LIMITS, metrics=metrics)
    backend = Backend(
        batcher.predict, labels=["ACTOR"], version="words@1", limits=LIMITS, metrics=metrics
    )
    add_backend(app, backend, Journal(tmp_path / "studio"))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def ask(client: Any, *tasks: Any, config: str = CONFIG) -> Any:
    params = {"login": None, "password": SECRET, "context": None}
    body = {"tasks": tasks, "project": "3.17", "label_config": config, "params": params}
    return client.post("/predict", json=body)


def test_the_handshake(client: Any, caplog: pytest.LogCaptureFixture) -> None:
    asked = {"project": "3.17", "schema": CONFIG, "hostname": "http://127.0.0.1:8080"}
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/setup", json=asked | {"access_token": SECRET, "extra_params": None})
    assert answer.json() == {"model_version": "words@1"}
    assert client.get("/health").json() == {"status": "UP"}
    assert client.get("/versions").json() == {"versions": ["words@1"]}
    assert SECRET not in caplog.text + answer.text


def test_a_prediction_bears_the_names_of_the_labeling_config(client: Any) -> None:
    (result,) = ask(client, {"id": 5, "data": {"body": "\U0001f600\r\nin Kyiv"}}).json()["results"]
    (region,) = result["result"]
    assert (result["model_version"], result["score"], region["score"]) == ("words@1", 0.9, 0.9)
    assert (region["from_name"], region["to_name"]) == ("marks", "article")
    assert region["type"] == "labels"
    assert region["value"] == {"start": 6, "end": 10, "text": "Kyiv", "labels": ["who"]}


def test_exactly_one_result_a_task_in_order_even_beyond_a_requests_limit(client: Any) -> None:
    tasks = [{"id": number, "data": {"body": "A " * number}} for number in range(7)]
    found = ask(client, *tasks).json()["results"]
    assert [len(each["result"]) for each in found] == list(range(7))
    assert ask(client).json() == {"results": []}


def test_tasks_without_a_readable_text_get_an_empty_result_and_are_counted(client: Any) -> None:
    unreadable: list[Any] = [
        *({"id": 1, "data": {"text": "Kyiv"}}, {"id": 2, "data": {"body": 5}}, {"id": 3}),
        *({"data": None}, {"id": 5, "data": {"body": "x" * 41}}, {}),
    ]
    found = ask(client, *unreadable, {"id": 9, "data": {"body": "Kyiv"}}).json()["results"]
    assert [len(each["result"]) for each in found] == [0] * 6 + [1]
    metrics = client.get("/metrics").text.splitlines()
    assert 'warwire_tasks_left_out_total{reason="no text"} 5.0' in metrics
    assert 'warwire_tasks_left_out_total{reason="too long"} 1.0' in metrics


def test_half_a_surrogate_pair_is_no_text(client: Any) -> None:
    body = b'{"tasks": [{"id": 1, "data": {"body": "\\ud800"}}], "label_config": "%s"}'
    content = body % CONFIG.replace('"', '\\"').replace("\n", " ").encode()
    answer = client.post("/predict", content=content, headers={"content-type": "application/json"})
    assert [each["result"] for each in answer.json()["results"]] == [[]]


UNFIT = {
    "no XML": ("<View>", "not readable as XML"),
    "nothing": ("", "not readable as XML"),
    "no control": ("<View/>", "has no <Labels> control"),
    "HTML": (
        CONFIG.replace("<Text", "<HyperText"),
        "shows hypertext, whose offsets Warwire cannot write",
    ),
    "other labels": (CONFIG.replace("ACTOR", "PERSON"), "has no label ACTOR"),
}


@pytest.mark.parametrize(("config", "reason"), UNFIT.values(), ids=UNFIT)
def test_an_unfit_labeling_config_is_told(client: Any, config: str, reason: str) -> None:
    for answer in (
        client.post("/setup", json={"project": "3.17", "schema": config, "access_token": SECRET}),
        ask(client, {"id": 1, "data": {"body": "Kyiv"}}, config=config),
    ):
        assert answer.status_code == 422
        assert reason in answer.json()["detail"]
        assert SECRET not in answer.text


@pytest.mark.parametrize("route", ["/setup", "/predict", "/webhook"])
def test_malformed_requests_get_422_without_an_echo(client: Any, route: str) -> None:
    for body in (f'{{"access_token": "{SECRET}"', f'["{SECRET}"]', f'{{"tasks": "{SECRET}"}}'):
        headers = {"content-type": "application/json"}
        answer = client.post(route, content=body, headers=headers)
        assert answer.status_code == 422
        assert SECRET not in answer.text


def test_webhooks_are_journalled(client: Any, tmp_path: Path) -> None:
    annotation = {"id": 9, "task": 5, "result": []}
    told = {"annotation": annotation, "task": {"id": 5, "data": {"body": "Kyiv"}}}
    told["project"] = {"id": 3, "created_by": {"token": SECRET}}
    for action in ("ANNOTATION_CREATED", "ANNOTATION_UPDATED"):
        assert client.post("/webhook", json=told | {"action": action}).json() == {"journalled": 1}
    assert client.post("/webhook", json={"action": "START_TRAINING"}).status_code == 200
    found = list(read_journal(tmp_path / "studio"))
    actions = ["ANNOTATION_CREATED", "ANNOTATION_UPDATED", "START_TRAINING"]
    assert [event["action"] for event in found] == actions
    assert [event["annotation"] for event in found] == [annotation, annotation, None]
    assert SECRET not in (tmp_path / "studio" / "studio-journal.jsonl").read_text()


@pytest.mark.parametrize("name", ["annotation", "annotations"])
@pytest.mark.parametrize(
    "identity", [{}, {"id": None}, {"id": [SECRET]}, {"id": 1.5}, {"id": True}]
)
def test_an_annotation_without_an_id_gets_422_and_is_not_journalled(
    client: Any, tmp_path: Path, name: str, identity: dict[str, Any]
) -> None:
    odd = identity | {"task": 5, "result": [SECRET]}
    for told in (odd, [{"id": 9, "result": []}, odd]):
        answer = client.post("/webhook", json={"action": "ANNOTATION_CREATED", name: told})
        assert answer.status_code == 422
        assert "an annotation's id is a whole number or a text" in answer.json()["detail"][0]["msg"]
        assert SECRET not in answer.text
    assert list(read_journal(tmp_path / "studio")) == []


def test_ids_that_are_texts_are_journalled(client: Any, tmp_path: Path) -> None:
    told = {"action": "ANNOTATIONS_CREATED", "annotation": [{"id": "a"}, {"id": 7}]}
    assert client.post("/webhook", json=told).json() == {"journalled": 2}


def test_a_journal_that_cannot_be_written_gets_503(client: Any, tmp_path: Path) -> None:
    (tmp_path / "studio").write_text("a file in the folder's place")
    answer = client.post("/webhook", json={"action": "ANNOTATION_CREATED"})
    assert (answer.status_code, answer.json()) == (503, {"detail": "the journal cannot be written"})
