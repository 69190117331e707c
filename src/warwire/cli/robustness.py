"""`warwire robustness`: what a run loses when names, case, spelling or furniture change."""

import json
from pathlib import Path
from typing import Annotated

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, say, show
from warwire.errors import InputError

EPILOG = """Examples:

  warwire robustness models/minilm

  warwire robustness models/minilm --kind "typing errors" --kind "lower case" --json
"""


@app.command(epilog=EPILOG)
def robustness(
    model: Annotated[Path, typer.Argument(help="A run's folder.")],
    data: Annotated[
        Path | None, typer.Option(help="An export or a prepared dataset; by default the run's.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which part of a dataset.")] = "test",
    annotators: Annotated[str, typer.Option(help="Policy for an export, as in prepare.")] = "auto",
    kind: Annotated[
        list[str] | None, typer.Option(help="A kind of change; by default all, one by one.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the changes.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Score a run on the same articles with names, case, spelling or furniture changed."""
    from warwire.cli.score import articles_for
    from warwire.experiments.perturbations import perturbations
    from warwire.experiments.robustness import robustness as measure
    from warwire.model.prediction import Predictor
    from warwire.reports.tables_of_experiments import robustness_table
    from warwire.storage import write_text

    known = perturbations()
    wanted = kind or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise InputError(f"--kind {unknown[0]!r} is unknown; it can be {', '.join(known)}")
    predictor = Predictor.from_pretrained(model)
    documents = articles_for(
        model, data, split=split, annotators=annotators, labels=predictor.labels
    )
    result = measure(
        documents,
        predictor.predict,
        predictor.labels,
        {name: known[name] for name in wanted},
        seed=seed,
        tell=lambda name: say(f"{name} …"),
    )
    result["title"] = f"{model}: strict F1 of {len(documents)} articles, changed"
    show(robustness_table(result))
    file = model / "robustness.json"
    write_text(file, json.dumps(result, indent=1) + "\n")
    say(f"A change is against the same articles unchanged. Wrote {file}.")
    if as_json:
        print_json(result)
