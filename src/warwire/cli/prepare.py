"""`warwire prepare`: exports → a dataset on disk, with its ledger."""

from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import progress, say, show
from warwire.errors import InputError

EPILOG = """Examples:

  warwire prepare data/starter/export.json --out data/built/starter

  warwire prepare mine.json --out data/built/mine --annotators ground-truth --split fold:1/3
"""


@app.command(epilog=EPILOG)
def prepare(
    exports: Annotated[list[Path], typer.Argument(help="Label Studio JSON exports.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    annotators: Annotated[
        str, typer.Option(help="auto, ground-truth, latest, majority or agreement.")
    ] = "auto",
    split: Annotated[
        str, typer.Option(help="auto, given, shares such as 70/10/20, or fold:1/3.")
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Of the split.")] = 13,
    strict: Annotated[bool, typer.Option(help="Exit with 2 if anything was rejected.")] = False,
    labels: Annotated[
        str | None, typer.Option(help="The schema, comma-separated, or 'in-use'.")
    ] = None,
    labeling_config: Annotated[
        Path | None, typer.Option(help="The project's labeling config (XML).")
    ] = None,
    text_key: Annotated[
        str | None, typer.Option(help="Where in a task's data the text stands.")
    ] = None,
    label_map: Annotated[
        Path | None, typer.Option(help="YAML: label in the export: label to use.")
    ] = None,
    format: Annotated[str, typer.Option(help="label-studio.")] = "label-studio",
) -> None:
    """Turn Label Studio exports into a dataset; every span read is accounted for."""
    from warwire.corpus.dataset import Prepared, save_dataset
    from warwire.corpus.label_studio import load_export
    from warwire.corpus.splits import split_documents
    from warwire.reports.cards import dataset_card
    from warwire.reports.tables import ledger_table

    if format != "label-studio":
        raise InputError(f"--format {format!r} is unknown; it can be label-studio")
    export = load_export(
        *exports,
        annotators=annotators,
        labels=_names(labels),
        labeling_config=labeling_config,
        text_key=text_key,
        label_map=_read_map(label_map),
        progress=lambda tasks: progress(tasks, what="Reading tasks"),
    )
    _report(export.ledger, ledger_table(export.ledger.to_dict()), strict=strict)
    splits = split_documents(export.documents, spec=split, seed=seed)
    recipe: dict[str, Any] = {
        "exports": [str(path) for path in exports],
        "annotators": annotators,
        "split": split,
        "seed": seed,
    }
    prepared = Prepared(export.labels, splits, recipe)
    card = dataset_card(splits, export.labels, recipe)
    _refuse_foreign(out)
    written = save_dataset(out, prepared, ledger=export.ledger.to_dict(), card=card)
    sizes = ", ".join(f"{name} {size}" for name, size in written["sizes"].items())
    say(f"Wrote {out}: {sizes} articles.")


def _names(labels: str | None) -> list[str] | None:
    return [name.strip() for name in labels.split(",") if name.strip()] if labels else None


def _read_map(path: Path | None) -> dict[str, str] | None:
    if path is None:
        return None
    import yaml

    if not path.is_file():
        raise InputError(f"{path}: no such label map")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as YAML") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: write one 'label in the export: label to use' a line")
    return {str(name): str(target) for name, target in content.items()}


def _report(ledger: Any, table: Any, *, strict: bool) -> None:
    show(table)
    for reject in ledger.rejects[:5]:
        say(f"rejected: {reject}")
    if len(ledger.rejects) > 5:
        say(f"… and {len(ledger.rejects) - 5} more, all in ledger.json")
    for warning in ledger.warnings[:5]:
        say(f"note: {warning}")
    if strict and ledger.rejects:
        raise InputError(f"{len(ledger.rejects)} rejected and --strict given; nothing was written")


def _refuse_foreign(out: Path) -> None:
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not _is_dataset(out)):
        raise InputError(f"{out}: exists and is no prepared dataset; choose another --out")


def _is_dataset(folder: Path) -> bool:
    return (folder / "prepare.yaml").is_file()
