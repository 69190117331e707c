"""Terminal tables of ledgers, scores, training trials and spans."""

from collections.abc import Mapping
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
