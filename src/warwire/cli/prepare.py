"""`warwire prepare`: exports → a dataset on disk, with its ledger."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import progress, say, show
from warwire.cli.gold import tell_rejects
from warwire.errors import InputError

EPILOG = """Examples:

  warwire prepare data/starter/export.json --out data/built/starter

  warwire prepare mine.json.gz more.zip --out data/built/mine --annotators ground-truth

  warwire prepare mine.json --out data/built/mine --split date:70/10/20 --also conll

  warwire prepare train.conll --format conll --out data/built/elsewhere
"""
FORMATS = ("label-studio", "conll")


@app.command(epilog=EPILOG)
def prepare(
    exports: Annotated[
        list[Path], typer.Argument(help="Label Studio JSON exports, plain, gzip or zip.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    annotators: Annotated[
        str, typer.Option(help="auto, ground-truth, latest, majority or agreement.")
    ] = "auto",
    overlaps: Annotated[
        str, typer.Option(help="Which overlapping span stays: longest, first or priority.")
    ] = "longest",
    split: Annotated[
        str,
        typer.Option(
            help="auto, given, 70/10/20, fold:1/3, date:70/10/20, source:70/10/20,"
            " stratified:70/10/20, or a file of id,split."
        ),
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
    format: Annotated[str, typer.Option(help="label-studio or conll.")] = "label-studio",
    furniture_rules: Annotated[
        Path | None,
        typer.Option(help="YAML of your own furniture rules, before ours; models keep them."),
    ] = None,
    also: Annotated[
        list[str] | None, typer.Option(help="Write parquet, conll, spacy or words too.")
    ] = None,
    push_to_hub: Annotated[
        str | None, typer.Option(help="Upload to this hub dataset (USER/NAME), private.")
    ] = None,
) -> None:
    """Turn Label Studio exports into a dataset; every span read is accounted for."""
    from warwire.corpus.furniture import mark_furniture
    from warwire.corpus.furniture_rules import read_rules, rules_after
    from warwire.corpus.preparing import write_dataset
    from warwire.corpus.views import push_to_hub as upload
    from warwire.evaluation.matching import count_article

    refuse_foreign(out)
    _refuse_unknown_forms(also or ())
    own_rules = read_rules(furniture_rules) if furniture_rules else ""
    rules = rules_after(own_rules)
    source = _source(
        format,
        exports,
        {
            "annotators": annotators,
            "labels": _names(labels),
            "labeling_config": labeling_config,
            "text_key": text_key,
            "label_map": _read_map(label_map),
            "overlaps": overlaps,
        },
    )
    written = write_dataset(
        out,
        source,
        recipe={
            "exports": [path.name for path in exports],
            "format": format,
            "annotators": annotators,
            "overlaps": overlaps,
            "split": split if not Path(split).is_file() else Path(split).name,
            "seed": seed,
            **_recipe_of_rules(furniture_rules, own_rules),
        },
        spec=split,
        seed=seed,
        step=lambda document: mark_furniture(document, rules),
        count=count_article,
        check=_reporter(strict=strict),
        stage=say,
        furniture_rules=own_rules,
    )
    _tell(out, written)
    for note in _write_forms(out, also or ()):
        say(f"note: {note}")
    if push_to_hub:
        upload(out, push_to_hub)
        say(f"Pushed to {push_to_hub}.")


def _source(format: str, exports: Sequence[Path], options: dict[str, Any]) -> Any:
    if format == "label-studio":
        from warwire.corpus.label_studio import open_export

        return open_export(
            *exports, progress=lambda tasks: progress(tasks, what="Reading tasks"), **options
        )
    if format == "conll":
        from warwire.corpus.conll import open_conll

        return open_conll(
            *exports,
            labels=options["labels"],
            progress=lambda documents: progress(documents, what="Reading articles"),
        )
    raise InputError(f"--format {format!r} is unknown; it can be {' or '.join(FORMATS)}")


def _recipe_of_rules(path: Path | None, text: str) -> dict[str, str]:
    """The file's name and a digest of what it holds, so that a comparison shows other rules."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return {"furniture_rules": f"{path.name} {digest}"} if path else {}


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
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path}: not readable as YAML") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: write one 'label in the export: label to use' a line")
    return {str(name): str(target) for name, target in content.items()}


def _refuse_unknown_forms(forms: Sequence[str]) -> None:
    from warwire.corpus.views import FORMS

    for form in forms:
        if form not in FORMS:
            raise InputError(f"--also {form!r} is unknown; it can be {', '.join(FORMS)}")


def _write_forms(out: Path, forms: Sequence[str]) -> list[str]:
    from warwire.corpus.views import write_forms

    return write_forms(out, forms) if forms else []


def _reporter(*, strict: bool) -> Callable[[Any], None]:
    def report(ledger: Any) -> None:
        from warwire.reports.tables import ledger_table

        show(ledger_table(ledger.to_dict()))
        tell_rejects(ledger, rest=", all in ledger.json")
        for warning in ledger.warnings[:5]:
            say(f"note: {warning}")
        if strict and ledger.rejects:
            first = ledger.rejects[0]
            count = len(ledger.rejects)
            raise InputError(
                f"{count} rejected and --strict given; nothing was written; first: {first}"
            )

    return report


def _tell(out: Path, written: Any) -> None:
    for note in written.notes[:5]:
        say(f"warning: {note}")
    if len(written.notes) > 5:
        say(f"… and {len(written.notes) - 5} more, all in ledger.json")
    agreement = written.ledger["agreement"]
    if agreement:
        told = ", ".join(
            f"{' and '.join(pair['annotators'])} strict {pair['strict']['all']:.3f}"
            f" partial {pair['partial']['all']:.3f} on {pair['articles']} articles"
            for pair in agreement["pairs"][:5]
        )
        say(f"Agreement: {told}; alpha on tokens {agreement['alpha_on_tokens']}.")
    sizes = ", ".join(f"{name} {size}" for name, size in written.recipe["sizes"].items())
    say(f"Wrote {out}: {sizes} articles.")


def refuse_foreign(out: Path) -> None:
    """Raise InputError where writing would replace what is no prepared dataset."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not _is_dataset(out)):
        raise InputError(f"{out}: exists and is no prepared dataset; choose another --out")


def _is_dataset(folder: Path) -> bool:
    return (folder / "prepare.yaml").is_file()
