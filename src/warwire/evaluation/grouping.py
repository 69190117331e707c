"""Runs of one config together, each run and each config under a name of its own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from json import dumps
from statistics import fmean, stdev
from typing import Any

import numpy as np

from warwire.evaluation.runs import ScoredRun
from warwire.evaluation.statistics import Table

NO_DIFFERENCE = ("name", "training.seed", "data")
"""The keys in which runs of one config may differ."""


@dataclass(frozen=True, slots=True)
class ScoredConfig:
    """The runs of one config on one dataset, which differ in their seed alone."""

    name: str
    runs: tuple[ScoredRun, ...]

    @property
    def f1(self) -> float:
        """Mean strict micro F1 over the seeds."""
        return fmean(run.f1 for run in self.runs)

    @property
    def sd(self) -> float | None:
        """Standard deviation of F1 over the seeds; none for a single one."""
        return stdev(run.f1 for run in self.runs) if len(self.runs) > 1 else None

    @property
    def validation_f1(self) -> float | None:
        """Mean validation F1 over the seeds; none where a run does not tell."""
        known = [run.validation_f1 for run in self.runs if run.validation_f1 is not None]
        return fmean(known) if len(known) == len(self.runs) else None

    @property
    def counts(self) -> Table:
        """(articles, 3): the mean counts over the seeds."""
        return np.asarray(np.mean([run.counts for run in self.runs], axis=0))


def name_runs(runs: Sequence[ScoredRun]) -> list[ScoredRun]:
    """The runs, no two of one name: those that share theirs get their parent folder's before it."""
    names = _apart([[run.name, _with_parent(run)] for run in runs])
    return [replace(run, name=name) for run, name in zip(runs, names, strict=True)]


def group_by_config(runs: Sequence[ScoredRun]) -> list[ScoredConfig]:
    """Runs that differ in nothing but name and seed, together; no two groups have one name.

    A group of several runs is named after its config, after what its folders share, or after its
    first run, whichever is its own.
    """
    groups: dict[str, list[ScoredRun]] = {}
    for run in name_runs(runs):
        groups.setdefault(_recipe_key(run), []).append(run)
    sorted_groups = [sorted(each, key=_by_seed) for each in groups.values()]
    names = _apart([_candidates(each) for each in sorted_groups])
    return [ScoredConfig(*pair) for pair in zip(names, map(tuple, sorted_groups), strict=True)]


def flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings under dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _apart(candidates: Sequence[Sequence[str]]) -> list[str]:
    """For each the first of its candidates that nobody else has; a number where there is none."""
    names = [each[0] for each in candidates]
    for level in range(1, max(map(len, candidates), default=0)):
        shared = _shared(names)
        names = [
            each[min(level, len(each) - 1)] if name in shared else name
            for name, each in zip(names, candidates, strict=True)
        ]
    shared = _shared(names)
    taken = set(names) - shared
    return [_numbered(name, taken) if name in shared else name for name in names]


def _shared(names: Sequence[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def _numbered(name: str, taken: set[str]) -> str:
    """The name, or the name with the first free number from 2 on; notes it as taken."""
    tried = (name if place == 1 else f"{name} ({place})" for place in count(1))
    free = next(each for each in tried if each not in taken)
    taken.add(free)
    return free


def _candidates(group: Sequence[ScoredRun]) -> list[str]:
    first = group[0]
    if len(group) == 1:
        return [first.name]
    return [str(first.config.get("name", first.name)), _stem(first), first.name]


def _stem(run: ScoredRun) -> str:
    return run.name.rsplit("-seed", 1)[0]


def _with_parent(run: ScoredRun) -> str:
    parent = run.folder.absolute().parent.name if run.folder else ""
    return f"{parent}/{run.name}" if parent else run.name


def _by_seed(run: ScoredRun) -> tuple[int, str]:
    return run.seed or 0, run.name


def _recipe_key(run: ScoredRun) -> str:
    if not run.config:
        return run.name
    config = {key: value for key, value in flatten(run.config).items() if key not in NO_DIFFERENCE}
    return dumps([config, flatten(run.data)], sort_keys=True, default=str)
