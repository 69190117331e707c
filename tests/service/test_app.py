"""The routes: what they answer, and what they refuse."""

import base64
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="pip install 'warwire[serve]'")

from fastapi.testclient import TestClient  # noqa: E402

from tests.service.words import Words  # noqa: E402
from warwire.service.app import create_app  # noqa: E402
from warwire.service.batching import Batcher  # noqa: E402
from warwire.service.limits import Limits  # noqa: E402
from warwire.service.metrics import Metrics  # noqa: E402

TOKEN = "a-secret-of-the-tests"
SMALL = Limits(texts=3, characters=50, body=600, queue=4, seconds=5.0, wait=0.0)
JSON = {"content-type": "application/json"}


@contextmanager
def service(
    words: Words | None = None, *, limits: Limits = SMALL, **access: Any
) -> Iterator[tuple[Any, Batcher]]:
    metrics = Metrics()
    batcher = Batcher(words or Words(), limits=limits, metrics=metrics)
    app = create_app(batcher, model="words@1", limits=limits, metrics=metrics, **access)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, batcher


@pytest.fixture
def client() -> Iterator[Any]:
    with service() as (client, _):
        yield client


def test_texts_get_their_spans_in_characters(client: Any) -> None:
    answer = client.post("/v1/predict", json={"texts": ["\U0001f600\r\n Kyiv", "nobody", ""]})
    assert answer.status_code == 200
    span = {"start": 4, "end": 8, "label": "ACTOR", "text": "Kyiv", "score": 0.9}
    assert answer.json() == {
        "model": "words@1",
        "articles": [
            {"id": "1", "spans": [span]},
            {"id": "2", "spans": []},
            {"id": "3", "spans": []},
        ],
    }


def test_articles_keep_their_ids(client: Any) -> None:
    articles = [{"id": "b", "text": "Kyiv"}, {"id": "a", "text": "x"}]
    answer = client.post("/v1/predict", json={"articles": articles}).json()
    assert [article["id"] for article in answer["articles"]] == ["b", "a"]
    assert client.post("/v1/predict", json={"texts": []}).json()["articles"] == []


MALFORMED = {
    "no JSON": b'{"texts": ["a"',
    "not UTF-8": b'{"texts": ["\xff"]}',
    "too deep": b"[" * 590,
    "a number too long": b'{"texts": [' + b"9" * 580 + b"]}",
    "nothing": b"",
    "neither": b"{}",
    "both": b'{"texts": [], "articles": []}',
    "a list": b"[]",
    "another kind": b'{"texts": "Kyiv"}',
    "a number for a text": b'{"texts": [1]}',
    "an unknown key": b'{"texts": [], "text": "a"}',
    "half a surrogate pair": b'{"texts": ["\\ud800"]}',
    "half a surrogate pair in an id": b'{"articles": [{"id": "\\ud800", "text": "a"}]}',
    "half a surrogate pair in a key": b'{"articles": [{"\\ud800": 1}]}',
    "no id": b'{"articles": [{"text": "a"}]}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_bodies_get_422_and_are_not_echoed(client: Any, body: bytes) -> None:
    answer = client.post("/v1/predict", content=body, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert "Kyiv" not in answer.text
    assert client.post("/v1/predict", json={"texts": ["A"]}).status_code == 200


def test_a_body_of_another_kind_gets_422(client: Any) -> None:
    answer = client.post(
        "/v1/predict", content=b'{"texts": ["A"]}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


def test_more_than_the_limits_gets_413(client: Any) -> None:
    refused = {
        "4 texts; at most 3 a request": {"texts": ["a"] * 4},
        "text 1 has 51 characters; at most 50": {"texts": ["a", "b" * 51]},
    }
    for detail, body in refused.items():
        answer = client.post("/v1/predict", json=body)
        assert (answer.status_code, answer.json()) == (413, {"detail": detail})
    assert client.post("/v1/predict", json={"texts": ["a" * 50] * 3}).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_gets_413(client: Any, chunked: bool) -> None:
    body = json.dumps({"texts": ["a" * 600]}).encode()
    pieces = (body[start : start + 100] for start in range(0, len(body), 100))
    answer = client.post("/v1/predict", content=pieces if chunked else body, headers=JSON)
    assert answer.status_code == 413


def test_a_full_queue_gets_429_and_when_to_ask_again() -> None:
    with service(limits=Limits(queue=2)) as (client, _):
        answer = client.post("/v1/predict", json={"texts": ["a"] * 3})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_a_slow_model_gets_504_and_goes_on() -> None:
    words = Words()
    with service(words, limits=Limits(seconds=0.1)) as (client, _):
        words.seconds = 0.3
        assert client.post("/v1/predict", json={"texts": ["A"]}).status_code == 504
        words.seconds = 0.0
        time.sleep(0.3)
        assert client.post("/v1/predict", json={"texts": ["A"]}).status_code == 200


def test_a_stopped_model_gets_503() -> None:
    with service() as (client, batcher):
        assert client.get("/health").json() == {"status": "UP"}
        client.portal.call(batcher.close)
        answer = client.post("/v1/predict", json={"texts": ["A"]})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        health = client.get("/health")
        assert (health.status_code, health.json()) == (503, {"status": "DOWN"})


def test_a_text_that_the_model_cannot_read_gets_500_and_the_next_is_answered(client: Any) -> None:
    answer = client.post("/v1/predict", json={"texts": ["poison"]})
    assert (answer.status_code, "secret" in answer.text) == (500, False)
    assert client.post("/v1/predict", json={"texts": ["A"]}).status_code == 200


ROUTES = [("POST", "/v1/predict"), ("GET", "/metrics"), ("GET", "/docs"), ("GET", "/openapi.json")]


def basic(password: str) -> str:
    return f"Basic {base64.b64encode(f'any:{password}'.encode()).decode()}"


WRONG = [
    *("", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, f"Token {TOKEN}"),
    *("Bearer \xe9", "Basic", "Basic ?", basic(""), basic("wrong"), "Basic YWJj", f"Basic {TOKEN}"),
]


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_every_route_asks_for_the_token(
    method: str, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), service(token=TOKEN) as (client, _):
        for given in WRONG:
            headers = {"authorization": given.encode("latin-1")} if given else {}
            answer = client.request(method, route, headers=headers, json={"texts": []})
            assert answer.status_code == 401, given
            assert answer.headers["www-authenticate"].startswith("Basic ")
            assert TOKEN not in answer.text
        for given in (f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN)):
            headers = {"authorization": given}
            assert client.request(method, route, headers=headers, json={"texts": []}).is_success
        assert client.get("/health").status_code == 200
        assert client.get("/nothing").status_code == 401
    assert TOKEN not in caplog.text


def test_only_requests_addressed_to_this_machine_are_answered() -> None:
    with service(hosts=("127.0.0.1", "localhost", "[::1]")) as (client, _):
        for host, status in (
            *(("localhost:9090", 200), ("127.0.0.1", 200), ("[::1]:9090", 200)),
            *(("a.page.example", 400), ("a.page.example:9090", 400), ("localhost.example", 400)),
        ):
            answer = client.post("/v1/predict", json={"texts": []}, headers={"host": host})
            assert answer.status_code == status, host


def test_metrics_count_requests_seconds_and_batches(client: Any) -> None:
    client.post("/v1/predict", json={"texts": ["abc", "de"]})
    client.post("/v1/predict", json={})
    client.get("/a/path/of/the/caller's/making")
    text = client.get("/metrics").text
    for line in (
        'warwire_requests_total{path="/v1/predict",status="200"} 1.0',
        'warwire_requests_total{path="/v1/predict",status="422"} 1.0',
        'warwire_requests_total{path="other",status="404"} 1.0',
        'warwire_request_seconds_count{path="/v1/predict"} 2.0',
        "warwire_batch_texts_sum 2.0",
    ):
        assert line in text.splitlines()


def test_the_page_tells_every_route_and_loads_nothing_from_elsewhere(client: Any) -> None:
    page = client.get("/docs")
    api = client.get("/openapi.json").json()
    assert page.headers["content-type"].startswith("text/html")
    assert set(api["paths"]) == {"/v1/predict", "/health", "/metrics"}
    for path in api["paths"]:
        assert f"{path}</code>" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
