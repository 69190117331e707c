"""Import of an export, and scoring beside seqeval on the same spans as tags."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from paired import Spread, ratio, take_turns
from report import Section

from warwire import load_export, score
from warwire.documents import Document
from warwire.spans import Span

TIMES = 20
"""The articles are scored so many times over, under names of their own."""


def measure(export: Path, articles: Sequence[Document], *, rounds: int) -> list[Section]:
    """Articles a second of import, and of scoring without intervals."""
    gold, found = _many(articles)
    tags = [[_tags(document) for document in documents] for documents in (gold, found)]
    loaded: list[int] = []
    imported = take_turns(
        {"import": lambda: _seconds(lambda: loaded.append(len(load_export(export).documents)))},
        rounds=rounds,
    )["import"]
    spans = [document.spans for document in found]
    _seqeval(*([tags[:1] for tags in each] for each in tags))
    scored = take_turns(
        {
            "warwire": lambda: _seconds(lambda: score(gold, spans)),
            "seqeval": lambda: _seconds(lambda: _seqeval(*tags)),
        },
        rounds=rounds,
    )
    a_second = [loaded[0] / seconds for seconds in imported]
    rows = [["warwire, import", Spread.of(a_second).whole, ""]]
    for name, seconds in scored.items():
        speed = Spread.of([len(gold) / each for each in seconds]).whole
        faster = str(ratio(scored["seqeval"], seconds)) if name == "warwire" else ""
        rows.append([f"{name}, strict scores", speed, faster])
    notes = [
        f"import: {loaded[0]} tasks of {export.name}, every span checked and accounted for",
        f"scoring: {len(gold):,} articles with {sum(map(len, spans)):,} spans, no intervals;"
        " seqeval gets one tag a word, made beforehand; warwire scores the spans in several modes",
        f"{rounds} rounds; import at scale: `python benchmarks/import_scale.py`",
    ]
    return [
        Section(
            "Import and scoring",
            ("what", "articles a second", "times as fast as seqeval"),
            rows,
            notes,
        )
    ]


def _many(articles: Sequence[Document]) -> tuple[list[Document], list[Document]]:
    """References, and predictions that lack every fifth span."""
    gold, found = [], []
    for time_over in range(TIMES):
        for article in articles:
            each = Document(f"{article.id}-{time_over}", article.text, article.spans)
            gold.append(each)
            found.append(each.with_spans(tuple(s for at, s in enumerate(each.spans) if at % 5)))
    return gold, found


def _tags(document: Document) -> list[str]:
    tags, at = [], 0
    spans = {span.start: span for span in document.spans}
    inside: Span | None = None
    for word in document.text.split():
        start = document.text.index(word, at)
        at = start + len(word)
        inside = inside if inside and inside.end > start else None
        begun = next((spans[place] for place in range(start, at) if place in spans), None)
        kind = "B" if begun else "I"
        inside = begun or inside
        tags.append(f"{kind}-{inside.label}" if inside else "O")
    return tags


def _seqeval(gold: Any, found: Any) -> None:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    classification_report(gold, found, mode="strict", scheme=IOB2, zero_division=0)


def _seconds(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
