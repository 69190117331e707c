"""`warwire compare`: several runs → one table that says which to ship."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, say, show
from warwire.errors import InputError

EPILOG = """Examples:

  warwire compare models

  warwire compare models/minilm models/minilm-frozen --json

  warwire compare models --data other.json --html comparison.html
"""


@app.command(epilog=EPILOG)
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Runs' folders, or a folder of runs.")],
    data: Annotated[
        Path | None, typer.Option(help="Score all runs on this export or dataset first.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which part of a dataset given by --data.")] = "test",
    annotators: Annotated[str, typer.Option(help="Policy for an export, as in prepare.")] = "auto",
    html: Annotated[
        Path | None, typer.Option(help="The page; by default comparison.html beside the runs.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Compare runs scored on the same articles, with paired tests against the chosen one."""
    from warwire.evaluation.comparison import compare_runs, name_runs, read_scored_run

    folders = run_folders(runs)
    if data is None:
        scored = [read_scored_run(folder) for folder in folders]
        beside = folders
    else:
        scored, beside = _score_all(folders, data, split, annotators)
    scored = name_runs(scored)
    comparison = compare_runs(scored)
    page = html or folders[0].parent / "comparison.html"
    show_comparison(comparison)
    write_comparison(page, comparison, dict(zip([run.name for run in scored], beside, strict=True)))
    if as_json:
        print_json(comparison)


def show_comparison(comparison: dict[str, Any]) -> None:
    """Print the tables of a comparison and what the figures are."""
    from warwire.reports.tables_of_comparisons import (
        comparison_table,
        cost_table,
        difference_table,
        note_on_tests,
        run_table,
    )

    which = "test" if comparison["split"] == "test" else "the given"
    count = comparison["articles"]
    show(comparison_table(comparison, title=f"Strict micro F1 on {count} {which} articles"))
    show(cost_table(comparison["configs"]))
    if len(comparison["runs"]) > len(comparison["configs"]):
        show(run_table(comparison["runs"]))
    if any(comparison["differences"].values()):
        show(difference_table(comparison["differences"]))
    say(
        f"F1, intervals and tests are on those articles, paired. {note_on_tests(comparison)}"
        " sd is over seeds. 'validation' is F1 of the chosen epoch on validation; * is the best"
        " by it."
    )


def write_comparison(page: Path, comparison: dict[str, Any], folders: dict[str, Path]) -> None:
    """Write the page of a comparison, with the articles that the runs' predictions hold."""
    from warwire.reports.comparison_pages import read_predictions, render_comparison
    from warwire.storage import write_text

    predictions = read_predictions(folders)
    write_text(page, render_comparison(comparison, predictions))
    say(f"Wrote {page}.")


def _score_all(
    folders: Sequence[Path], data: Path, split: str, annotators: str
) -> tuple[list[Any], list[Path]]:
    from warwire.cli.score import score_run
    from warwire.evaluation.comparison import scored_run

    records = [
        score_run(folder, data=data, split=split, annotators=annotators) for folder in folders
    ]
    scored = [
        scored_run(folder.name, record, folder=folder)
        for folder, record in zip(folders, records, strict=True)
    ]
    return scored, [Path(record["written_to"]) for record in records]


def run_folders(paths: Sequence[Path]) -> list[Path]:
    """The runs among folders and folders of runs; raises InputError where there are none."""
    folders: list[Path] = []
    for path in paths:
        if not path.is_dir():
            raise InputError(f"{path}: no such run or folder of runs")
        if (path / "warwire.yaml").is_file():
            folders.append(path)
        else:
            found = sorted(file.parent for file in path.glob("[!.]*/warwire.yaml"))
            folders += [folder for folder in found if not folder.is_symlink()]
    if not folders:
        raise InputError(f"{paths[0]}: holds no runs; train some with 'warwire train CONFIG'")
    return list(dict.fromkeys(folders))
