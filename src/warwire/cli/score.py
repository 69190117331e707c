"""`warwire score`: a run on held-out articles → figures, predictions and a page."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, progress, say, show
from warwire.errors import InputError

EPILOG = """Examples:

  warwire score models/minilm

  warwire score models/minilm --data other.json --json > scores.json
"""


@app.command(epilog=EPILOG)
def score(
    model: Annotated[Path, typer.Argument(help="A run's folder.")],
    data: Annotated[
        Path | None, typer.Option(help="An export or a prepared dataset; by default the run's.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which part of a dataset.")] = "test",
    annotators: Annotated[str, typer.Option(help="Policy for an export, as in prepare.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a run on held-out articles, with 95 % intervals over articles."""
    from warwire.reports.tables import score_table

    record = score_run(model, data=data, split=split, annotators=annotators)
    count, folder = record["articles"], record["written_to"]
    show(score_table(record, title=f"{model}: strict span scores on {count} articles"))
    say(f"Wrote {folder}/metrics.json, predictions.jsonl and scores.html.")
    if as_json:
        print_json(record)


def score_run(
    model: Path, *, data: Path | None, split: str = "test", annotators: str = "auto"
) -> dict[str, Any]:
    """Predict, score and write what belongs beside the run; the metrics record comes back."""
    from warwire.corpus.dataset import fingerprint
    from warwire.evaluation.comparison import metrics_record
    from warwire.evaluation.scoring import score
    from warwire.model.prediction import Predictor, describe

    predictor = Predictor.from_pretrained(model)
    provenance = _read_json(model / "provenance.json")
    documents = _articles(model, data, split, annotators, predictor.labels, provenance)
    own = data is None and split == "test"
    started = time.perf_counter()
    texts = (document.text for document in documents)
    found = list(progress(predictor.stream(texts), what="Predicting", total=len(documents)))
    seconds = time.perf_counter() - started
    test_set = fingerprint(documents)
    cost = {
        "train_seconds": provenance["train_seconds"],
        "parameters": provenance["parameters"],
        "predict_characters_a_second": round(sum(len(each.text) for each in documents) / seconds),
        **{key: describe(predictor)[key] for key in ("device", "dtype")},
    }
    scores = score(documents, found, labels=predictor.labels)
    record = metrics_record(scores, test_set=test_set, split=split if own else "other", cost=cost)
    folder = model if own else model / "scores" / test_set
    _write(folder, model, documents, found, record, predictor.labels)
    if own:
        _renew_card(model, provenance, record)
    return {**record, "written_to": str(folder)}


def _articles(
    model: Path,
    data: Path | None,
    split: str,
    annotators: str,
    labels: tuple[str, ...],
    provenance: Mapping[str, Any],
) -> list[Any]:
    from warwire.corpus.dataset import load_dataset
    from warwire.corpus.label_studio import load_export

    if data is not None and not data.is_dir():
        return load_export(data, annotators=annotators, labels=labels).documents
    prepared = load_dataset(data or Path(provenance["data"]))
    if split not in prepared.splits:
        raise InputError(f"split {split!r} is not in the dataset ({', '.join(prepared.splits)})")
    known = provenance["data_fingerprints"].get(split)
    if data is None and prepared.recipe["fingerprints"][split] != known:
        raise InputError(
            f"{provenance['data']}: its {split} articles changed since {model} was trained"
            f" ({known} then); name the dataset with --data, or train again"
        )
    return list(prepared.splits[split])


def _write(
    folder: Path,
    model: Path,
    documents: list[Any],
    found: list[Any],
    record: Mapping[str, Any],
    labels: tuple[str, ...],
) -> None:
    from warwire.articles.writing import jsonl_lines
    from warwire.reports.pages import render_scores
    from warwire.storage import write_text

    marked = [
        document.with_spans(tuple(spans)) for document, spans in zip(documents, found, strict=True)
    ]
    page = render_scores(
        documents, found, title=f"{model.name}: scores", labels=labels, figures=record
    )
    write_text(folder / "predictions.jsonl", "".join(jsonl_lines(marked)))
    write_text(folder / "scores.html", page)
    write_text(folder / "metrics.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def _renew_card(model: Path, provenance: Mapping[str, Any], record: Mapping[str, Any]) -> None:
    from warwire.reports.cards import model_card
    from warwire.storage import write_text

    write_text(model / "README.md", model_card(model.name, provenance, record))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: missing or not JSON; train the run again") from error
    return dict(content)
