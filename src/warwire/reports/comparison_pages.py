"""The page of a comparison: table, plots of score against cost, and who found which span."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from warwire.documents import Document
from warwire.errors import InputError
from warwire.evaluation.matching import Key
from warwire.reports import plots
from warwire.reports.marking import Mark, MarkedArticle, render_marks
from warwire.reports.pages import MOST_ARTICLES, render
from warwire.reports.tables_of_comparisons import gap_words, note_on_tests
from warwire.spans import Span

COMPARED = {
    "found by all": "a gold span that every config found",
    "found by some": "a gold span that some configs found; the words name them by number",
    "found by none": "a gold span that no config found",
    "not gold": "predicted by the configs named by number, and touches no gold span",
}
COST_NAMES = {
    "train_seconds": "training seconds",
    "seconds_a_million_tokens": "seconds to predict a million tokens",
    "size_mb": "size on disk, MiB",
    "peak_memory_mb": "peak memory in prediction, MiB",
}
Answers = Mapping[str, Mapping[str, tuple[Document, tuple[Span, ...]]]]
"""By run and article id: the article with gold spans, and what the run predicted."""


def read_predictions(folders: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """Each run's predictions with the gold spans beside them; runs scored without them are left."""
    answers = {}
    for name, folder in folders.items():
        file = folder / "predictions.jsonl"
        if file.is_file():
            read = dict(_answers(file))
            if read:
                answers[name] = read
    return answers


def render_comparison(comparison: Mapping[str, Any], answers: Answers) -> str:
    """The page of what `compare_runs` returns; articles show the first run of each config."""
    firsts = [row["runs"][0]["run"] for row in comparison["configs"]]
    held = {run: answers[run] for run in firsts if run in answers}
    articles, labels = _articles(held, firsts) if len(held) == len(firsts) else ([], [])
    return render(
        "comparison.html",
        title=f"{len(firsts)} configs compared on {comparison['articles']} articles",
        comparison=comparison,
        gap_words=gap_words(comparison),
        note_on_tests=note_on_tests(comparison),
        classes=list(COMPARED),
        meaning=COMPARED,
        labels=labels,
        articles=articles[:MOST_ARTICLES],
        cost_names=COST_NAMES,
        axis=plots.axis_of(row["f1_interval"] for row in comparison["configs"]),
    )


def _answers(file: Path) -> Iterable[tuple[str, tuple[Document, tuple[Span, ...]]]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
                if "reference" not in record:
                    return
                answer = _answer(record)
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f"{file}, line {number}: no prediction; score the run again"
                ) from error
            yield answer[0].id, answer


def _answer(record: Mapping[str, Any]) -> tuple[Document, tuple[Span, ...]]:
    gold, found = _spans(record["reference"]), _spans(record["spans"])
    document = Document(
        str(record["id"]), record["text"], gold, record.get("date"), record.get("source")
    )
    return document, found


def _spans(rows: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    return tuple(Span(row["start"], row["end"], row["label"]) for row in rows)


def _articles(answers: Answers, runs: Sequence[str]) -> tuple[list[MarkedArticle], list[str]]:
    first = answers[runs[0]]
    labels = sorted(
        {
            span.label
            for held in answers.values()
            for document, found in held.values()
            for span in (*document.spans, *found)
        }
    )
    shared = [name for name in first if all(name in answers[run] for run in runs)]
    marked = [
        _article(first[name][0], [answers[run][name][1] for run in runs], labels) for name in shared
    ]
    return marked, labels


def _article(
    document: Document, found: Sequence[Sequence[Span]], labels: Sequence[str]
) -> MarkedArticle:
    gold = {span.key for span in document.spans}
    by_run = [{span.key for span in spans} for spans in found]
    marks = [_gold_mark(key, by_run, labels) for key in sorted(gold)]
    extra = sorted(set().union(*by_run) - gold)
    alone = [key for key in extra if not any(_touch(key, other) for other in gold)]
    marks += [_extra_mark(key, by_run, labels) for key in alone]
    wrong = sum(mark.classes.endswith(" e") for mark in marks)
    holds = {f"{mark.kind}.{mark.label}" for mark in marks}
    return MarkedArticle(
        document.id,
        document.date,
        document.source,
        render_marks(document.text, marks),
        holds=" ".join(sorted(holds)),
        errors=wrong,
        correct=len(marks) - wrong,
    )


def _gold_mark(key: Key, by_run: Sequence[set[Key]], labels: Sequence[str]) -> Mark:
    finders = [str(number) for number, keys in enumerate(by_run, start=1) if key in keys]
    kind = 0 if len(finders) == len(by_run) else 1 if finders else 2
    words = "" if kind == 0 else f"{key[2]} · {'only ' + ', '.join(finders) if finders else 'none'}"
    return _mark(key, kind, words, labels)


def _extra_mark(key: Key, by_run: Sequence[set[Key]], labels: Sequence[str]) -> Mark:
    finders = ", ".join(str(number) for number, keys in enumerate(by_run, start=1) if key in keys)
    return _mark(key, 3, f"{key[2]} · not gold: {finders}", labels)


def _mark(key: Key, kind: int, words: str, labels: Sequence[str]) -> Mark:
    place = labels.index(key[2])
    classes = f"l{place} k{kind} t{place}" + (" e" if kind else "")
    gold, guess = ((), (key,)) if kind == 3 else ((key,), (key,) if kind < 2 else ())
    return Mark(key[0], key[1], classes, words, gold, guess)


def _touch(one: Key, other: Key) -> bool:
    return one[0] < other[1] and other[0] < one[1]
