"""`warwire serve`: a model behind HTTP, for other programs and for Label Studio."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import say
from warwire.errors import InputError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from warwire.service.batching import Batcher
    from warwire.service.limits import Limits
    from warwire.spans import Span

TOKEN = "WARWIRE_TOKEN"
EPILOG = """Examples:

  warwire serve models/minilm

  curl -s http://127.0.0.1:9090/v1/predict --json '{"texts": ["Russia shelled Kharkiv."]}'

  WARWIRE_TOKEN=... warwire serve models/minilm --host 0.0.0.0

The API's page is at /docs, metrics for Prometheus at /metrics. In Label Studio, connect the
service's address as a model; where there is a token, give it as the password of Basic
authentication. A webhook to /webhook journals annotations for 'warwire studio learn'.
"""


@app.command(epilog=EPILOG)
def serve(
    model: Annotated[Path, typer.Argument(help="A run's folder.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 9090,
    token_file: Annotated[
        Path | None, typer.Option(help=f"A file that holds the token; else it is ${TOKEN}.")
    ] = None,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Let other machines in without a token.")
    ] = False,
    journal: Annotated[Path, typer.Option(help="The folder of the webhook's journal.")] = Path(
        "studio"
    ),
    texts: Annotated[int, typer.Option(min=1, help="Texts a request.")] = 64,
    characters: Annotated[int, typer.Option(min=1, help="Characters a text.")] = 50_000,
    body: Annotated[int, typer.Option(min=1, help="KiB a request.")] = 4096,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds a request.")] = 90.0,
    queue: Annotated[int, typer.Option(min=1, help="Texts that may wait.")] = 1024,
    batch: Annotated[int, typer.Option(min=1, help="Texts that the model reads at once.")] = 8,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of the model; by default all cores but one.")
    ] = None,
    engine: Annotated[str, typer.Option(help="auto, torch or onnx.")] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, fp32, bf16 or int8.")] = "auto",
) -> None:
    """Answer prediction requests over HTTP until stopped; also Label Studio's ML backend."""
    _need_extra()
    from warwire.service.limits import Limits
    from warwire.service.serving import address_of, listen
    from warwire.service.serving import serve as answer_requests

    access = _access(host, _token(token_file), without_token)
    if texts > queue:
        raise InputError(f"--texts {texts} can never wait in a --queue of {queue}")
    if not math.isfinite(timeout):
        raise InputError(f"--timeout {timeout}: give a number of seconds")
    limits = Limits(texts, characters, body * 1024, timeout, batch=batch, queue=queue)
    _use_threads(threads)
    chosen = {"engine": engine, "dtype": dtype}
    service, batcher, version = _compose(model, limits, access, journal, chosen)
    with listen(host, port) as listener:
        say(f"Serving {version} on {address_of(listener)} (stop with Ctrl+C).")
        answer_requests(service, batcher, listener, limits)
    say("Stopped; all that waited was answered.")


def _need_extra() -> None:
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "prometheus_client") if not find_spec(name)]
    if missing:
        raise InputError(f"{', '.join(missing)} not installed; pip install 'warwire[serve]'")


def _access(host: str, token: str | None, without_token: bool) -> dict[str, Any]:
    """Who gets in: those with the token; without one, those who address this machine as itself."""
    from warwire.service.serving import LOOPBACK, is_loopback

    if token or not is_loopback(host):
        if not (token or without_token):
            raise InputError(
                f"--host {host} lets other machines in: set {TOKEN} or --token-file,"
                " or say --without-token"
            )
        return {"token": token}
    return {"hosts": (*LOOPBACK, host)}


def _token(file: Path | None) -> str | None:
    """The token from a file or the environment; never from the command line, which others see."""
    if file is None and TOKEN not in os.environ:
        return None
    if file is not None and not file.is_file():
        raise InputError(f"{file}: no such token file")
    where = str(file or TOKEN)
    token = (
        file.read_text(encoding="ascii", errors="replace") if file else os.environ[TOKEN]
    ).strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise InputError(f"{where}: a token is one word of printable ASCII characters")
    return token


def _use_threads(threads: int | None) -> None:
    """Tell the engine, before it is loaded, its threads; one core is left to the network."""
    if threads or "OMP_NUM_THREADS" not in os.environ:
        os.environ["OMP_NUM_THREADS"] = str(threads or max(1, (os.cpu_count() or 1) - 1))


def _compose(
    model: Path, limits: "Limits", access: dict[str, Any], journal: Path, engine: dict[str, Any]
) -> tuple["FastAPI", "Batcher", str]:
    """The application, the batcher that it closes, and the model's version."""
    from warwire.model.prediction import Predictor
    from warwire.service.app import create_app
    from warwire.service.batching import Batcher
    from warwire.service.metrics import Metrics
    from warwire.studio.backend import Backend, add_backend
    from warwire.studio.journal import Journal
    from warwire.studio.predictions import model_version

    events, version, metrics = Journal(journal), model_version(model), Metrics()
    predictor = Predictor.from_pretrained(model, **engine)

    def predict(texts: Sequence[str]) -> "list[list[Span]]":
        read = list(predictor.stream_chunks([texts]))
        metrics.count_tokens(sum(chunk.tokens for chunk in read))
        return [spans for chunk in read for spans in chunk.spans]

    batcher = Batcher(predict, limits=limits, metrics=metrics)
    service = create_app(batcher, model=version, limits=limits, metrics=metrics, **access)
    backend = Backend(
        batcher.predict, labels=predictor.labels, version=version, limits=limits, metrics=metrics
    )
    add_backend(service, backend, events)
    return service, batcher, version
