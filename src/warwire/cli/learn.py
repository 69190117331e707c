"""`warwire studio learn`: new annotations → a new run, which takes over unless it is worse."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from warwire.cli.console import counting_bar, print_json, say
from warwire.cli.studio import AsJson, CredentialsFile, Project, connect, studio
from warwire.errors import InputError

EPILOG = """Examples:

  warwire studio learn configs/minilm.yaml --project 3 --current models/minilm

  warwire studio learn configs/minilm.yaml --project 3 --also data/starter/export.json

The record of all decisions is decisions.jsonl in --folder. Run it by cron or after a webhook:
without enough new annotations it does nothing.
"""


@studio.command(epilog=EPILOG)
def learn(
    config: Annotated[Path, typer.Argument(help="A training config (YAML).")],
    project: Project,
    overrides: Annotated[
        list[str] | None, typer.Argument(help="section.key=value, any number.")
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Export, splits, datasets, decisions, and the webhook's journal.")
    ] = Path("studio"),
    also: Annotated[
        list[Path] | None, typer.Option(help="A further export to learn from; again for more.")
    ] = None,
    minimum: Annotated[int, typer.Option(min=0, help="New annotations to wait for.")] = 20,
    annotators: Annotated[str, typer.Option(help="Policy, as in prepare.")] = "latest",
    seed: Annotated[int, typer.Option(help="Of the splits of new articles.")] = 13,
    models: Annotated[Path, typer.Option(help="The folder of runs.")] = Path("models"),
    current: Annotated[
        Path | None, typer.Option(help="The run to beat; else the one that models/current names.")
    ] = None,
    credentials: CredentialsFile = None,
    as_json: AsJson = False,
) -> None:
    """Retrain once enough was annotated; promote the new run unless a paired test says worse.

    Both runs are scored on the same held-out articles. Articles keep their split for ever. The link
    models/current names the promoted run.
    """
    from warwire.studio.learning import annotated, journalled, last_decision, now, promote
    from warwire.studio.learning import record_decision as record

    last = last_decision(folder, project) or {}
    told = journalled(folder, project, last.get("pulled"))
    asked = told is not None and told.asked
    if told and not asked and told.annotations < minimum:
        say(f"{_waiting(told.annotations, minimum)} by the journal; nothing to do.")
        return
    link = models / "current"
    old = _current(current or link, needed=current is not None)
    pulled = now()
    export = _pull(project, folder, credentials)
    fresh, latest = annotated(export, last.get("seen_until"))
    if fresh < minimum and not asked:
        say(f"{_waiting(fresh, minimum)}; nothing to do.")
        return
    data = _prepare(folder, [export, *(also or ())], old, annotators=annotators, seed=seed)
    new = _train(config, overrides or [], data, models)
    decision = {"when": now(), "project": project, "annotations": fresh, "data": str(data)}
    decision |= {"pulled": pulled, "seen_until": latest} | _judge(old, new, data)
    if decision["promoted"]:
        promote(link, new)
    record(folder, decision)
    _tell(decision, link)
    if as_json:
        print_json(decision)


def _waiting(count: int, minimum: int) -> str:
    return f"{count} of {minimum} new annotations"


def _current(path: Path, *, needed: bool) -> Path | None:
    if path.exists():
        return path.resolve()
    if needed:
        raise InputError(f"{path}: no such run; leave --current out for the first one")
    return None


def _pull(project: int, folder: Path, credentials: Path | None) -> Path:
    from warwire.studio.pulling import EXPORT_FILE, pull

    with counting_bar("Pulling") as watch:
        pulled = pull(connect(credentials), project, folder, watch=watch)
    say(f"Pulled {pulled.tasks} tasks, {pulled.annotations} annotations.")
    return folder / EXPORT_FILE


def _prepare(
    folder: Path, exports: Sequence[Path], old: Path | None, *, annotators: str, seed: int
) -> Path:
    """The dataset of these exports, its splits fixed; its name is a digest of its making."""
    from warwire.cli.prepare import prepare
    from warwire.studio.learning import write_splits
    from warwire.studio.pulling import CONFIG_FILE

    config = folder / CONFIG_FILE
    splits = write_splits(folder, _splits(folder, exports, config, old, annotators, seed))
    out = folder / "datasets" / _digest([*exports, config, splits], annotators)
    if not out.is_dir():
        prepare(
            list(exports),
            out=out,
            labeling_config=config,
            annotators=annotators,
            split=str(splits),
            seed=seed,
        )
    return out


def _splits(
    folder: Path,
    exports: Sequence[Path],
    config: Path,
    old: Path | None,
    annotators: str,
    seed: int,
) -> dict[str, str]:
    from warwire.corpus.furniture import mark_furniture
    from warwire.corpus.label_studio import load_export
    from warwire.studio.learning import extend_splits, read_splits

    loaded = load_export(*exports, annotators=annotators, labeling_config=config)
    _refuse_other_labels(old, loaded.labels)
    documents = [mark_furniture(document) for document in loaded.documents]
    known = _given(documents) | _splits_of(old) | read_splits(folder)
    return extend_splits(known, documents, seed=seed)


def _refuse_other_labels(old: Path | None, labels: Sequence[str]) -> None:
    if old is None:
        return
    from warwire.evaluation.runs import read_recipe

    theirs = read_recipe(old).get("labels", labels)
    if list(theirs) != list(labels):
        raise InputError(
            f"{old}: marks {', '.join(theirs)}, the project {', '.join(labels)}; the two cannot be"
            " compared, so name another run with --current, or another --models"
        )


def _splits_of(old: Path | None) -> dict[str, str]:
    """The splits of the dataset that the run in use was trained on, where it is still there."""
    from warwire.corpus.dataset import load_dataset

    if old is None:
        return {}
    try:
        provenance = json.loads((old / "provenance.json").read_text(encoding="utf-8"))
        splits = load_dataset(Path(provenance["data"])).splits
    except (OSError, ValueError, KeyError, InputError):
        say(f"note: the dataset of {old.name} is gone; what it trained on may be held out here")
        return {}
    return {document.id: name for name, part in splits.items() for document in part}


def _given(documents: Sequence[Any]) -> dict[str, str]:
    """The splits that articles name themselves."""
    from warwire.corpus.splits import SPLITS, card_of

    named = {document.id: card_of(document).given for document in documents}
    return {identity: split for identity, split in named.items() if split in SPLITS}


def _digest(files: Sequence[Path], annotators: str) -> str:
    digest = hashlib.sha256(annotators.encode())
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _train(config: Path, overrides: Sequence[str], data: Path, models: Path) -> Path:
    """The run of a config on a dataset, trained or resumed where need be, and scored."""
    from warwire.cli.score import score_run
    from warwire.cli.train import train_into
    from warwire.config import load_config
    from warwire.corpus.dataset import load_dataset
    from warwire.experiments.sweep import Planned, run_sweep

    name = f"{load_config(config, overrides).name}-{data.name}"
    settings = load_config(config, [*overrides, f"data={json.dumps(str(data))}", f"name={name}"])
    prepared = load_dataset(data)

    def train(planned: Planned, resume: bool) -> None:
        train_into(models / planned.name, planned.config, prepared, resume=resume)

    def score(run: Path) -> None:
        score_run(run, data=None)

    (run,) = run_sweep([Planned(name, settings)], models, train=train, score=score, tell=say)
    return run


def _judge(old: Path | None, new: Path, data: Path) -> dict[str, Any]:
    from warwire.cli.score import score_run
    from warwire.evaluation.runs import read_scored_run, scored_run
    from warwire.studio.learning import verdict

    fresh = read_scored_run(new)
    if old is None or old == new.resolve():
        return {"old": None, "new": new.name, "f1_new": fresh.f1, "promoted": True}
    record = score_run(old, data=data, split="test")
    return verdict(scored_run(old.name, record, folder=old), fresh)


def _tell(decision: dict[str, Any], link: Path) -> None:
    if decision["old"] is None:
        say(f"{link} names {decision['new']}: there was no other run to compare it with.")
        return
    low, high = decision["interval"]
    outcome = f"{link} names it now" if decision["promoted"] else f"{link} stays"
    say(
        f"{decision['new']} {decision['f1_new']:.3f}, {decision['old']} {decision['f1_old']:.3f}"
        f" on {decision['articles']} held-out articles: difference {decision['difference']:+.3f}"
        f" ({low:+.3f} to {high:+.3f}), p {decision['p']:.3f}; {outcome}."
    )
