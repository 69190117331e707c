"""Runs scored on the same articles → one table: scores, seeds, paired tests, cost, what differs."""

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np

from warwire.errors import InputError
from warwire.evaluation.grouping import (
    NO_DIFFERENCE,
    ScoredConfig,
    flatten,
    group_by_config,
    name_runs,
)
from warwire.evaluation.runs import ScoredRun, metrics_record, read_scored_run, scored_run
from warwire.evaluation.statistics import (
    RESAMPLES,
    bootstrap_many,
    f1_of,
    holm,
    interval,
    paired_permutation,
)

COSTS = ("train_seconds", "seconds_a_million_tokens", "size_mb", "peak_memory_mb", "parameters")
"""What is the better the less it is."""

DRAWS_A_TEST = 100
"""Swaps drawn for each test of a table, so that the smallest corrected p-value is about .01."""


def compare_runs(runs: Sequence[ScoredRun]) -> dict[str, Any]:
    """The comparison as plain data: `configs`, best first, `runs`, `differences` and `chosen`.

    A config's figure is the mean over its seeds. Intervals are over articles, seeds held fixed
    (their spread is `f1_sd`). `chosen` is the config that validation, not test, speaks for. `gap`
    is each config's difference to `compared_with`: to the chosen, or to the best where validation
    is not known for all or is of these very articles. Its p-values are of a paired permutation test
    over articles on the seeds' mean counts, corrected by Holm's method over the table's tests or,
    where the best was picked on these articles, over all pairs of configs, so that they hold for
    any pick. `to_best` is the difference to the best, tested only where that is the gap. Raises
    InputError for fewer than two runs or different test sets.
    """
    if len(runs) < 2:
        raise InputError("a comparison needs at least two scored runs")
    runs = name_runs(runs)
    refuse_different_sets(runs)
    configs = sorted(group_by_config(runs), key=lambda each: (-each.f1, each.name))
    chosen = _chosen(configs)
    compared = _compared_with(configs, chosen)
    rows = _rows(configs, compared)
    _mark_efficient(rows)
    return {
        "test_set": runs[0].test_set,
        "split": runs[0].split,
        "articles": len(runs[0].articles),
        "chosen": chosen,
        "compared_with": compared,
        "configs": rows,
        "runs": [
            run | {key: row[key] for key in ("gap", "to_best")}
            for row in rows
            for run in row["runs"]
        ],
        "differences": {
            "config": differences({each.name: each.runs[0].config for each in configs}),
            "data": differences({each.name: each.runs[0].data for each in configs}),
        },
    }


def differences(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The dotted keys whose values differ between the named settings, with each one's value."""
    flat = {name: flatten(content) for name, content in settings.items()}
    keys = sorted({key for content in flat.values() for key in content} - set(NO_DIFFERENCE))
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
                f" {run.test_set}; score all on one set: warwire compare RUNS --data SET"
            )


def _compared_with(configs: Sequence[ScoredConfig], chosen: str | None) -> dict[str, Any]:
    """The config that the others are tested against, what picked it, and over how many tests."""
    apart = not any(_is_validation(run) for each in configs for run in each.runs)
    if chosen and apart:
        return {"config": chosen, "picked_on": "validation", "tests": len(configs) - 1}
    pairs = len(configs) * (len(configs) - 1) // 2
    return {"config": configs[0].name, "picked_on": "these articles", "tests": pairs}


def _is_validation(run: ScoredRun) -> bool:
    """Whether a run is scored on the articles on which its epoch, and maybe it, was chosen."""
    known = run.data.get("fingerprints")
    return isinstance(known, Mapping) and known.get("validation") == run.test_set


def _rows(configs: Sequence[ScoredConfig], compared: Mapping[str, Any]) -> list[dict[str, Any]]:
    draws = _draws(configs)
    to = [each.name for each in configs].index(compared["config"])
    by_validation = compared["picked_on"] == "validation"
    tested = _tests(configs, to, all_pairs=not by_validation)
    rows = []
    for place, each in enumerate(configs):
        gap = _gap(configs, draws, place, to)
        gap = gap and gap | tested[place]
        to_best = gap if to == 0 else _gap(configs, draws, place, 0)
        rows.append(_row(each, draws[place], {"gap": gap, "to_best": to_best}))
    return rows


def _gap(
    configs: Sequence[ScoredConfig], draws: Sequence[Any], place: int, to: int
) -> dict[str, Any] | None:
    """Difference in F1 between two configs, not tested yet; none of a config to itself."""
    if place == to:
        return None
    return {
        "f1": configs[place].f1 - configs[to].f1,
        "interval": list(interval(draws[place] - draws[to])),
        "p": None,
        "p_holm": None,
    }


def _tests(
    configs: Sequence[ScoredConfig], to: int, *, all_pairs: bool
) -> dict[int, dict[str, float]]:
    """By place, `p` and `p_holm` of each config against one, corrected over all that is tested."""
    tables = [each.counts for each in configs]
    others = [place for place in range(len(configs)) if place != to]
    against = [(to, place) for place in others]
    pairs = list(combinations(range(len(configs)), 2)) if all_pairs else against
    draws = max(RESAMPLES, DRAWS_A_TEST * len(pairs))
    found = [paired_permutation(tables[one], tables[two], draws=draws) for one, two in pairs]
    by_pair = dict(zip(pairs, zip(found, holm(found), strict=True), strict=True))
    return {pair[1]: dict(zip(("p", "p_holm"), by_pair[pair], strict=True)) for pair in against}


def _draws(configs: Sequence[ScoredConfig]) -> list[Any]:
    """F1 of each config over the same draws of articles, the mean of its seeds' F1."""
    tables = [run.counts for each in configs for run in each.runs]
    totals = iter(bootstrap_many(tables))
    return [np.mean([f1_of(next(totals)) for _ in each.runs], axis=0) for each in configs]


def _row(config: ScoredConfig, draws: Any, gaps: Mapping[str, Any]) -> dict[str, Any]:
    macro = [run.macro_f1 for run in config.runs if run.macro_f1 is not None]
    return {
        "config": config.name,
        "seeds": len(config.runs),
        "f1": config.f1,
        "f1_sd": config.sd,
        "f1_interval": list(interval(draws)),
        "macro_f1": fmean(macro) if macro else None,
        "validation_f1": config.validation_f1,
        **gaps,
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
    known = [(-each.validation_f1, each.name) for each in configs if each.validation_f1 is not None]
    return min(known)[1] if len(known) == len(configs) else None


__all__ = [
    "ScoredConfig",
    "ScoredRun",
    "compare_runs",
    "differences",
    "group_by_config",
    "metrics_record",
    "name_runs",
    "read_scored_run",
    "refuse_different_sets",
    "scored_run",
]
