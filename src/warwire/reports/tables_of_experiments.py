"""Terminal tables of benchmarks and robustness."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from warwire.documents import Document
from warwire.experiments.ranking import Ordered
from warwire.experiments.suspects import Suspect


def benchmark_table(result: Mapping[str, Any]) -> Table:
    """Each seed's dev and test figures, and their mean and standard deviation."""
    title = (
        f"{result['benchmark']}: test F1, learning rate {result['learning_rate']:g} chosen on dev"
    )
    table = Table("seed", title=title, title_justify="left")
    columns = ("dev micro", "lenient micro", "lenient macro", "strict micro", "strict macro")
    for name in (*columns, "recall seen", "unseen", "epoch", "train s"):
        table.add_column(name, justify="right")
    for run in result["runs"]:
        modes = [run["test"][mode] for mode in ("lenient", "strict")]
        cells = [f"{figures[kind]:.3f}" for figures in modes for kind in ("micro_f1", "macro_f1")]
        dev = f"{run['dev']['lenient']['micro_f1']:.3f}"
        rest = (*_recalls(run), f"{run['best_epoch']:.0f}", f"{run['train_seconds']:.0f}")
        table.add_row(str(run["seed"]), dev, *cells, *rest)
    modes = [result["test"][mode] for mode in ("lenient", "strict")]
    table.add_row("mean ± sd", "", *(_spread(each, kind) for each in modes for kind in KINDS))
    return table


KINDS = ("micro_f1", "macro_f1")
SURFACES = ("seen in training", "unseen")


def _recalls(run: Mapping[str, Any]) -> list[str]:
    groups = [run["test_recall"].get(name) for name in SURFACES]
    return [f"{group['recall']:.3f}" if group else "" for group in groups]


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


def ranking_table(ordered: Sequence[Ordered], *, title: str) -> Table:
    """The first articles to label: corrections a hundred words, and what they would be."""
    table = Table("article", title=title, title_justify="left")
    for name in ("a 100 words", "words", "wrong spans", "alike"):
        table.add_column(name, justify="right")
    for name in ("uncertain", "new names", "rare types"):
        table.add_column(name)
    for each in ordered:
        about, ranked = each.appraisal, each.ranked
        figures = (f"{ranked.usefulness:.2f}", f"{about.words:,}", f"{about.wrong.sum():.1f}")
        doubtful = (f"{text} {span.score:.2f}" for text, span in about.doubtful)
        rare = (f"{count:.1f} {label}" for label, count in each.rare.items())
        lists = (_few(part) for part in (doubtful, ranked.new, rare))
        table.add_row(about.id, *figures, f"{ranked.likeness:.2f}", *lists)
    return table


def suspect_table(
    suspects: Sequence[Suspect], documents: Sequence[Document], *, title: str
) -> Table:
    """The likeliest mistakes: as labelled, as proposed, and what each witness says."""
    table = Table("score", "kind", "article", "labelled", "proposed", title=title)
    table.title_justify = "left"
    for name in ("model", "elsewhere", "annotators"):
        table.add_column(name, justify="right")
    for each in suspects:
        document = documents[each.article]
        sides = (
            _few(f"{document.surface(span)} ({span.label})" for span in side)
            for side in (each.claim.given, each.claim.proposed)
        )
        counts = (f"{one}:{two}" for one, two in (each.elsewhere, each.annotators))
        model = f"{each.model[0]:.2f}:{each.model[1]:.2f}"
        named = (f"{each.score:.3f}", each.claim.kind, document.id)
        table.add_row(*named, *sides, model, *counts)
    return table


def _few(parts: Iterable[str], most: int = 3) -> str:
    """The first few of the parts, on one line."""
    told = list(parts)
    more = ", …" if len(told) > most else ""
    return " ".join(", ".join(told[:most]).split()) + more
