"""`warwire sweep`: a grid of configs and seeds → runs, and the table that compares them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warwire.cli.app import app
from warwire.cli.compare import show_comparison, write_comparison
from warwire.cli.console import print_json, say

if TYPE_CHECKING:
    from warwire.experiments.sweep import Planned

EPILOG = """Examples:

  warwire sweep configs/minilm.yaml --grid training.learning_rate=1e-4,3e-4 --seeds 3

  warwire sweep configs/minilm.yaml --grid windows.size=128,256 --grid training.epochs=4,8
"""


@app.command(epilog=EPILOG)
def sweep(
    config: Annotated[Path, typer.Argument(help="A training config (YAML).")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="section.key=value, for every run.")
    ] = None,
    grid: Annotated[
        list[str] | None, typer.Option(help="section.key=v1,v2; give it again for another key.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Runs of each combination, seeds 1 to this.")] = 3,
    data: Annotated[
        Path | None, typer.Option(help="A prepared dataset; by default the config's.")
    ] = None,
    models: Annotated[Path, typer.Option(help="The folder of runs.")] = Path("models"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train and score every combination of a grid; the best is chosen on validation.

    Run the same command again after a stop: finished runs stay, an unfinished one goes on.
    """
    from warwire.evaluation.comparison import compare_runs, read_scored_run
    from warwire.experiments.sweep import parse_grid, plan_sweep, run_sweep

    given = [*(overrides or []), *([f"data={json.dumps(str(data))}"] if data else [])]
    plan = plan_sweep(config, parse_grid(grid or []), seeds=seeds, overrides=given)
    folders = run_sweep(plan, models, train=_train(models), score=_score, tell=say)
    if len(folders) < 2:
        say("One run makes no comparison; give --grid or more --seeds.")
        return
    comparison = compare_runs([read_scored_run(folder) for folder in folders])
    show_comparison(comparison)
    page = models / f"{plan[0].config.name}-sweep.html"
    write_comparison(page, comparison, {folder.name: folder for folder in folders})
    if comparison["chosen"]:
        say(f"Validation speaks for {comparison['chosen']}.")
    if as_json:
        print_json(comparison)


def _train(models: Path) -> Callable[["Planned", bool], None]:
    from warwire.cli.train import train_into
    from warwire.corpus.dataset import load_dataset

    def train(planned: "Planned", resume: bool) -> None:
        prepared = load_dataset(Path(planned.config.data))
        train_into(models / planned.name, planned.config, prepared, resume=resume)

    return train


def _score(folder: Path) -> None:
    from warwire.cli.score import score_run

    score_run(folder, data=None)
