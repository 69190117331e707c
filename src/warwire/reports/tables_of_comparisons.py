"""Terminal tables of comparisons, and the words that say what was tested against what."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table


def gap_words(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """The heading of the differences, and what stands in the row that they are taken to."""
    to = comparison["compared_with"]["config"]
    word = "best" if comparison["configs"][0]["config"] == to else "chosen"
    return f"to the {word}", word


def note_on_tests(comparison: Mapping[str, Any]) -> str:
    """Which config the others are tested against, why, and what p is corrected over."""
    compared = comparison["compared_with"]
    name, tests = compared["config"], compared["tests"]
    if not tests:
        return "There is one config, so nothing is tested."
    if compared["picked_on"] == "validation":
        over = f" over {tests} tests" if tests > 1 else ""
        return f"Tests are against {name}, which validation chose; p by Holm's method{over}."
    known = comparison["chosen"] is not None
    why = (
        "These are the validation articles" if known else "Validation is not known for every config"
    )
    covers = f" over all {tests} pairs of configs, which covers that choice" if tests > 1 else ""
    return (
        f"{why}, so tests are against {name}, the best on the very articles of the test;"
        f" p by Holm's method{covers}."
    )


def comparison_table(comparison: Mapping[str, Any], *, title: str) -> Table:
    """Configs from best to worst: seeds, differences to the one compared with, validation.

    `*` marks the config that validation speaks for.
    """
    table = Table("config", title=title, title_justify="left")
    heading, word = gap_words(comparison)
    columns = ("F1", "sd", "95 % interval", "macro", heading, "its interval", "p (Holm)")
    for name in (*columns, "validation"):
        table.add_column(name, justify="right")
    for row in comparison["configs"]:
        low, high = row["f1_interval"]
        scores = (
            f"{row['f1']:.3f}",
            _number(row["f1_sd"], ".3f"),
            f"{low:.3f} to {high:.3f}",
            _number(row["macro_f1"], ".3f"),
        )
        name = _config_name(row, comparison["chosen"])
        table.add_row(name, *scores, *_gap_cells(row, word), _number(row["validation_f1"], ".3f"))
    return table


def cost_table(configs: Sequence[Mapping[str, Any]]) -> Table:
    """What each config costs; `+` marks a cost in which no other config is as good for less."""
    table = Table("config", title="Cost (+ efficient)", title_justify="left")
    columns = {
        "train s": ("train_seconds", 1.0, ",.0f"),
        "s a million tokens": ("seconds_a_million_tokens", 1.0, ",.0f"),
        "tokens/s": ("predict_tokens_a_second", 1.0, ",.0f"),
        "parameters, M": ("parameters", 1e6, ".1f"),
        "MiB on disk": ("size_mb", 1.0, ",.0f"),
        "peak MiB": ("peak_memory_mb", 1.0, ",.0f"),
    }
    for name in columns:
        table.add_column(name, justify="right")
    for row in configs:
        table.add_row(
            _config_name(row),
            *(_cost_cell(row, key, unit, shape) for key, unit, shape in columns.values()),
        )
    return table


def run_table(runs: Sequence[Mapping[str, Any]]) -> Table:
    """Every run by itself."""
    table = Table("run", title="All runs", title_justify="left")
    for name in ("seed", "F1", "95 % interval", "validation", "train s"):
        table.add_column(name, justify="right")
    for run in runs:
        low, high = run["f1_interval"]
        seed = "" if run["seed"] is None else str(run["seed"])
        shown = (f"{run['f1']:.3f}", f"{low:.3f} to {high:.3f}")
        rest = (_number(run["validation_f1"], ".3f"), _number(run.get("train_seconds"), ".0f"))
        table.add_row(escape(run["run"]), seed, *shown, *rest)
    return table


def difference_table(differences: Mapping[str, Mapping[str, Any]]) -> Table:
    """The config and data keys that differ, with each config's value."""
    rows = [(key, values) for part in differences.values() for key, values in part.items()]
    names = list(rows[0][1]) if rows else []
    table = Table("differs in", *map(escape, names), title="Configs and data", title_justify="left")
    for key, values in rows:
        table.add_row(escape(key), *(escape(str(values[name])) for name in names))
    return table


def _config_name(row: Mapping[str, Any], chosen: str | None = None) -> str:
    star = " *" if row["config"] == chosen else ""
    return f"{escape(row['config'])}{star}" + (f" × {row['seeds']}" if row["seeds"] > 1 else "")


def _gap_cells(row: Mapping[str, Any], word: str) -> tuple[str, str, str]:
    gap = row["gap"]
    if not gap:
        return "", "", word
    low, high = gap["interval"]
    p_value = f"{gap['p_holm']:.3f}" if gap["p_holm"] >= 0.001 else "< 0.001"
    return f"{gap['f1']:+.3f}", f"{low:+.3f} to {high:+.3f}", p_value


def _cost_cell(row: Mapping[str, Any], key: str, unit: float, shape: str) -> str:
    value = row["cost"].get(key)
    if value is None:
        return ""
    return format(value / unit, shape) + (" +" if key in row["efficient_in"] else "")


def _number(value: float | None, shape: str) -> str:
    return "" if value is None else format(value, shape)
