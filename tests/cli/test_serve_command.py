"""Wrong calls of `warwire serve` end at once, before anything listens."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Call

pytest.importorskip("fastapi", reason="pip install 'warwire[serve]'")

WRONG = {
    "no run": (("data",), "data: no trained model"),
    "other machines without a token": (
        ("models/toy", "--host", "0.0.0.0"),
        "--host 0.0.0.0 lets other machines in: set WARWIRE_TOKEN or --token-file",
    ),
    "a name that may be another machine": (
        ("models/toy", "--host", "example.invalid"),
        "--host example.invalid lets other machines in",
    ),
    "no token file": (("models/toy", "--token-file", "none"), "none: no such token file"),
    "an empty token": (("models/toy", "--token-file", "empty"), "empty: a token is one word"),
    "two words": (("models/toy", "--token-file", "words"), "words: a token is one word"),
    "a file for a journal": (("models/toy", "--journal", "words"), "words: is no folder"),
    "more texts than may wait": (
        ("models/toy", "--queue", "8"),
        "--texts 64 can never wait in a --queue of 8",
    ),
    "no end of waiting": (("models/toy", "--timeout", "inf"), "--timeout inf: give a number of"),
    "no time": (("models/toy", "--timeout", "nan"), "--timeout"),
    "a token that is not UTF-8": (
        ("models/toy", "--token-file", "bytes"),
        "bytes: a token is one word of printable ASCII characters",
    ),
    "an unknown number format": (("models/toy", "--dtype", "fp8"), "--dtype 'fp8'"),
    "no port": (("models/toy", "--port", "70000"), "Invalid value for '--port'"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_call_gets_one_line(
    world: Path,
    call: Call,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WARWIRE_TOKEN", raising=False)
    (world / "empty").write_text(" \n")
    (world / "words").write_text("open sesame")
    (world / "bytes").write_bytes(b"sesame\xff")
    outcome = call("serve", *arguments)
    assert outcome.code == 2
    assert message in outcome.line
    assert "sesame" not in outcome.err


@pytest.fixture
def _signals() -> Iterator[None]:
    """Serving takes signals over; here the process goes on afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
def test_a_model_that_fails_on_its_first_text_gets_one_line(
    world: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warwire.model.prediction import Predictor

    def fail(*_: object) -> None:
        raise RuntimeError("expected 384 features\n  but got 12")

    monkeypatch.setattr(Predictor, "stream_chunks", fail)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    outcome = call("serve", "models/toy", "--port", "0")
    assert outcome.code == 1
    problem = "RuntimeError: expected 384 features but got 12"
    assert outcome.line == f"warwire: the model fails on its first text: {problem}"


def test_a_taken_port_gets_one_line(world: Path, call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = call("serve", "models/toy", "--port", str(port))
    assert outcome.code == 1
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in outcome.line
