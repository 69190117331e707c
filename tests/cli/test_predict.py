import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.articles.test_reading import WRITERS
from tests.cli.conftest import Call, Outcome
from tests.toys import ARTICLES
from tests.worlds import tree_hash
from warwire.corpus.label_studio import load_export

TEXTS = [article.text for article in ARTICLES]
ROWS = [{"id": article.id, "text": article.text} for article in ARTICLES]
KEYS = [[span.key for span in article.spans] for article in ARTICLES]


def records(outcome: Outcome) -> list[dict[str, Any]]:
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def keys(found: list[dict[str, Any]]) -> list[list[tuple[int, int, str]]]:
    return [
        [(span["start"], span["end"], span["label"]) for span in each["spans"]] for each in found
    ]


@pytest.fixture
def articles(world: Path) -> Path:
    """The world with the toy articles in it, in every form that can be read."""
    for kind, write in WRITERS.items():
        write(world / f"in.{kind}", ROWS)
    (world / "folder").mkdir()
    for article in ARTICLES:
        (world / "folder" / f"{article.id}.txt").write_text(article.text)
    return world


@pytest.mark.parametrize("given", ["in.jsonl", "in.csv", "in.parquet", "folder"])
def test_every_form_of_input_gives_the_same_spans(articles: Path, call: Call, given: str) -> None:
    found = records(call("predict", "models/toy", given))
    assert [each["id"] for each in found] == [article.id for article in ARTICLES]
    assert [each["text"] for each in found] == TEXTS
    assert keys(found) == KEYS


def test_standard_input_is_read_where_no_path_is_given(
    articles: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([TEXTS[0], json.dumps(ROWS[1])])))
    found = records(call("predict", "models/toy"))
    assert [each["id"] for each in found] == ["1", "toy-2"]
    assert keys(found) == KEYS[:2]


def test_a_line_is_what_the_contract_says(articles: Path, call: Call) -> None:
    row = ROWS[0] | {"date": "2024-05-01", "desk": {"name": "war"}, "source": "Gazette"}
    (articles / "one.jsonl").write_text(json.dumps(row))
    (record,) = records(call("predict", "models/toy", "one.jsonl"))
    assert {key: record[key] for key in row} == row
    for span, gold in zip(record["spans"], ARTICLES[0].spans, strict=True):
        assert span["text"] == ARTICLES[0].surface(gold)
        assert 0 < span["score"] <= 1
        assert list(span) == ["start", "end", "label", "text", "score"]


def test_a_long_article_is_read_to_its_end(articles: Path, call: Call) -> None:
    filler = "The weather in the port was mild. " * 40
    (articles / "long.txt").write_text(filler + TEXTS[0])
    (record,) = records(call("predict", "models/toy", "long.txt"))
    beyond = [(start, end) for start, end, _ in keys([record])[0] if start >= len(filler)]
    assert beyond
    assert all(record["text"][start:end] in TEXTS[0] for start, end in beyond)


def test_standard_output_holds_nothing_else(articles: Path, call: Call) -> None:
    outcome = call("predict", "models/toy", "in.jsonl", "--out", "out.jsonl")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "Wrote out.jsonl.\n")
    assert (articles / "out.jsonl").read_text() == call("predict", "models/toy", "in.jsonl").out


@pytest.mark.parametrize("form", ["jsonl", "csv", "html", "table", "label-studio"])
def test_a_file_holds_what_standard_output_would(articles: Path, call: Call, form: str) -> None:
    shown = call("predict", "models/toy", "in.jsonl", "--format", form)
    call("predict", "models/toy", "in.jsonl", "--format", form, "--out", "deep/out")
    assert (articles / "deep" / "out").read_text(encoding="utf-8") == shown.out
    assert [path.name for path in (articles / "deep").iterdir()] == ["out"]
    assert all(ARTICLES[0].surface(span) in shown.out for span in ARTICLES[0].spans)


def test_an_old_file_gives_way_at_once(articles: Path, call: Call) -> None:
    (articles / "out.jsonl").write_text("old")
    with (articles / "out.jsonl").open() as held:
        assert call("predict", "models/toy", "in.jsonl", "--out", "out.jsonl").code == 0
        assert held.read() == "old"
    assert len((articles / "out.jsonl").read_text().splitlines()) == len(ARTICLES)


def test_the_form_follows_the_ending_of_the_file(articles: Path, call: Call) -> None:
    from pyarrow.parquet import read_table

    for ending in ("csv", "parquet", "html"):
        assert call("predict", "models/toy", "in.jsonl", "--out", f"out.{ending}").code == 0
    rows = list(csv.DictReader((articles / "out.csv").open()))
    assert len(rows) == sum(map(len, KEYS))
    assert keys(read_table(articles / "out.parquet").to_pylist()) == KEYS
    assert (articles / "out.html").read_text().startswith("<!doctype html>")


def test_a_page_escapes_what_an_article_says(articles: Path, call: Call) -> None:
    evil = f"<script>alert(1)</script> {TEXTS[0]}"
    (articles / "evil.txt").write_text(evil)
    outcome = call("predict", "models/toy", "evil.txt", "--format", "html")
    assert "<script>alert" not in outcome.out
    assert "&lt;" in outcome.out
    assert "alert" in outcome.out


def test_label_studio_takes_the_predictions_back(articles: Path, call: Call) -> None:
    found = call("predict", "models/toy", "in.jsonl", "--format", "label-studio")
    tasks = json.loads(found.out)
    assert {each["predictions"][0]["model_version"] for each in tasks} == {"toy"}
    for number, task in enumerate(tasks):
        task |= {"id": number, "annotations": [{"id": number} | task.pop("predictions")[0]]}
    (articles / "accepted.json").write_text(json.dumps(tasks))
    back = load_export(articles / "accepted.json").documents
    assert [[span.key for span in each.spans] for each in back] == KEYS


def test_nothing_in_gives_nothing_out(articles: Path, call: Call) -> None:
    (articles / "empty.jsonl").write_text("\n\n")
    assert records(call("predict", "models/toy", "empty.jsonl")) == []


def test_predicting_touches_neither_the_run_nor_the_input(articles: Path, call: Call) -> None:
    before = tree_hash(articles)
    assert call("predict", "models/toy", "in.jsonl", "folder").code == 0
    assert tree_hash(articles) == before
