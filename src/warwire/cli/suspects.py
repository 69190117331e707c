"""`warwire suspects`: a prepared dataset → its labels that are likely wrong, ranked."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import say, show, training_bar

if TYPE_CHECKING:
    from warwire.documents import Document
    from warwire.experiments.suspects import Suspect
    from warwire.spans import Span

EPILOG = """Trains a model for each fold on the other folds, so that each article is read by a model
that never saw it. Give the same command again after a stop: finished folds stay.

Examples:

  warwire suspects configs/minilm.yaml --data data/built/starter

  warwire suspects configs/minilm.yaml training.epochs=3 --data data/built/mine --out doubts

  warwire studio push doubts/predictions.jsonl --project 3
"""


@app.command(epilog=EPILOG)
def suspects(
    config: Annotated[Path, typer.Argument(help="A training config (YAML).")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="section.key=value, any number.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A prepared dataset, all splits; by default the config's.")
    ] = None,
    folds: Annotated[int, typer.Option(help="Models to train.")] = 5,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="The score from which a label is a suspect.")
    ] = 0.5,
    out: Annotated[
        Path | None, typer.Option(help="The folder for list and page; else beside the dataset.")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="How many to show in the table.")] = 20,
) -> None:
    """Find labels that are likely wrong: what contradicts them, how surely, and where.

    Writes suspects.jsonl, suspects.html, and predictions.jsonl for 'warwire studio push', which
    shows the affected articles as proposed beside how they are labelled.
    """
    from warwire.config import load_config
    from warwire.corpus.dataset import load_dataset
    from warwire.experiments.confidence import need_cleanlab
    from warwire.experiments.folds import read_by_folds
    from warwire.experiments.suspects import find_suspects
    from warwire.reports.tables_of_experiments import suspect_table

    need_cleanlab()
    extra = [f"data={json.dumps(str(data))}"] if data else []
    settings = load_config(config, [*(overrides or []), *extra])
    folder = Path(settings.data)
    prepared = load_dataset(folder)
    documents = [each for part in prepared.splits.values() for each in part]
    target = out or folder.with_name(f"{folder.name}-suspects")
    with training_bar("fold") as watch:
        readings = read_by_folds(
            settings,
            prepared.labels,
            documents,
            folds=folds,
            seed=settings.training.seed,
            cache=target / "folds",
            tell=say,
            watch=watch,
        )
    found = find_suspects(documents, readings, prepared.labels, least=least)
    show(suspect_table(found[:first], documents, title=f"{folder}: likely mistakes"))
    _write(target, folder.name, documents, found, prepared.labels)
    sure = sum(each.confident for each in found)
    say(f"{len(found)} suspects, {sure} of them also by confident learning. See {target}.")


def _write(
    folder: Path,
    name: str,
    documents: "Sequence[Document]",
    found: "Sequence[Suspect]",
    labels: tuple[str, ...],
) -> None:
    from warwire.reports.suspects import render_suspects
    from warwire.storage import write_text

    page = render_suspects(documents, found, title=f"{name}: likely mistakes", labels=labels)
    write_text(folder / "suspects.html", page)
    rows = (_row(documents[each.article], each) for each in found)
    write_text(folder / "suspects.jsonl", _lines(rows))
    write_text(folder / "predictions.jsonl", _lines(_corrections(documents, found)))


def _lines(rows: Iterator[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _row(document: "Document", suspect: "Suspect") -> dict[str, Any]:
    claim = suspect.claim
    return {
        "id": document.id,
        "kind": claim.kind,
        "score": round(suspect.score, 4),
        "labelled": [_told(document, span) for span in claim.given],
        "proposed": [_told(document, span) for span in claim.proposed],
        "model": dict(zip(SIDES, (round(each, 4) for each in suspect.model), strict=True)),
        "elsewhere": dict(zip(SIDES, suspect.elsewhere, strict=True)),
        "annotators": dict(zip(SIDES, suspect.annotators, strict=True)),
        "confident": suspect.confident,
    }


SIDES = ("proposed", "labelled")


def _told(document: "Document", span: "Span") -> dict[str, Any]:
    where = {"start": span.start, "end": span.end, "label": span.label}
    return {**where, "text": document.surface(span)}


def _corrections(
    documents: "Sequence[Document]", found: "Sequence[Suspect]"
) -> Iterator[dict[str, Any]]:
    """The affected articles with every proposal taken up; the likeliest mistake scores lowest."""
    from warwire.experiments.suspects import take_up

    for place in dict.fromkeys(each.article for each in found):
        own = [each for each in found if each.article == place]
        spans = take_up(documents[place].spans, own)
        yield {
            "id": documents[place].id,
            "score": round(1 - own[0].score, 4),
            "spans": [
                _told(documents[place], span)
                | ({} if span.score is None else {"score": span.score})
                for span in spans
            ],
        }
