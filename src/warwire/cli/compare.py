"""`warwire compare`: several runs → one table that says which to ship."""

from pathlib import Path
from typing import Annotated

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, say, show
from warwire.errors import InputError

EPILOG = """Examples:

  warwire compare models

  warwire compare models/minilm models/minilm-frozen --json

  warwire compare models --data other.json
"""


@app.command(epilog=EPILOG)
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Runs' folders, or a folder of runs.")],
    data: Annotated[
        Path | None, typer.Option(help="Score all runs on this export or dataset first.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compare runs scored on the same articles, with paired tests against the best."""
    from warwire.evaluation.comparison import compare_runs, read_scored_run, scored_run
    from warwire.reports.tables import comparison_table

    folders = _run_folders(runs)
    if data is None:
        scored = [read_scored_run(folder) for folder in folders]
    else:
        from warwire.cli.score import score_run

        scored = [scored_run(folder.name, score_run(folder, data=data)) for folder in folders]
    rows = compare_runs(scored)
    articles, test_set = len(scored[0].articles), scored[0].test_set
    show(comparison_table(rows, title=f"{len(rows)} runs on {articles} articles, strict micro F1"))
    say("Differences and p-values are paired over articles, against the best run.")
    if as_json:
        print_json({"test_set": test_set, "articles": articles, "runs": rows})


def _run_folders(paths: list[Path]) -> list[Path]:
    folders: list[Path] = []
    for path in paths:
        if not path.is_dir():
            raise InputError(f"{path}: no such run or folder of runs")
        if (path / "warwire.yaml").is_file():
            folders.append(path)
        else:
            folders += sorted(file.parent for file in path.glob("[!.]*/warwire.yaml"))
    if not folders:
        raise InputError(f"{paths[0]}: holds no runs; train some with 'warwire train CONFIG'")
    return folders
