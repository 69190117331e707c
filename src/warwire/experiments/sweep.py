"""A grid of configs times seeds: planned whole, run one by one, resumed where it stopped."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from warwire.config import Config, dump_config, load_config
from warwire.corpus.dataset import PREPARE_FILE, load_recipe
from warwire.errors import InputError

CONFIG_FILE, DATA_FILE = "warwire.yaml", "data.txt"
"""What a run, and the work folder of an unfinished training, remember of their making."""

State = Literal["trained", "unfinished", "missing"]
_TOLD: Mapping[State, str] = {
    "trained": " is trained already",
    "unfinished": ", resumed",
    "missing": "",
}

Setting = tuple[str, str]
"""A dotted key and its value as written."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One training of a sweep: the run's name and its resolved config."""

    name: str
    config: Config


def parse_grid(axes: Sequence[str]) -> list[list[Setting]]:
    """Each `section.key=v1,v2` as its settings; commas inside brackets or quotes part nothing.

    Raises InputError for an axis without values, or a key given twice.
    """
    parsed = [_parse_axis(axis) for axis in axes]
    keys = [axis[0][0] for axis in parsed]
    for key in keys:
        if keys.count(key) > 1:
            raise InputError(f"--grid {key}: given twice; put all its values into one")
    return parsed


def plan_sweep(
    config: Path, grid: Sequence[Sequence[Setting]], *, seeds: int, overrides: Sequence[str] = ()
) -> list[Planned]:
    """Every combination of the grid with seeds 1 to `seeds`, combination by combination.

    A run is named after its config, the settings and the seed. Raises InputError where a setting
    does not fit the config, before anything is trained.
    """
    if seeds < 1:
        raise InputError(f"--seeds {seeds}: at least one is needed")
    plan: list[Planned] = []
    for settings in product(*grid):
        given = [*overrides, *(f"{key}={value}" for key, value in settings)]
        name = _name(load_config(config, given).name, settings)
        for seed in range(1, seeds + 1):
            chosen = load_config(config, [*given, f"name={name}", f"training.seed={seed}"])
            plan.append(Planned(f"{name}-seed{seed}", chosen))
    return plan


def run_sweep(
    plan: Sequence[Planned],
    models: Path,
    *,
    train: Callable[[Planned, bool], None],
    score: Callable[[Path], None],
    tell: Callable[[str], None],
) -> list[Path]:
    """Train and score what is not yet there; the runs' folders in the order of the plan.

    `train` takes a planned run and whether to go on with an unfinished one. A run that is there
    with another config, or trained on other articles than its dataset holds now, is neither
    overwritten nor taken for this one: InputError, before anything is trained.
    """
    for each in plan:
        _state(models, each)
    folders = [models / each.name for each in plan]
    for number, (each, folder) in enumerate(zip(plan, folders, strict=True), start=1):
        state = _state(models, each)
        tell(f"{number} of {len(plan)}: {each.name}{_TOLD[state]}")
        if state != "trained":
            train(each, state == "unfinished")
        if not (folder / "metrics.json").is_file():
            score(folder)
    return folders


def is_trained(folder: Path, config: Config) -> bool:
    """Whether the run is there with this config and trained on the articles of its dataset.

    Raises InputError where it is there with another config or of other articles. Where the dataset
    is gone, or the run does not tell of its articles, the config decides.
    """
    file = folder / CONFIG_FILE
    if not file.is_file():
        return False
    if file.read_text(encoding="utf-8") != dump_config(config):
        raise InputError(
            f"{folder}: a run with another config has this name; remove it, or rename the config"
        )
    known, present = _trained_on(folder), _fingerprints(config)
    if known and present and known != present:
        raise _other_articles(folder, config)
    return (folder / "model.safetensors").is_file()


def _state(models: Path, planned: Planned) -> State:
    if is_trained(models / planned.name, planned.config):
        return "trained"
    work = models / f".{planned.name}.training"
    return "unfinished" if _goes_on(work, planned.config) else "missing"


def _goes_on(work: Path, config: Config) -> bool:
    """Whether a training with this config stopped here; InputError where it had other articles."""
    file, data = work / CONFIG_FILE, work / DATA_FILE
    if not file.is_file() or file.read_text(encoding="utf-8") != dump_config(config):
        return False
    present = _fingerprints(config)
    told = data.read_text(encoding="utf-8") if data.is_file() else ""
    # Behind the fingerprints stand the user's own furniture rules, which training itself compares.
    if present and told and not told.startswith(json.dumps(present)):
        raise _other_articles(work, config)
    return True


def _other_articles(folder: Path, config: Config) -> InputError:
    return InputError(
        f"{folder}: trained on other articles than {config.data} holds now; give another --models"
        " folder, or remove the runs of the old articles"
    )


def _trained_on(folder: Path) -> Mapping[str, str] | None:
    """The fingerprints of the splits that a run was made with; none where it does not tell."""
    file = folder / "provenance.json"
    if not file.is_file():
        return None
    try:
        return dict(json.loads(file.read_text(encoding="utf-8"))["data_fingerprints"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: not readable as provenance; remove the run") from error


def _fingerprints(config: Config) -> Mapping[str, str] | None:
    """The fingerprints of the dataset's splits as it is now; none where there is no dataset."""
    folder = Path(config.data)
    if not (folder / PREPARE_FILE).is_file():
        return None
    return load_recipe(folder).get("fingerprints")


def _parse_axis(axis: str) -> list[Setting]:
    key, sign, values = axis.partition("=")
    parts = [part.strip() for part in re.split(r",(?![^\[{\"']*[\]}\"'])", values)]
    if not sign or not key.strip() or not all(parts):
        raise InputError(f"--grid {axis!r}: write it as section.key=value,value")
    return [(key.strip(), value) for value in dict.fromkeys(parts)]


def _name(base: str, settings: Sequence[Setting]) -> str:
    parts = [f"{key.rsplit('.', 1)[-1]}-{value}" for key, value in settings]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join([base, *parts])).strip("-")
