"""`warwire rank`: unlabelled articles → the order in which to label them, and why."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import counting_bar, progress, say, show
from warwire.errors import InputError

if TYPE_CHECKING:
    from warwire.experiments.ranking import Ordered

FORMATS = ("jsonl", "label-studio")
EPILOG = """An article's usefulness is the number of spans that people would probably correct in a
hundred words of it: what the model expects to get wrong, more of it for rare types, and new names;
less of it where a labelled or better article is like it. The score that is written, 0 to 1, is for
Label Studio's queue, which gives low scores first.

Examples:

  warwire rank models/minilm archive/ --budget 10000 --out order.jsonl

  warwire rank models/minilm archive/ --format label-studio --out tasks.json

  warwire studio push order.jsonl --project 3
"""


@app.command(epilog=EPILOG)
def rank(
    model: Annotated[Path, typer.Argument(help="A run's folder.")],
    articles: Annotated[
        list[Path], typer.Argument(help="Text, JSONL, CSV or Parquet files or folders.")
    ],
    labelled: Annotated[
        Path | None,
        typer.Option(help="An export or dataset of what is labelled; else the run's own articles."),
    ] = None,
    budget: Annotated[
        int, typer.Option(min=1, help="Words to choose with care; the rest follows as it stands.")
    ] = 30_000,
    rare: Annotated[float, typer.Option(min=0, help="Weight of rare types.")] = 0.5,
    new: Annotated[float, typer.Option(min=0, help="Weight of a new name, in spans.")] = 0.25,
    alike: Annotated[float, typer.Option(min=0, max=1, help="Weight of likeness.")] = 0.5,
    names: Annotated[
        str | None, typer.Option(help="The type whose new surfaces count; else the first one.")
    ] = None,
    format: Annotated[str, typer.Option(help="jsonl or label-studio.")] = "jsonl",
    out: Annotated[
        Path | None, typer.Option(help="The file to write; else standard output.")
    ] = None,
    first: Annotated[int, typer.Option(min=0, help="How many to explain in a table.")] = 10,
) -> None:
    """Order unlabelled articles by how much there is to learn in a word of them."""
    from warwire.articles.reading import read_articles
    from warwire.cli.answers import refuse_out
    from warwire.cli.score import articles_for
    from warwire.experiments.ranking import Weights, order_articles
    from warwire.model.prediction import Predictor
    from warwire.reports.tables_of_experiments import ranking_table

    if format not in FORMATS:
        raise InputError(f"--format {format!r} is unknown; it can be {', '.join(FORMATS)}")
    refuse_out(out, articles)
    given = list(read_articles(articles))
    predictor = Predictor.from_pretrained(model, engine="torch")
    if names is not None and names not in predictor.labels:
        raise InputError(f"--names {names!r}: {model} marks {', '.join(predictor.labels)}")
    known = articles_for(model, labelled, split="train", annotators="auto", labels=predictor.labels)
    seen = {document.text for document in known}
    pool = [document for document in given if document.text not in seen]
    say(f"{len(pool)} articles to rank; {len(given) - len(pool)} are labelled already.")
    with counting_bar("Ranking") as watch:
        ordered = order_articles(
            predictor,
            pool,
            known,
            naming=names or predictor.labels[0],
            weights=Weights(rare=rare, new=new, alike=alike),
            budget=budget,
            reading=lambda found: progress(found, what="Reading", total=len(pool)),
            watch=watch,
        )
    show(ranking_table(ordered[:first], title=f"{model}: what to label first, and why"))
    _write(out, _pieces(ordered, format, model.name))


def _pieces(ordered: "Sequence[Ordered]", format: str, version: str) -> Iterator[str]:
    from warwire.articles.writing import label_studio_lines

    if format == "label-studio":
        documents = (each.document for each in ordered)
        scores = (each.score for each in ordered)
        return label_studio_lines(documents, version=f"{version} ranked", scores=scores)
    return (json.dumps(_row(each), ensure_ascii=False) + "\n" for each in ordered)


def _row(ordered: "Ordered") -> dict[str, Any]:
    from warwire.articles.writing import to_record

    ranked, about = ordered.ranked, ordered.appraisal
    return {
        "id": about.id,
        "score": ordered.score,
        "usefulness": round(ranked.usefulness, 4),
        "words": about.words,
        "reasons": {
            "wrong_spans": round(float(about.wrong.sum()), 3),
            "doubtful": [
                {"text": text, "label": span.label, "score": span.score}
                for text, span in about.doubtful
            ],
            "new_names": list(ranked.new),
            "rare_spans": {label: round(count, 2) for label, count in ordered.rare.items()},
            "likeness": round(ranked.likeness, 3),
        },
        "spans": to_record(ordered.document)["spans"],
    }


def _write(out: Path | None, pieces: Iterator[str]) -> None:
    from warwire.storage import write_text

    if out is None:
        sys.stdout.writelines(pieces)
        return
    write_text(out, "".join(pieces))
    say(f"Wrote {out}.")
