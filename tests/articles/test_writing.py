import csv
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import flat_spans
from tests.toys import LABELS, marked
from warwire.articles.reading import Unreadable, read_articles
from warwire.articles.writing import (
    csv_header,
    csv_lines,
    jsonl_lines,
    label_studio_lines,
    to_record,
    to_table,
)
from warwire.corpus.label_studio import load_export
from warwire.documents import Document
from warwire.spans import Span

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=30, max_size=30)
SCORED = Document(
    "a1",
    'Kyiv, "struck"\nback.',
    (Span(0, 4, "ACTOR", 0.91), Span(6, 14, "MILITARY_ACTION", 0.4)),
    "2024-05-01",
    "Gazette",
    {"desk": "war"},
)


@given(TEXT, flat_spans())
def test_a_line_of_jsonl_holds_text_offsets_and_surfaces(text: str, spans: list[Span]) -> None:
    (line,) = jsonl_lines([Document("a", text, tuple(spans))])
    assert line.count("\n") == 1
    record = json.loads(line)
    assert record["text"] == text
    found = [(each["start"], each["end"], each["label"]) for each in record["spans"]]
    assert found == [span.key for span in spans]
    assert all(each["text"] == text[each["start"] : each["end"]] for each in record["spans"])


def test_a_record_has_the_keys_of_the_contract_in_order() -> None:
    record = to_record(SCORED)
    assert list(record) == ["id", "text", "date", "source", "desk", "spans"]
    assert record["spans"][0] == {
        "start": 0,
        "end": 4,
        "label": "ACTOR",
        "text": "Kyiv",
        "score": 0.91,
    }
    assert list(to_record(marked("b", "No date."))) == ["id", "text", "spans"]


def test_other_keys_never_take_the_place_of_ours() -> None:
    article = Document("a", "Kyiv.", (Span(0, 4, "ACTOR"),), meta={"spans": "x", "text": "y"})
    record = to_record(article)
    assert record["text"] == "Kyiv."
    assert record["spans"][0]["text"] == "Kyiv"


def test_csv_has_a_row_a_span() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_header() + "".join(csv_lines([SCORED])))))
    assert [(row["id"], row["text"], row["label"], row["score"]) for row in rows] == [
        ("a1", "Kyiv", "ACTOR", "0.91"),
        ("a1", '"struck"', "MILITARY_ACTION", "0.4"),
    ]


def test_parquet_is_read_back_with_its_spans(tmp_path: Path) -> None:
    from pyarrow.parquet import read_table, write_table

    empty = Document("a2", "Nothing.")
    write_table(to_table([SCORED, empty]), tmp_path / "out.parquet")
    rows = read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["id"] for row in rows] == ["a1", "a2"]
    assert [span["text"] for span in rows[0]["spans"]] == ["Kyiv", '"struck"']
    assert rows[1]["spans"] == []
    assert json.loads(rows[0]["meta"]) == {"desk": "war"}
    (first, second) = read_articles([tmp_path / "out.parquet"])
    assert (first.text, second.text) == (SCORED.text, empty.text)


def test_parquet_has_its_columns_whatever_the_first_article_holds(tmp_path: Path) -> None:
    from pyarrow.parquet import read_table, write_table

    first = Document("a2", "Kyiv.", (Span(0, 4, "ACTOR"),), meta={"spans": ["old"]})
    write_table(to_table([first, SCORED]), tmp_path / "out.parquet")
    rows = read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["date"] for row in rows] == [None, "2024-05-01"]
    assert rows[0]["spans"][0]["text"] == "Kyiv"


def test_parquet_of_no_articles_is_a_file_without_rows(tmp_path: Path) -> None:
    from pyarrow.parquet import read_table, write_table

    write_table(to_table([]), tmp_path / "out.parquet")
    assert read_table(tmp_path / "out.parquet").num_rows == 0


def test_an_article_without_an_answer_has_a_record(tmp_path: Path) -> None:
    bad = Unreadable("7", "in.jsonl, line 7: not JSON")
    (line,) = jsonl_lines([bad])
    assert json.loads(line) == {"id": "7", "error": bad.problem, "spans": []}
    (row,) = csv.DictReader(io.StringIO(csv_header() + "".join(csv_lines([bad]))))
    assert {key: value for key, value in row.items() if value} == {"id": "7", "error": bad.problem}
    good, failed = to_table([SCORED, bad]).to_pylist()
    assert (good["error"], failed["error"]) == (None, bad.problem)
    assert (failed["id"], failed["text"], failed["spans"]) == ("7", None, [])


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    article = Document("a", "Ky\u00efv.", (Span(0, 4, "ACTOR"),), meta={"desk": "\ud800"})
    (line,) = jsonl_lines([article])
    assert json.loads(line.encode())["desk"] == "\ud800"
    assert json.loads(to_table([article]).to_pylist()[0]["meta"]) == {"desk": "\ud800"}
    (task,) = json.loads("".join(label_studio_lines([article], version="toy")).encode())
    assert (task["data"]["desk"], task["data"]["text"]) == ("\ud800", article.text)
    "".join(csv_lines([Document("a", "Kyiv", (Span(0, 4, "A"),), source="\ud800")])).encode()


def test_label_studio_takes_predictions_as_an_import(tmp_path: Path) -> None:
    tasks = json.loads("".join(label_studio_lines([SCORED, Document("b", "x")], version="toy")))
    assert tasks[0]["data"]["text"] == SCORED.text
    assert tasks[0]["predictions"][0]["model_version"] == "toy"
    assert tasks[0]["predictions"][0]["score"] == 0.4
    assert json.loads("".join(label_studio_lines([], version="toy"))) == []
    exported = [
        {"id": at, "data": task["data"], "annotations": [{"id": at, **task["predictions"][0]}]}
        for at, task in enumerate(tasks)
    ]
    (tmp_path / "back.json").write_text(json.dumps(exported))
    back = load_export(tmp_path / "back.json", labels=LABELS).documents
    assert [span.key for span in back[0].spans] == [span.key for span in SCORED.spans]
