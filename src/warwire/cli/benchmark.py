"""`warwire benchmark`: a folder of CoNLL files → figures to lay beside published ones."""

from pathlib import Path
from typing import Annotated

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, say, show, training_bar
from warwire.errors import InputError

EPILOG = """Examples:

  warwire benchmark benchmarks/re3d

  warwire benchmark benchmarks/re3d --documents re3d-articles.jsonl

  warwire benchmark benchmarks/cameo_ner --learning-rates 1e-4,3e-4 --seeds 5 training.epochs=20
"""


@app.command(epilog=EPILOG)
def benchmark(
    folder: Annotated[Path, typer.Argument(help="train.txt, test.txt and perhaps dev.txt, BIO.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="section.key=value of the config.")
    ] = None,
    config: Annotated[Path, typer.Option(help="A training config (YAML).")] = Path(
        "configs/minilm.yaml"
    ),
    documents: Annotated[
        Path | None,
        typer.Option(help="The articles the sentences come from: split by document instead."),
    ] = None,
    learning_rates: Annotated[
        str, typer.Option(help="Tried on dev with the first seed.")
    ] = "1e-4,3e-4,5e-4",
    seeds: Annotated[int, typer.Option(min=1, help="Runs, seeds 1 to this.")] = 3,
    out: Annotated[Path, typer.Option(help="The folder of results.")] = Path("models/benchmarks"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train and score on sentences with their own labels, in seqeval's lenient and strict modes.

    The learning rate is chosen on dev; finished trainings are kept and not done again. Recall is
    told apart for names that train holds and for new ones, since a split may share its documents.
    """
    from warwire.articles.reading import read_articles
    from warwire.config import load_config
    from warwire.experiments.benchmark import load_task, run_benchmark, split_by_document
    from warwire.reports.tables_of_experiments import benchmark_table

    settings = load_config(config, overrides or [])
    task = load_task(folder)
    if documents is not None:
        task = split_by_document(task, list(read_articles([documents])))
    with training_bar(task.name) as watch:
        result = run_benchmark(
            task,
            settings,
            seeds=seeds,
            learning_rates=_rates(learning_rates),
            out=out / f"{task.name}-{settings.name}",
            tell=say,
            watch=watch,
        )
    show(benchmark_table(result))
    for name, value in result["notes"].items():
        say(f"{name.replace('_', ' ')}: {value}")
    if as_json:
        print_json(result)


def _rates(written: str) -> list[float]:
    try:
        rates = [float(rate) for rate in written.split(",")]
    except ValueError as error:
        raise InputError(f"--learning-rates {written!r}: write numbers, as in 1e-4,3e-4") from error
    if not all(rate > 0 for rate in rates):
        raise InputError(f"--learning-rates {written!r}: a learning rate is above 0")
    return list(dict.fromkeys(rates))
