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
    """Strict precision, recall and F1 with interval by type; the other modes' F1 beside them."""
    columns = (
        "",
        "precision",
        "recall",
        "F1",
        "95 % interval",
        "exact",
        "partial",
        "type",
        "spans",
    )
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    scores = figures["scores"]
    for row, strict in scores["strict"].items():
        low, high = strict["f1_interval"]
        others = [f"{scores[mode][row]['f1']:.3f}" for mode in ("exact", "partial", "type")]
        main = [f"{strict[name]:.3f}" for name in ("precision", "recall", "f1")]
        table.add_row(row, *main, f"{low:.3f} to {high:.3f}", *others, str(strict["support"]))
    table.add_row("macro", "", "", f"{figures['macro_f1']['strict']:.3f}", *[""] * 5)
    return table


def comparison_table(rows: Sequence[Mapping[str, Any]], *, title: str) -> Table:
    """Runs from best to worst, with differences to the best and what they cost."""
    columns = ("run", "F1", "95 % interval", "to the best", "p (Holm)", "train s", "parameters")
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        low, high = row["f1_interval"]
        gap = row["to_best"]
        shown = (
            f"{gap['f1']:+.3f} ({gap['interval'][0]:+.3f} to {gap['interval'][1]:+.3f})"
            if gap
            else ""
        )
        p_value = f"{gap['p_holm']:.3f}" if gap else "best"
        cost = (f"{row['train_seconds']:.0f}", f"{row['parameters'] / 1e6:.1f} M")
        table.add_row(
            row["run"], f"{row['f1']:.3f}", f"{low:.3f} to {high:.3f}", shown, p_value, *cost
        )
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
