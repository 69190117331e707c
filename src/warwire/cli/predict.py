"""`warwire predict`: new text → marked-up text."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import progress, say
from warwire.errors import InputError

if TYPE_CHECKING:
    from warwire.documents import Document

FORMATS = ("jsonl", "csv", "parquet", "html", "table", "label-studio")
EPILOG = """Examples:

  warwire predict models/minilm article.txt --format table

  warwire predict models/minilm articles.jsonl --out marked.jsonl

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
    dtype: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    target_precision: Annotated[
        float | None,
        typer.Option(help="Keep only spans sure enough for this precision; score the run first."),
    ] = None,
) -> None:
    """Mark up articles with a trained run."""
    from warwire.articles.reading import read_articles
    from warwire.model.prediction import Predictor

    chosen = _format(format, out)
    if dtype not in ("auto", "fp32", "bf16"):
        raise InputError(f"--dtype {dtype!r} is unknown; it can be auto, fp32 or bf16")
    least = least_score(model, target_precision)
    incoming = _checked(read_articles(articles or []))
    predictor = Predictor.from_pretrained(model, dtype=dtype)  # type: ignore[arg-type]
    marked = progress(_mark_up(predictor, incoming, least), what="Predicting")
    _write(marked, chosen, out, predictor.labels, model.name)
    if out:
        say(f"Wrote {out}.")


def _checked(articles: Iterator["Document"]) -> Iterator["Document"]:
    """Read the first article at once, so that a wrong path is told before a model is loaded."""
    from itertools import chain

    first = next(articles, None)
    return iter(()) if first is None else chain([first], articles)


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
    import json

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


def _mark_up(predictor: Any, documents: Iterable["Document"], least: float) -> Iterator["Document"]:
    from itertools import tee

    texts, kept = tee(documents)
    found = predictor.stream(document.text for document in texts)
    for document, spans in zip(kept, found, strict=True):
        yield document.with_spans(tuple(span for span in spans if (span.score or 1.0) >= least))


def _write(
    marked: Iterable["Document"], format: str, out: Path | None, labels: tuple[str, ...], name: str
) -> None:
    from warwire.articles.writing import write_parquet

    if format == "parquet" and out:
        _replace(out, lambda scratch: write_parquet(marked, scratch))
        return
    lines = _lines(marked, format, labels, name)
    if out is None:
        for line in lines:
            sys.stdout.write(line)
        return
    _replace(out, lambda scratch: _write_lines(scratch, lines))


def _lines(
    marked: Iterable["Document"], format: str, labels: tuple[str, ...], name: str
) -> Iterable[str]:
    from warwire.articles.writing import csv_lines, jsonl_lines, label_studio_lines

    if format == "csv":
        return csv_lines(marked)
    if format == "label-studio":
        return label_studio_lines(marked, version=name)
    if format == "html":
        from warwire.reports.pages import render_marked_up

        return [render_marked_up(marked, title=f"Marked up by {name}", labels=labels)]
    if format == "table":
        return (_table_text(document) for document in marked)
    return jsonl_lines(marked)


def _table_text(document: "Document") -> str:
    from rich.console import Console

    from warwire.reports.tables import span_table

    console = Console(width=None if sys.stdout.isatty() else 120)
    with console.capture() as captured:
        console.print(span_table(document))
    return captured.get()


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)


def _replace(out: Path, write: Any) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    scratch = out.with_name(f".{out.name}.partial")
    try:
        write(scratch)
        scratch.replace(out)
    finally:
        scratch.unlink(missing_ok=True)
