"""Runs scored on the same articles → one table: scores, seeds, paired tests, cost, what differs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np

from warwire.errors import InputError
from warwire.evaluation.runs import ScoredRun, metrics_record, read_scored_run, scored_run
from warwire.evaluation.statistics import (
    Table,
    bootstrap_many,
    f1_of,
    holm,
    interval,
    paired_permutation,
)

COSTS = ("train_seconds", "seconds_a_million_tokens", "size_mb", "peak_memory_mb", "parameters")
"""What is the better the less it is."""

_NO_DIFFERENCE = ("name", "training.seed", "data")


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


def group_by_config(runs: Sequence[ScoredRun]) -> list[ScoredConfig]:
    """Runs that differ in nothing but name and seed, together; named after their config."""
    groups: dict[str, list[ScoredRun]] = {}
    for run in runs:
        groups.setdefault(_recipe_key(run), []).append(run)
    names = [str(group[0].config.get("name", group[0].name)) for group in groups.values()]
    return [
        ScoredConfig(
            name if names.count(name) == 1 and len(group) > 1 else _stem(group),
            tuple(sorted(group, key=lambda run: (run.seed or 0, run.name))),
        )
        for name, group in zip(names, groups.values(), strict=True)
    ]


def compare_runs(runs: Sequence[ScoredRun]) -> dict[str, Any]:
    """The comparison as plain data: `configs`, best first, `runs`, `differences` and `chosen`.

    A config's figure is the mean over its seeds. Intervals are over articles, seeds held fixed
    (their spread is `f1_sd`). P-values are of a paired permutation test over articles on the seeds'
    mean counts, against the best config, corrected over the table by Holm's method. `chosen` is
    the config that validation, not test, speaks for. Raises InputError for fewer than two runs or
    different test sets.
    """
    if len(runs) < 2:
        raise InputError("a comparison needs at least two scored runs")
    refuse_different_sets(runs)
    configs = sorted(group_by_config(runs), key=lambda each: (-each.f1, each.name))
    rows = _rows(configs)
    _mark_efficient(rows)
    return {
        "test_set": runs[0].test_set,
        "split": runs[0].split,
        "articles": len(runs[0].articles),
        "chosen": _chosen(configs),
        "configs": rows,
        "runs": [run | {"to_best": row["to_best"]} for row in rows for run in row["runs"]],
        "differences": {
            "config": differences({each.name: each.runs[0].config for each in configs}),
            "data": differences({each.name: each.runs[0].data for each in configs}),
        },
    }


def differences(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The dotted keys whose values differ between the named settings, with each one's value."""
    flat = {name: _flatten(content) for name, content in settings.items()}
    keys = sorted({key for content in flat.values() for key in content} - set(_NO_DIFFERENCE))
    found = {key: {name: content.get(key) for name, content in flat.items()} for key in keys}
    return {
        key: values for key, values in found.items() if len({*map(json.dumps, values.values())}) > 1
    }


def refuse_different_sets(runs: Sequence[ScoredRun]) -> None:
    """Raise InputError, naming both fingerprints, unless all runs were scored on one test set."""
    first = runs[0]
    for run in runs[1:]:
        if (run.test_set, run.articles) != (first.test_set, first.articles):
            raise InputError(
                f"{first.name} was scored on test set {first.test_set}, {run.name} on"
                f" {run.test_set}; score all on one set with --data"
            )


def _rows(configs: Sequence[ScoredConfig]) -> list[dict[str, Any]]:
    best, others = configs[0], configs[1:]
    p_values = [paired_permutation(best.counts, each.counts) for each in others]
    draws = _draws(configs)
    rows = [_row(best, draws[0], None)]
    for place, (each, p_value, corrected) in enumerate(
        zip(others, p_values, holm(p_values), strict=True), start=1
    ):
        gap = {
            "f1": each.f1 - best.f1,
            "interval": list(interval(draws[place] - draws[0])),
            "p": p_value,
            "p_holm": corrected,
        }
        rows.append(_row(each, draws[place], gap))
    return rows


def _draws(configs: Sequence[ScoredConfig]) -> list[Any]:
    """F1 of each config over the same draws of articles, the mean of its seeds' F1."""
    tables = [run.counts for each in configs for run in each.runs]
    totals = iter(bootstrap_many(tables))
    return [np.mean([f1_of(next(totals)) for _ in each.runs], axis=0) for each in configs]


def _row(config: ScoredConfig, draws: Any, gap: Mapping[str, Any] | None) -> dict[str, Any]:
    macro = [run.macro_f1 for run in config.runs if run.macro_f1 is not None]
    return {
        "config": config.name,
        "seeds": len(config.runs),
        "f1": config.f1,
        "f1_sd": config.sd,
        "f1_interval": list(interval(draws)),
        "macro_f1": fmean(macro) if macro else None,
        "validation_f1": config.validation_f1,
        "to_best": gap,
        "cost": _mean_cost([run.cost for run in config.runs]),
        "runs": [_run_row(config.name, run) for run in config.runs],
    }


def _run_row(config: str, run: ScoredRun) -> dict[str, Any]:
    (draws,) = bootstrap_many([run.counts])
    return {
        "run": run.name,
        "config": config,
        "seed": run.seed,
        "f1": run.f1,
        "f1_interval": list(interval(f1_of(draws))),
        "validation_f1": run.validation_f1,
        **run.cost,
    }


def _mean_cost(costs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Means of the numbers that every run has; of words, the first run's."""
    kept = {key: [cost[key] for cost in costs] for key in costs[0] if all(key in c for c in costs)}
    mean = {
        key: fmean(values) if all(isinstance(each, int | float) for each in values) else values[0]
        for key, values in kept.items()
    }
    if mean.get("predict_tokens_a_second"):
        mean["seconds_a_million_tokens"] = 1e6 / mean["predict_tokens_a_second"]
    return mean


def _mark_efficient(rows: list[dict[str, Any]]) -> None:
    """`efficient_in`: the costs in which no other config is as good for less or better for as much.

    That is the Pareto front of F1 and each cost by itself.
    """
    for row in rows:
        row["efficient_in"] = [
            cost
            for cost in COSTS
            if cost in row["cost"] and not any(_beats(other, row, cost) for other in rows)
        ]


def _beats(other: Mapping[str, Any], row: Mapping[str, Any], cost: str) -> bool:
    if cost not in other["cost"]:
        return False
    here, there = row["cost"][cost], other["cost"][cost]
    no_worse = other["f1"] >= row["f1"] and there <= here
    return bool(no_worse and (other["f1"] > row["f1"] or there < here))


def _chosen(configs: Sequence[ScoredConfig]) -> str | None:
    known = [(each.validation_f1, each.name) for each in configs if each.validation_f1 is not None]
    return max(known)[1] if len(known) == len(configs) else None


def _recipe_key(run: ScoredRun) -> str:
    if not run.config:
        return run.name
    config = {
        key: value for key, value in _flatten(run.config).items() if key not in _NO_DIFFERENCE
    }
    return json.dumps([config, _flatten(run.data)], sort_keys=True, default=str)


def _stem(group: Sequence[ScoredRun]) -> str:
    return group[0].name.rsplit("-seed", 1)[0] if len(group) > 1 else group[0].name


def _flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


__all__ = [
    "ScoredConfig",
    "ScoredRun",
    "compare_runs",
    "differences",
    "group_by_config",
    "metrics_record",
    "read_scored_run",
    "refuse_different_sets",
    "scored_run",
]
