"""Terminal tables of ledgers, scores and comparisons."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from warwire.documents import Document


def ledger_table(ledger: Mapping[str, Any]) -> Table:
    """What was read and what became of it."""
    table = Table("", "count", title="Ledger", title_justify="left")
    table.columns[1].justify = "right"
    for group in ("tasks", "spans"):
        for name, count in ledger[group].items():
            kinds = count if isinstance(count, Mapping) else {"": count}
            for kind, number in kinds.items():
                shown = f"{group} {name}" + (f": {kind}" if kind else "")
                table.add_row(shown.replace("_", " "), f"{number:,}")
    return table


def score_table(figures: Mapping[str, Any], *, title: str) -> Table:
    """Strict precision, recall and F1 with interval by type; the other views' F1 beside them.

    Where articles have several annotators, their F1 stands beside the model's on those articles.
    """
    ceiling = figures.get("ceiling")
    views = ("exact", "partial", "type", "token")
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for name in ("precision", "recall", "F1", "95 % interval", *views, "spans"):
        table.add_column(name, justify="right")
    if ceiling:
        table.add_column("annotators", justify="right")
        table.add_column(f"model on their {ceiling['articles']}", justify="right")
    scores = figures["scores"]
    for row, strict in scores["strict"].items():
        low, high = strict["f1_interval"]
        main = [f"{strict[name]:.3f}" for name in ("precision", "recall", "f1")]
        others = [f"{scores[view][row]['f1']:.3f}" for view in views if view in scores]
        cells = [*main, f"{low:.3f} to {high:.3f}", *others, f"{strict['support']:,}"]
        table.add_row(row, *cells, *_ceiling_cell(ceiling, row))
    low, high = figures["macro_f1_interval"]["strict"]
    table.add_row(
        "macro", "", "", f"{figures['macro_f1']['strict']:.3f}", f"{low:.3f} to {high:.3f}"
    )
    return table


def _ceiling_cell(ceiling: Mapping[str, Any] | None, row: str) -> list[str]:
    if not ceiling:
        return []
    found = ceiling["rows"][row]
    return [f"{found['annotators']:.3f}", f"{found['model']:.3f}"]


def comparison_table(comparison: Mapping[str, Any], *, title: str) -> Table:
    """Configs from best to worst: seeds, differences to the best, validation.

    `*` marks the config that validation speaks for.
    """
    table = Table("config", title=title, title_justify="left")
    columns = ("F1", "sd", "95 % interval", "macro", "to the best", "its interval", "p (Holm)")
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
        table.add_row(name, *scores, *_gap_cells(row), _number(row["validation_f1"], ".3f"))
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
        table.add_row(run["run"], seed, *shown, *rest)
    return table


def difference_table(differences: Mapping[str, Mapping[str, Any]]) -> Table:
    """The config and data keys that differ, with each config's value."""
    rows = [(key, values) for part in differences.values() for key, values in part.items()]
    names = list(rows[0][1]) if rows else []
    table = Table("differs in", *names, title="Configs and data", title_justify="left")
    for key, values in rows:
        table.add_row(key, *(str(values[name]) for name in names))
    return table


def _config_name(row: Mapping[str, Any], chosen: str | None = None) -> str:
    star = " *" if row["config"] == chosen else ""
    return f"{row['config']}{star}" + (f" × {row['seeds']}" if row["seeds"] > 1 else "")


def _gap_cells(row: Mapping[str, Any]) -> tuple[str, str, str]:
    gap = row["to_best"]
    if not gap:
        return "", "", "best"
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


def trial_table(record: Mapping[str, Any], *, title: str) -> Table:
    """An exported model's variants with what each scored, and which one int8 is."""
    table = Table("", "strict F1", "equal spans", "tokens/s", "MB", title=title)
    for trial in record["tried"]:
        mark = " (int8)" if trial["variant"] == record["int8"] else ""
        figures = (f"{trial['f1']:.4f}", f"{trial['equal_spans']:.4f}")
        speed, size = f"{trial['tokens_a_second']:,}", f"{trial['megabytes']:.0f}"
        table.add_row(f"{trial['variant']}{mark}", *figures, speed, size)
    return table


def span_table(document: Document) -> Table:
    """The spans of one article."""
    title = f"{document.id} {document.date or ''}".strip()
    table = Table("start", "end", "label", "text", "score", title=title, title_justify="left")
    for span in document.spans:
        score = "" if span.score is None else f"{span.score:.2f}"
        surface = " ".join(document.surface(span).split())
        table.add_row(str(span.start), str(span.end), span.label, surface, score)
    return table
