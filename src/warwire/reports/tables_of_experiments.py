"""Terminal tables of benchmarks and robustness."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table


def benchmark_table(result: Mapping[str, Any]) -> Table:
    """Each seed's dev and test figures, and their mean and standard deviation."""
    title = (
        f"{result['benchmark']}: test F1, learning rate {result['learning_rate']:g} chosen on dev"
    )
    table = Table("seed", title=title, title_justify="left")
    columns = ("dev micro", "lenient micro", "lenient macro", "strict micro", "strict macro")
    for name in (*columns, "epoch", "train s"):
        table.add_column(name, justify="right")
    for run in result["runs"]:
        modes = [run["test"][mode] for mode in ("lenient", "strict")]
        cells = [f"{figures[kind]:.3f}" for figures in modes for kind in ("micro_f1", "macro_f1")]
        dev = f"{run['dev']['lenient']['micro_f1']:.3f}"
        rest = (f"{run['best_epoch']:.0f}", f"{run['train_seconds']:.0f}")
        table.add_row(str(run["seed"]), dev, *cells, *rest)
    modes = [result["test"][mode] for mode in ("lenient", "strict")]
    table.add_row("mean ± sd", "", *(_spread(each, kind) for each in modes for kind in KINDS))
    return table


KINDS = ("micro_f1", "macro_f1")


def _spread(figures: Mapping[str, Any], kind: str) -> str:
    sd = figures[f"{kind}_sd"]
    return f"{figures[kind]:.3f}" + ("" if sd is None else f" ± {sd:.3f}")


def robustness_table(result: Mapping[str, Any]) -> Table:
    """F1 on each kind of changed articles, and what that takes away, with its interval."""
    table = Table("articles", title=result["title"], title_justify="left")
    for name in ("F1", "change", "95 % interval", "changed articles", "changes"):
        table.add_column(name, justify="right")
    table.add_row("as they are", f"{result['f1']:.3f}")
    for kind, row in result["kinds"].items():
        low, high = row["interval"]
        change = (f"{row['f1']:.3f}", f"{row['change']:+.3f}", f"{low:+.3f} to {high:+.3f}")
        table.add_row(kind, *change, f"{row['articles']:,}", f"{row['edits']:,}")
    return table
