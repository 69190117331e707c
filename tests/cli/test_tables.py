"""Terminal tables show what articles, labels and files are called, brackets and all."""

import json
from pathlib import Path

import numpy as np
import pytest
from rich.table import Table

from tests.cli.conftest import Call
from warwire.cli.console import say, show
from warwire.documents import Document
from warwire.experiments.appraisal import Appraisal
from warwire.experiments.ranking import Ordered, Ranked
from warwire.reports.tables import ledger_table, span_table
from warwire.reports.tables_of_errors import confusion_table, error_table, recall_table
from warwire.reports.tables_of_experiments import ranking_table
from warwire.spans import Span

ODD = "[our] [/b] :fire: \\[x]"
DOCUMENT = Document(ODD, f"{ODD} forces", (Span(0, len(ODD), ODD, 0.5),), date=ODD)


def ranking() -> Table:
    about = Appraisal(ODD, 3, np.array([1.0]), np.array([1.0]), {}, ((ODD, DOCUMENT.spans[0]),))
    ranked = Ranked(0, 1.0, 1.0, 0.0, 0.0, (ODD,))
    ordered = Ordered(DOCUMENT, about, ranked, 0.5, {ODD: 1.0})
    return ranking_table([ordered], title=ODD)


def errors() -> Table:
    counts = {"missed": {ODD: 1}}
    return error_table({"gold": counts, "predicted": counts, "surfaces": {"missed": [(ODD, 2)]}})


RECALL = {"source": {ODD: {"recall": 1.0, "interval": None, "support": 1}}}
TABLES = {
    "spans": lambda: span_table(DOCUMENT),
    "ledger": lambda: ledger_table({"tasks": {"read": 1}, "spans": {"rejected": {ODD: 1}}}),
    "ranking": ranking,
    "errors": errors,
    "confusion": lambda: confusion_table({ODD: {ODD: 1}}),
    "recall": lambda: recall_table(RECALL),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_shows_text_as_it_is(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    show(TABLES[name]())
    assert ODD in capfd.readouterr().err


def test_a_line_is_shown_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    say(ODD)
    assert capfd.readouterr().err == f"{ODD}\n"


def test_a_table_of_spans_holds_what_the_article_says(world: Path, call: Call) -> None:
    row = {"id": ODD, "text": f"Russian forces shelled {ODD}.", "date": ODD}
    (world / "odd.jsonl").write_text(json.dumps(row))
    shown = call("predict", "models/toy", "odd.jsonl", "--format", "table")
    assert shown.code == 0, shown.err
    assert shown.out.startswith(f"{ODD} {ODD}")
