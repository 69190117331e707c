"""`warwire predict`: new text → marked-up text."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import warwire
from warwire.cli.answers import FORMATS, is_read, refuse_out, write_answers
from warwire.cli.app import app
from warwire.cli.console import marking_bar, say
from warwire.errors import InputError, RunError

if TYPE_CHECKING:
    from warwire.articles.journal import Done
    from warwire.articles.reading import Row

MODEL_FILES = ("config.json", "tokenizer.json", "warwire.yaml", "model.safetensors")
EPILOG = """An article that cannot be read or marked up has a record with "error" in its place, and
the rest goes on. Exit codes: 0 every article has its answer; 1 some have an error instead; 2 the
call or the first article is wrong, and nothing was written.

A run that was killed while it wrote JSONL, CSV or Parquet to --out goes on where it was when the
same command is given again.

Examples:

  warwire predict models/minilm article.txt --format table

  warwire predict models/minilm articles.jsonl --out marked.jsonl

  warwire predict models/minilm archive/ --out marked.parquet --engine onnx

  warwire predict models/minilm archive/ --out marked/ --cluster local

  echo 'Russia shelled Kharkiv.' | warwire predict models/minilm
"""


@app.command(epilog=EPILOG)
def predict(
    model: Annotated[Path, typer.Argument(help="A run's folder.")],
    articles: Annotated[
        list[Path] | None,
        typer.Argument(help="Text, JSONL, CSV or Parquet files or folders; else standard input."),
    ] = None,
    format: Annotated[
        str | None, typer.Option(help=f"{', '.join(FORMATS)}; by default as --out ends, or jsonl.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; else standard output.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="auto, torch, or onnx once 'warwire export' has made it.")
    ] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, fp32, bf16 (torch) or int8 (onnx).")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    target_precision: Annotated[
        float | None,
        typer.Option(help="Keep only spans sure enough for this precision; score the run first."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(help="A Ray cluster's address, or local; --out is then a folder of shards."),
    ] = None,
) -> None:
    """Mark up articles with a trained run."""
    from warwire.articles.reading import article_files, count_articles
    from warwire.marking import Marking
    from warwire.model.prediction import Predictor, describe

    chosen = _format(format, out)
    least = least_score(model, target_precision)
    options: dict[str, Any] = {"engine": engine, "dtype": dtype, "device": device}
    if cluster:
        _on_cluster(cluster, model, articles or [], out, chosen, least, options)
        return
    files = article_files(articles or [])
    refuse_out(out, articles or [])
    rows_after = _rows_after(files)
    predictor = Predictor.from_pretrained(model, **options)
    about = describe(predictor)
    say(f"Engine: {about['engine']} in {about['dtype']} on {about['device']}.")
    with marking_bar(count_articles(files) if sys.stderr.isatty() else None) as watch:
        marking = Marking(predictor, least=least, watch=watch)
        done = write_answers(
            marking,
            rows_after,
            format=chosen,
            out=out,
            work=_work(model, files, about, chosen, least) if files else None,
            name=model.name,
            labels=predictor.labels,
        )
    if out:
        say(f"Wrote {out}: {done.rows:,} articles; {marking.speed}.")
    _tell_failed(done)


def _tell_failed(done: "Done") -> None:
    if done.failed:
        raise RunError(
            f"{done.failed:,} of {done.rows:,} articles have an error in place of their answer;"
            f" the first: {done.problem}"
        )


def _on_cluster(
    address: str,
    model: Path,
    articles: Sequence[Path],
    out: Path | None,
    format: str,
    least: float,
    options: dict[str, Any],
) -> None:
    """Into a folder of shards, on the workers of a Ray cluster."""
    if format not in ("jsonl", "parquet"):
        raise InputError(f"--format {format!r} is not for --cluster; it writes jsonl or parquet")
    if not articles or out is None:
        raise InputError("--cluster reads files or folders and needs --out, a folder of shards")
    if out.exists() and not (out.is_dir() and all(each.match("part-*") for each in out.iterdir())):
        raise InputError(f"--out {out}: there is something else; name a folder that is not there")
    beside = any(path.resolve().is_relative_to(out.resolve()) for path in articles)
    if beside or is_read(out / f"part-0.{format}", articles):
        raise InputError(f"--out {out}: is among the articles to read; name another folder")
    try:
        from warwire.cluster import mark_up_shards
    except ImportError as error:
        raise InputError("Ray is not installed; pip install 'warwire[cluster]'") from error
    done = mark_up_shards(
        model,
        articles,
        out,
        address=address,
        format=format,  # type: ignore[arg-type]
        least=least,
        options=options,
    )
    say(f"Wrote {out}: {done.rows:,} articles in {len(list(out.iterdir())):,} shards.")
    _tell_failed(done)


def _rows_after(files: Sequence[Path]) -> "Callable[[int], Iterable[Row]]":
    """What gives the rows after the first n; standard input is read from its start alone.

    The first row is read at once, so that a wrong file is told before a model is loaded.
    """
    from warwire.articles.reading import Unreadable, read_rows

    rows = read_rows(files)
    first = list(islice(rows, 1))
    if first and isinstance(first[0], Unreadable):
        raise InputError(first[0].problem)
    if files:
        return lambda done: islice(read_rows(files), done, None)
    return lambda done: chain(first, rows)


def _work(
    model: Path, files: Sequence[Path], about: dict[str, Any], format: str, least: float
) -> str:
    """A name for this work that changes with the model, the input's files or an option."""
    used = [model / name for name in MODEL_FILES]
    used += sorted(model.glob("onnx/*.onnx")) if about["engine"] == "onnx" else []
    facts = [(str(file), *_state(file)) for file in [*used, *files] if file.is_file()]
    line = json.dumps([warwire.__version__, facts, about, format, least])
    return hashlib.sha256(line.encode()).hexdigest()


def _state(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def _format(format: str | None, out: Path | None) -> str:
    endings = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet", ".html": "html"}
    chosen = format or endings.get(out.suffix.lower() if out else ".jsonl", "jsonl")
    if chosen not in FORMATS:
        raise InputError(f"--format {chosen!r} is unknown; it can be {', '.join(FORMATS)}")
    if chosen == "parquet" and out is None:
        raise InputError("--format parquet needs a file: give --out FILE.parquet")
    return chosen


def least_score(model: Path, target_precision: float | None) -> float:
    """The score from which a run's spans reach a precision on its validation articles.

    Zero without a target; raises InputError where the run was not scored or cannot reach it.
    """
    if target_precision is None:
        return 0.0
    from warwire.evaluation.calibration import CALIBRATION_FILE, threshold_for

    file = model / CALIBRATION_FILE
    if model.is_dir() and not file.is_file():
        raise InputError(f"{model}: not calibrated yet; run 'warwire score {model}' first")
    try:
        calibration = json.loads(file.read_text(encoding="utf-8"))
        return threshold_for(calibration, target_precision, where=str(model))
    except FileNotFoundError as error:
        raise InputError(f"{model}: no such run; train one with 'warwire train CONFIG'") from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{file}: not readable; score the run again") from error
