"""`warwire train`: a config and a dataset → a run's folder."""

import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.app import app
from warwire.cli.console import say

EPILOG = """Examples:

  warwire train configs/minilm.yaml

  warwire train configs/minilm.yaml --data data/built/mine --seed 7 training.epochs=12

  warwire train configs/minilm.yaml --resume

  torchrun --nproc-per-node 2 -m warwire.cli train configs/minilm.yaml

  accelerate launch --num_processes 2 -m warwire.cli train configs/minilm.yaml
"""


@app.command(epilog=EPILOG)
def train(
    config: Annotated[Path, typer.Argument(help="A training config (YAML).")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="section.key=value, any number.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="A prepared dataset; by default the config's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Train with this seed into NAME-seedN.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with an unfinished training.")] = False,
    models: Annotated[Path, typer.Option(help="The folder of runs.")] = Path("models"),
) -> None:
    """Fine-tune a token classifier; the best epoch is chosen on the validation articles.

    Several processes share each batch of training.batch_size windows; the first of them writes.
    """
    from warwire.config import load_config
    from warwire.corpus.dataset import load_dataset
    from warwire.model.processes import is_main

    extra = [f"training.seed={seed}"] if seed is not None else []
    extra += [f"data={json.dumps(str(data))}"] if data else []
    settings = load_config(config, [*(overrides or []), *extra])
    name = settings.name if seed is None else f"{settings.name}-seed{seed}"
    prepared = load_dataset(Path(settings.data))
    run = models / name
    _refuse_foreign(run)
    train_into(run, settings, prepared, resume=resume)
    if is_main():
        say(f"Wrote {run}. Score it with: warwire score {run}")


def train_into(run: Path, settings: Any, prepared: Any, *, resume: bool) -> None:
    """Train by a config on a prepared dataset and write the run's folder, whole or not at all.

    Raises InputError where there is nothing to train on or to choose an epoch by.
    """
    from warwire.cli.console import training_bar
    from warwire.evaluation.scoring import score
    from warwire.model.checkpoints import save_run
    from warwire.model.processes import is_main
    from warwire.model.provenance import run_provenance
    from warwire.model.training import train
    from warwire.model.unfinished import keep_last
    from warwire.reports.cards import model_card
    from warwire.storage import new_folder

    _refuse_empty_splits(settings.data, prepared.splits)
    work = run.parent / f".{run.name}.training"
    with training_bar(run.name) as show:
        watch = show if is_main() else lambda done, total, line: None
        trained = train(
            settings,
            prepared.labels,
            prepared.splits["train"],
            prepared.splits["validation"],
            measure=lambda gold, found: score(gold, [each.spans for each in found]).counts().f1,
            work=work,
            data_fingerprint=json.dumps(prepared.recipe["fingerprints"]) + prepared.furniture_rules,
            furniture_rules=prepared.furniture_rules,
            resume=resume,
            watch=watch,
        )
    if not is_main():
        return
    provenance = run_provenance(settings, trained, prepared.recipe)
    with new_folder(run) as scratch:
        save_run(trained.checkpoint, scratch)
        keep_last(work, trained, scratch)
        shutil.copyfile(Path(settings.data) / "prepare.yaml", scratch / "prepare.yaml")
        (scratch / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n")
        (scratch / "README.md").write_text(model_card(run.name, provenance), encoding="utf-8")
    shutil.rmtree(work, ignore_errors=True)


def _refuse_empty_splits(data: str, splits: Any) -> None:
    from warwire.errors import InputError

    for name in ("train", "validation"):
        if not splits.get(name):
            raise InputError(
                f"{data}: the {name} split holds no articles; prepare the dataset again with a"
                " share for it, such as --split 80/10/10"
            )


def _refuse_foreign(run: Path) -> None:
    from warwire.errors import InputError

    if run.is_dir() and any(run.iterdir()) and not (run / "warwire.yaml").is_file():
        raise InputError(f"{run}: exists and is no run of ours; give the config another name")
