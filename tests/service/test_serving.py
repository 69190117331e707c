"""`warwire serve` as a process of its own, on a free port of this machine."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="pip install 'warwire[serve]'")

from tests.toys import ARTICLES  # noqa: E402

TOKEN = "a-secret-of-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LONG = (" ".join(article.text for article in ARTICLES) * 30)[:7000]
GONE = 'warwire_requests_total{path="/v1/predict",status="499"}'
ADDRESS = re.compile(r"on http://127\.0\.0\.1:(\d+) ")


@dataclass(frozen=True)
class Running:
    """A service that runs, and the file of all that it says."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def ask(self, method: str, route: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        content = json.dumps(body) if isinstance(body, dict) else body
        given = {"Content-Type": "application/json"} | BEARER | headers
        try:
            connection.request(method, route, content, given)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def predict(self, *texts: str) -> tuple[int, Any]:
        status, content = self.ask("POST", "/v1/predict", {"texts": texts})
        return status, json.loads(content)

    def metric(self, name: str) -> float:
        lines = self.ask("GET", "/metrics")[1].decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def start(model: Path, folder: Path, *options: str) -> Running:
    log = folder / "log"
    command = [sys.executable, "-m", "warwire.cli", "serve", str(model), "--port", "0", *options]
    with log.open("wb") as file:
        environment = os.environ | {"WARWIRE_TOKEN": TOKEN}
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=folder, env=environment)
    running = Running(process, _port(process, log), log)
    _wait_for_health(running)
    return running


def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    for _ in range(600):
        if found := ADDRESS.search(log.read_text()):
            return int(found[1])
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError("the service did not start")


def _wait_for_health(running: Running) -> None:
    """The socket listens before the model has read its first text; the first request waits."""
    assert running.ask("GET", "/health", Authorization="")[0] == 200


@pytest.fixture(scope="module")
def running(toy_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    running = start(toy_world / "models" / "toy", folder, "--body", "64", "--texts", "8")
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_it_predicts_what_the_model_predicts(running: Running, toy_world: Path) -> None:
    from warwire.model.prediction import Predictor

    texts = [article.text for article in ARTICLES]
    status, answer = running.predict(*texts)
    expected = Predictor.from_pretrained(toy_world / "models" / "toy").predict(texts)
    assert status == 200
    assert any(expected)
    for article, text, spans in zip(answer["articles"], texts, expected, strict=True):
        found = [(span["start"], span["end"], span["label"]) for span in article["spans"]]
        assert found == [span.key for span in spans]
        assert all(span["text"] == text[span["start"] : span["end"]] for span in article["spans"])


def test_the_token_is_asked_for(running: Running) -> None:
    for given in ("", "Bearer wrong", f"Bearer {TOKEN} "[:-2]):
        for method, route in (("POST", "/v1/predict"), ("POST", "/predict"), ("GET", "/metrics")):
            assert running.ask(method, route, {}, Authorization=given)[0] == 401
    assert running.ask("GET", "/health", Authorization="")[0] == 200


def test_bad_bodies_are_refused_and_the_next_is_answered(running: Running) -> None:
    big = json.dumps({"texts": ["x" * 70_000]}).encode()
    assert running.ask("POST", "/v1/predict", big)[0] == 413
    pieces = (big[start : start + 1000] for start in range(0, len(big), 1000))
    assert running.ask("POST", "/v1/predict", pieces)[0] == 413
    assert running.ask("POST", "/v1/predict", b'{"texts": [')[0] == 422
    assert running.ask("POST", "/v1/predict", {"texts": ["a"] * 9})[0] == 413
    assert running.predict("Ukraine struck.")[0] == 200


@pytest.mark.parametrize("cut", ["in its head", "in its body", "while it waits"])
def test_a_client_that_is_cut_off_harms_nobody(running: Running, cut: str) -> None:
    body = json.dumps({"texts": [LONG] * 8}).encode()
    head = f"POST /v1/predict HTTP/1.1\r\nHost: x\r\nAuthorization: {BEARER['Authorization']}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    sent = {"in its head": head.encode()[:40], "in its body": head.encode() + body[:999]}
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", running.port)) as client:
            client.sendall(sent.get(cut, head.encode() + body))
            time.sleep(0.05 if cut == "while it waits" else 0)
            linger = bytes([1, 0, 0, 0, 0, 0, 0, 0])
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    status, answer = running.predict("Ukraine struck.")
    assert (status, len(answer["articles"])) == (200, 1)
    assert running.process.poll() is None
    assert running.metric("warwire_queue_texts") == 0
    assert cut != "while it waits" or running.metric(GONE)


def test_concurrent_requests_share_batches_and_keep_their_answers(running: Running) -> None:
    texts = [article.text for article in ARTICLES]
    alone = [running.predict(text)[1]["articles"][0]["spans"] for text in texts]
    before = running.metric("warwire_batch_texts_count")
    found: list[list[Any]] = [[] for _ in range(16)]

    def ask(number: int) -> None:
        for _ in range(5):
            status, answer = running.predict(texts[number % len(texts)])
            found[number].append((status, answer["articles"][0]["spans"]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    for number, answers in enumerate(found):
        places = [(status, _places(spans)) for status, spans in answers]
        assert places == [(200, _places(alone[number % len(texts)]))] * 5
    assert running.metric("warwire_batch_texts_count") - before < 80
    assert running.metric("warwire_tokens_total") > 80


def _places(spans: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    return [(span["start"], span["end"], span["label"]) for span in spans]


def test_nothing_secret_is_said(running: Running) -> None:
    secret = "the-creators-api-token"
    for body in ({"project": "1.1", "schema": "<View/>", "access_token": secret}, {"x": secret}):
        assert running.ask("POST", "/setup", body)[0] == 422
    assert running.ask("GET", f"/metrics?token={TOKEN}")[0] == 200
    assert running.ask("GET", "/metrics", Authorization="Bearer almost-a-secret")[0] == 401
    said = running.log.read_text()
    assert "Serving toy@" in said
    assert not re.search(f"{TOKEN}|{secret}|almost-a-secret|Kherson", said)


def test_a_stop_answers_what_waits_and_refuses_what_is_new(running: Running) -> None:
    """The last test of this module: it ends the service."""
    answers: list[tuple[int, Any]] = []
    ask = lambda: answers.append(running.predict(*[LONG] * 8))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    while not running.metric("warwire_queue_texts"):
        time.sleep(0.01)
    running.process.send_signal(signal.SIGTERM)
    while running.ask("GET", "/health")[0] == 200:
        time.sleep(0.01)
    assert running.predict("New.")[0] == 503
    for each in threads:
        each.join()
    assert [(status, len(answer["articles"])) for status, answer in answers] == [(200, 8)] * 4
    assert running.process.wait(timeout=30) == 0
    assert running.log.read_text().endswith("Stopped; all that waited was answered.\n")
