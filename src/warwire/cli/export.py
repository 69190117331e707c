"""`warwire export`: a run → the same model for ONNX Runtime, beside its weights."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import print_json, say, show

if TYPE_CHECKING:
    from warwire.model.export import Gate

EPILOG = """An int8 model is offered only if it is faster than fp32 and its strict F1 on the run's
validation articles within half a point; onnx/export.json keeps what was tried and measured.

Examples:

  warwire export models/minilm

  warwire export models/minilm --data data/built/mine

  warwire predict models/minilm articles.jsonl --engine onnx
"""


@app.command(epilog=EPILOG)
def export(
    model: Annotated[Path, typer.Argument(help="A run's folder.")],
    data: Annotated[
        Path | None, typer.Option(help="A prepared dataset; by default the one of the run.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Export a run to ONNX, which starts faster and needs no torch to predict."""
    from warwire.model.checkpoints import load_run
    from warwire.model.export import export_run
    from warwire.model.exported import FOLDER
    from warwire.reports.tables import trial_table

    checkpoint = load_run(model)
    gate = _gate(data, checkpoint)
    record = export_run(
        checkpoint, model, gate, tell=lambda trial: say(f"Measured {trial.variant}.")
    )
    if gate:
        show(trial_table(record, title=f"{model}: {len(gate.validation)} validation articles"))
    say(_outcome(model / FOLDER, record, gate))
    if as_json:
        print_json(record)


def _gate(data: Path | None, checkpoint: Any) -> "Gate | None":
    """The run's own dataset, or the one given; None where the run's is not there."""
    from warwire.corpus.dataset import PREPARE_FILE, load_dataset
    from warwire.errors import InputError
    from warwire.evaluation.scoring import score
    from warwire.model.export import Gate

    folder = data or Path(checkpoint.config.data)
    if data is None and not (folder / PREPARE_FILE).is_file():
        return None
    prepared = load_dataset(folder)
    if prepared.labels != checkpoint.tags.labels:
        raise InputError(f"{folder}: its entity types are not the run's; choose another --data")
    validation = prepared.splits["validation"]
    return Gate(
        validation,
        prepared.splits["train"],
        f1=lambda found: score(validation, found, labels=prepared.labels).counts().f1,
    )


def _outcome(folder: Path, record: dict[str, Any], gate: "Gate | None") -> str:
    if record["int8"]:
        return f"Wrote {folder}: fp32, and int8 ({record['int8']})."
    if gate is None:
        return f"Wrote {folder}: fp32; int8 was not tried, for want of validation articles: --data."
    return f"Wrote {folder}: fp32; no int8 model was as good and faster."
