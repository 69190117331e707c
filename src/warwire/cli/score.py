"""`warwire score`: a run on held-out articles → figures, predictions and a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, progress, say, show
from warwire.cli.gold import gold_of_dataset, gold_of_export
from warwire.errors import InputError

if TYPE_CHECKING:
    from warwire.documents import Document
    from warwire.spans import Span

EPILOG = """Examples:

  warwire score models/minilm

  warwire score models/minilm --details

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
    details: Annotated[
        bool, typer.Option("--details", help="Also print recall by kind of span and calibration.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a run on held-out articles, with 95 % intervals over articles."""
    from warwire.reports.tables import score_table
    from warwire.reports.tables_of_errors import detail_tables, error_table

    record = score_run(model, data=data, split=split, annotators=annotators)
    count, folder = record["articles"], record["written_to"]
    show(score_table(record, title=f"{model}: strict span scores on {count} articles"))
    show(error_table(record["errors"]))
    for table in detail_tables(record) if details else ():
        show(table)
    say(f"Wrote {folder}/metrics.json, predictions.jsonl and scores.html.")
    if as_json:
        print_json(record)


@dataclass(frozen=True, slots=True)
class Articles:
    """What is scored, and the articles of the run's own training and validation, where known.

    `gold` counts the gold spans that were read by what became of them, as a ledger does.
    """

    scored: Sequence["Document"]
    training: Sequence["Document"] | None
    validation: Sequence["Document"]
    gold: Mapping[str, Any]


def score_run(
    model: Path, *, data: Path | None, split: str = "test", annotators: str = "auto"
) -> dict[str, Any]:
    """Predict, score and write what belongs beside the run; the metrics record comes back."""
    from warwire.corpus.dataset import fingerprint
    from warwire.model.prediction import Predictor

    predictor = Predictor.from_pretrained(model)
    provenance = _read_json(model / "provenance.json")
    articles = _articles(model, data, split, annotators, predictor.labels, provenance)
    own = data is None and split == "test"
    calibration = _calibrate(model, predictor, articles.validation) if own else None
    record, found = _figures(model, predictor, provenance, articles, split if own else "other")
    record["calibration"] = _calibration_report(
        model, calibration, articles.scored, found, predictor.labels
    )
    folder = model if own else model / "scores" / fingerprint(articles.scored)
    _write(folder, model, articles.scored, found, record, predictor.labels)
    if own:
        _renew_card(model, provenance, record)
    return {**record, "written_to": str(folder)}


def articles_for(
    model: Path, data: Path | None, *, split: str, annotators: str, labels: tuple[str, ...]
) -> list["Document"]:
    """The articles that a run is measured on: its own split, or an export's or a dataset's."""
    provenance = _read_json(model / "provenance.json")
    return list(_articles(model, data, split, annotators, labels, provenance).scored)


def _figures(
    model: Path, predictor: Any, provenance: Mapping[str, Any], articles: Articles, split: str
) -> tuple[dict[str, Any], list[list["Span"]]]:
    from warwire.corpus.dataset import fingerprint
    from warwire.evaluation.runs import metrics_record
    from warwire.evaluation.scoring import score
    from warwire.evaluation.study import study
    from warwire.experiments.measuring import predict_measured, run_cost, unreachable_by_article

    documents = articles.scored
    measured = predict_measured(predictor, documents, watch=_bar("Predicting", len(documents)))
    scores = score(documents, measured.found, labels=predictor.labels)
    cost = run_cost(model, predictor, measured, provenance)
    record = metrics_record(scores, test_set=fingerprint(documents), split=split, cost=cost)
    record["gold_spans"] = dict(articles.gold)
    record |= study(
        documents,
        measured.found,
        scores,
        training=articles.training,
        unreachable=unreachable_by_article(predictor, documents),
    )
    return record, measured.found


def _bar(what: str, total: int) -> Any:
    return lambda found: progress(found, what=what, total=total)


def _calibrate(
    model: Path, predictor: Any, validation: Sequence["Document"]
) -> dict[str, Any] | None:
    """Fit the confidences on the run's validation articles and store that with the run."""
    from warwire.evaluation.calibration import CALIBRATION_FILE
    from warwire.evaluation.study import fit_calibration
    from warwire.storage import write_text

    texts = (document.text for document in validation)
    found = list(_bar("Calibrating", len(validation))(predictor.stream(texts)))
    fitted = fit_calibration(validation, found, predictor.labels)
    if fitted:
        write_text(model / CALIBRATION_FILE, json.dumps(fitted) + "\n")
    return fitted


def _calibration_report(
    model: Path,
    fitted: dict[str, Any] | None,
    documents: Sequence["Document"],
    found: Sequence[Sequence["Span"]],
    labels: Sequence[str],
) -> dict[str, Any] | None:
    from warwire.evaluation.calibration import CALIBRATION_FILE
    from warwire.evaluation.study import report_calibration

    if fitted is None and (model / CALIBRATION_FILE).is_file():
        fitted = _read_json(model / CALIBRATION_FILE)
    return report_calibration(fitted, documents, found, labels)


def _articles(
    model: Path,
    data: Path | None,
    split: str,
    annotators: str,
    labels: tuple[str, ...],
    provenance: Mapping[str, Any],
) -> Articles:
    from warwire.corpus.label_studio import load_export

    if data is not None and not data.is_dir():
        export = load_export(data, annotators=annotators, labels=labels)
        gold = gold_of_export(data, export.ledger)
        return Articles(export.documents, _training_articles(provenance), (), gold)
    return _from_dataset(model, data, split, labels, provenance)


def _from_dataset(
    model: Path,
    data: Path | None,
    split: str,
    labels: tuple[str, ...],
    provenance: Mapping[str, Any],
) -> Articles:
    from warwire.corpus.dataset import load_dataset

    prepared = load_dataset(data or Path(provenance["data"]))
    if split not in prepared.splits:
        raise InputError(f"split {split!r} is not in the dataset ({', '.join(prepared.splits)})")
    known = provenance["data_fingerprints"].get(split)
    if data is None and prepared.recipe["fingerprints"][split] != known:
        raise InputError(
            f"{provenance['data']}: its {split} articles changed since {model} was trained"
            f" ({known} then); name the dataset with --data, or train again"
        )
    training = prepared.splits.get("train") if data is None else _training_articles(provenance)
    scored, validation = prepared.splits[split], prepared.splits.get("validation", ())
    return Articles(scored, training, validation, gold_of_dataset(scored, labels))


def _training_articles(provenance: Mapping[str, Any]) -> Sequence["Document"] | None:
    """The articles that the run was trained on, where they are still where they were."""
    from warwire.corpus.dataset import load_dataset

    try:
        prepared = load_dataset(Path(provenance["data"]))
    except InputError:
        return None
    unchanged = prepared.recipe["fingerprints"]["train"] == provenance["data_fingerprints"]["train"]
    return prepared.splits["train"] if unchanged else None


def _write(
    folder: Path,
    model: Path,
    documents: Sequence["Document"],
    found: Sequence[Sequence["Span"]],
    record: Mapping[str, Any],
    labels: tuple[str, ...],
) -> None:
    from warwire.articles.writing import jsonl_lines
    from warwire.reports.pages import render_scores
    from warwire.storage import write_text

    marked = [_with_reference(*pair) for pair in zip(documents, found, strict=True)]
    page = render_scores(
        documents, found, title=f"{model.name}: scores", labels=labels, figures=record
    )
    write_text(folder / "predictions.jsonl", "".join(jsonl_lines(marked)))
    write_text(folder / "scores.html", page)
    write_text(folder / "metrics.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def _with_reference(document: "Document", found: Sequence["Span"]) -> "Document":
    """The article with predicted spans, and its own under `reference` for pages made later."""
    gold = [{"start": each.start, "end": each.end, "label": each.label} for each in document.spans]
    marked = document.with_spans(tuple(found))
    return replace(marked, meta={**document.meta, "reference": gold})


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
