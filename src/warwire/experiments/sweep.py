"""A grid of configs times seeds: planned whole, run one by one, resumed where it stopped."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from warwire.config import Config, dump_config, load_config
from warwire.errors import InputError

CONFIG_FILE = "warwire.yaml"

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
    with another config is never overwritten: InputError.
    """
    folders = [models / each.name for each in plan]
    for number, (each, folder) in enumerate(zip(plan, folders, strict=True), start=1):
        head = f"{number} of {len(plan)}: {each.name}"
        if is_trained(folder, each.config):
            tell(f"{head} is trained already")
        else:
            work = models / f".{each.name}.training"
            going_on = _goes_on(work, each.config)
            tell(f"{head}{', resumed' if going_on else ''}")
            train(each, going_on)
        if not (folder / "metrics.json").is_file():
            score(folder)
    return folders


def is_trained(folder: Path, config: Config) -> bool:
    """Whether the run is there with this config; InputError where it is there with another."""
    file = folder / CONFIG_FILE
    if not file.is_file():
        return False
    if file.read_text(encoding="utf-8") != dump_config(config):
        raise InputError(
            f"{folder}: a run with another config has this name; remove it, or rename the config"
        )
    return (folder / "model.safetensors").is_file()


def _goes_on(work: Path, config: Config) -> bool:
    file = work / CONFIG_FILE
    return file.is_file() and file.read_text(encoding="utf-8") == dump_config(config)


def _parse_axis(axis: str) -> list[Setting]:
    key, sign, values = axis.partition("=")
    parts = [part.strip() for part in re.split(r",(?![^\[{\"']*[\]}\"'])", values)]
    if not sign or not key.strip() or not all(parts):
        raise InputError(f"--grid {axis!r}: write it as section.key=value,value")
    return [(key.strip(), value) for value in dict.fromkeys(parts)]


def _name(base: str, settings: Sequence[Setting]) -> str:
    parts = [f"{key.rsplit('.', 1)[-1]}-{value}" for key, value in settings]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", "-".join([base, *parts])).strip("-")
