import csv
import io
import json
import re
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
    assert (outcome.code, outcome.out) == (0, "")
    engine, wrote = outcome.err.splitlines()
    assert engine in ("Engine: torch in bf16 on cpu.", "Engine: torch in fp32 on cpu.")
    assert re.fullmatch(
        r"Wrote out\.jsonl: 4 articles; [\d,.]+ articles/s, [\d,]+ tokens/s\.", wrote
    )
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


@pytest.mark.parametrize("out", ["folder/out.html", "folder/out", "folder/.out/out.jsonl"])
def test_what_is_not_read_may_lie_among_the_articles(articles: Path, call: Call, out: str) -> None:
    for _ in range(2):
        outcome = call("predict", "models/toy", "folder", "--format", "jsonl", "--out", out)
        assert outcome.code == 0, outcome.err
        assert len((articles / out).read_text().splitlines()) == len(ARTICLES)


def test_an_output_that_a_link_among_the_articles_names_is_refused(
    articles: Path, call: Call
) -> None:
    (articles / "out.jsonl").write_text("")
    (articles / "folder" / "link.jsonl").symlink_to(articles / "out.jsonl")
    outcome = call("predict", "models/toy", "folder", "--out", "out.jsonl")
    assert outcome.code == 2
    assert "--out out.jsonl: is among the articles to read" in outcome.line


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


FILLER = "The weather in the port was mild. "
ODD = {
    "long": FILLER * 3_000 + TEXTS[0],
    "one word": "x" * 50_000,
    "empty": "",
    "white": " \n\t \u3000",
    "arabic": "\u0642\u0635\u0641 \u0627\u0644\u062c\u064a\u0634.",
    "zeros": TEXTS[0].replace(" ", "\0 ", 1),
}


def test_odd_articles_get_their_answer_and_the_rest_goes_on(articles: Path, call: Call) -> None:
    rows = [{"id": name, "text": text} for name, text in ODD.items()]
    WRITERS["jsonl"](articles / "odd.jsonl", [*rows, ROWS[0]])
    found = records(call("predict", "models/toy", "odd.jsonl", "--dtype", "fp32"))
    assert [each["id"] for each in found] == [*ODD, ROWS[0]["id"]]
    assert [each["text"] for each in found] == [*ODD.values(), TEXTS[0]]
    assert (found[2]["spans"], found[3]["spans"]) == ([], [])
    assert keys(found[-1:]) == KEYS[:1]
    assert len(keys(found)[0]) >= len(KEYS[0])


@pytest.mark.slow
def test_an_article_of_200_000_words_is_read_to_its_end(articles: Path, call: Call) -> None:
    WRITERS["jsonl"](articles / "long.jsonl", [{"text": FILLER * 30_000 + TEXTS[0]}, ROWS[1]])
    found = records(call("predict", "models/toy", "long.jsonl", "--dtype", "fp32"))
    assert any(start > len(FILLER) * 30_000 for start, _, _ in keys(found)[0])
    assert keys(found[1:]) == KEYS[1:2]


@pytest.mark.parametrize("out", [None, "out.jsonl"])
def test_a_row_that_is_no_article_leaves_its_error_and_the_rest_goes_on(
    articles: Path, call: Call, out: str | None
) -> None:
    first, *rest = (json.dumps(row) for row in ROWS)
    (articles / "bad.jsonl").write_text("\n".join([first, '{"text"', '{"id": 9}', *rest]))
    outcome = call("predict", "models/toy", "bad.jsonl", *(("--out", out) if out else ()))
    written = (articles / out).read_text() if out else outcome.out
    assert outcome.code == 1
    assert outcome.line.startswith(
        "warwire: 2 of 6 articles have an error in place of their answer; the first:"
        " bad.jsonl, line 2: not JSON: "
    )
    found = [json.loads(line) for line in written.splitlines()]
    assert [each["id"] for each in found] == ["toy-1", "2", "9", "toy-2", "toy-3", "toy-4"]
    assert [each.get("error", "")[:19] for each in found[1:3]] == [
        "bad.jsonl, line 2: ",
        "bad.jsonl, line 3: ",
    ]
    assert keys(found[:1] + found[3:]) == KEYS


@pytest.mark.parametrize("form", ["html", "table", "label-studio", "csv", "parquet"])
def test_other_forms_count_what_has_no_answer(articles: Path, call: Call, form: str) -> None:
    (articles / "bad.jsonl").write_text(f'{json.dumps(ROWS[0])}\n{{"text"\n')
    outcome = call("predict", "models/toy", "bad.jsonl", "--format", form, "--out", "out")
    assert (outcome.code, "1 of 2 articles have an error" in outcome.line) == (1, True)
    assert (articles / "out").is_file()


def test_a_run_cut_short_goes_on_where_it_was(
    articles: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warwire.articles import journal, outputs
    from warwire.model import prediction

    monkeypatch.setattr(journal, "SECONDS_BETWEEN_ENTRIES", 0.0)
    monkeypatch.setattr(prediction, "ARTICLES_AT_ONCE", 3)
    WRITERS["jsonl"](articles / "many.jsonl", [ROWS[at % 4] | {"id": f"{at}"} for at in range(20)])
    command = ("predict", "models/toy", "many.jsonl", "--out")
    assert call(*command, "whole.jsonl").code == 0
    add, left = outputs.LineOutput.add, [3]

    def interrupted(self: outputs.LineOutput, rows: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        add(self, rows)

    with monkeypatch.context() as patch:
        patch.setattr(outputs.LineOutput, "add", interrupted)
        assert call(*command, "out.jsonl").line == "warwire: interrupted"
    assert not (articles / "out.jsonl").exists()
    resumed = call(*command, "out.jsonl")
    assert "out.jsonl: going on after 9 articles." in resumed.err
    assert "Wrote out.jsonl: 20 articles;" in resumed.err
    assert (articles / "out.jsonl").read_bytes() == (articles / "whole.jsonl").read_bytes()
    assert [path.name for path in articles.glob(".*")] == []


def test_a_changed_input_starts_over(
    articles: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from warwire.articles import journal, outputs

    monkeypatch.setattr(journal, "SECONDS_BETWEEN_ENTRIES", 0.0)
    command = ("predict", "models/toy", "in.jsonl", "--out", "out.jsonl")
    with monkeypatch.context() as patch:
        patch.setattr(outputs.LineOutput, "finish", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call(*command)
    WRITERS["jsonl"](articles / "in.jsonl", [ROWS[1]])
    outcome = call(*command)
    assert "model, input or options differ from the unfinished run's; starting over" in outcome.err
    assert len((articles / "out.jsonl").read_text().splitlines()) == 1
