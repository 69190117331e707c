"""Terminal tables of what lies behind a score: errors, recall by kind of span, calibration."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table


def error_table(errors: Mapping[str, Any]) -> Table:
    """Gold and predicted spans by class and type; each span stands in exactly one class."""
    labels = list(next(iter(errors["gold"].values())))
    table = _table("Errors, gold spans / predicted spans", "", *labels, "all", "most frequent")
    table.columns[-1].justify = "left"
    for kind, gold in errors["gold"].items():
        guess = errors["predicted"][kind]
        cells = [f"{gold[label]:,} / {guess[label]:,}" for label in labels]
        often = ", ".join(f"{text} ({n})" for text, n in errors["surfaces"].get(kind, [])[:2])
        whole = f"{sum(gold.values()):,} / {sum(guess.values()):,}"
        table.add_row(kind, *cells, whole, _short(often))
    return table


def detail_tables(record: Mapping[str, Any]) -> Iterator[Table]:
    """Recall by kind of span, confusion of types, and calibration where it was measured."""
    yield recall_table(record["recall_by"])
    yield confusion_table(record["errors"]["confusion"])
    if record.get("calibration"):
        yield calibration_table(record["calibration"])


def recall_table(recall_by: Mapping[str, Any]) -> Table:
    """Strict recall of each group of gold spans, with its interval over articles."""
    table = _table("Strict recall", "by", "", "recall", "95 % interval", "spans")
    table.columns[1].justify = "left"
    for name, groups in recall_by.items():
        for place, (group, row) in enumerate(groups.items()):
            sure = (
                "{:.3f} to {:.3f}".format(*row["interval"]) if row["interval"] else "few articles"
            )
            shown = (f"{row['recall']:.3f}", sure, f"{row['support']:,}")
            table.add_row("" if place else name, group, *shown)
    return table


def confusion_table(confusion: Mapping[str, Mapping[str, int]]) -> Table:
    """Gold types in rows, predicted types in columns; `none` is missed or spurious."""
    table = _table("Types: gold in rows, predicted in columns", "", *confusion)
    for row, cells in confusion.items():
        table.add_row(row, *(f"{count:,}" if count else "" for count in cells.values()))
    return table


def calibration_table(calibration: Mapping[str, Any]) -> Table:
    """What each threshold, chosen on validation, gives on the scored articles."""
    title = (
        f"Confidence: calibration error {calibration['error']:.3f}, after temperature"
        f" {calibration['temperature']:.2f} {calibration['error_at_temperature']:.3f}"
    )
    table = _table(title, "target precision", "threshold", "precision", "recall")
    for row in calibration["targets"]:
        shown = (f"{row['threshold']:.4f}", f"{row['precision']:.3f}", f"{row['recall']:.3f}")
        table.add_row(f"{row['target']:.2f}", *shown)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
