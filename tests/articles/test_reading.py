import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warwire.articles.reading import (
    Unreadable,
    article_files,
    count_articles,
    read_articles,
    read_rows,
)
from warwire.documents import Document
from warwire.errors import InputError

ROW = {"id": "a1", "text": 'Kyiv, "struck"\nback \U0001f4a5', "date": "2024-05-01", "source": "G"}


def read(*paths: Path, stdin: str = "") -> list[Document]:
    return list(read_articles(paths, stdin=io.StringIO(stdin)))


def as_jsonl(file: Path, rows: list[dict]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def as_csv(file: Path, rows: list[dict]) -> None:
    import csv

    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def as_parquet(file: Path, rows: list[dict]) -> None:
    import pyarrow
    from pyarrow.parquet import write_table

    write_table(pyarrow.Table.from_pylist(rows), file)


WRITERS = {"jsonl": as_jsonl, "csv": as_csv, "parquet": as_parquet}


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_are_articles_whose_other_keys_pass_through(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"in.{kind}", [ROW | {"desk": "war"}])
    assert read(tmp_path / f"in.{kind}") == [
        Document("a1", ROW["text"], (), "2024-05-01", "G", {"desk": "war"})
    ]


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_need_nothing_but_text(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"in.{kind}", [{"text": "One."}, {"text": "Two."}])
    found = read(tmp_path / f"in.{kind}")
    assert [article.text for article in found] == ["One.", "Two."]
    assert len({article.id for article in found}) == 2


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_text_file_is_one_article_to_the_character(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.mktemp("plain") / "my article.txt"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    (article,) = read(file)
    assert (article.id, article.text) == ("my article", text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=4))
def test_jsonl_lines_end_only_at_line_feeds(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    """A text may hold line separators of its own, which JSON need not escape."""
    file = tmp_path_factory.mktemp("lines") / "in.jsonl"
    rows = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    file.write_text("\n".join(rows), encoding="utf-8", newline="")
    assert [article.text for article in read(file)] == texts


def test_lines_of_standard_input_are_articles(tmp_path: Path) -> None:
    lines = f"Kyiv struck back.\n\n{json.dumps(ROW)}\n  Two spaces.\n"
    found = read(stdin=lines)
    assert [(article.id, article.text) for article in found] == [
        ("1", "Kyiv struck back."),
        ("a1", ROW["text"]),
        ("4", "  Two spaces."),
    ]


def test_a_folder_is_read_in_order_and_deeply(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "b.txt").write_text("B")
    (tmp_path / "in" / "c.md").write_text("C")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    as_jsonl(tmp_path / "a.jsonl", [{"text": "A"}])
    assert [article.text for article in read(tmp_path)] == ["A", "B", "C"]
    assert [article.text for article in read(tmp_path / "in", tmp_path / "b.txt")] == ["C", "B"]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("none.txt", None, "none.txt: no such article file or folder"),
        ("page.pdf", b"%PDF", "page.pdf: unknown kind of file; known are .jsonl, .csv"),
        ("in.txt", b"caf\xe9", "in.txt: not UTF-8 text (byte 3)"),
        ("in.jsonl", b'{"text": "a"}\n{"text": ', "in.jsonl, line 2: not JSON"),
        ("in.jsonl", b'{"text": "a"}\n{"txt": "b"}', "in.jsonl, line 2: no 'text' (found: txt)"),
        ("in.jsonl", b"[1]", "in.jsonl, line 1: no 'text' (found: list)"),
        ("in.jsonl", b'{"text": 5}', "in.jsonl, line 1: no 'text'"),
        ("in.jsonl", b'{"text": "caf\xe9"}', "in.jsonl, line 1: not UTF-8 text (byte 13)"),
        ("in.jsonl", b'{"text": "\\ud800"}', "in.jsonl, line 1: not UTF-8 text (character 0)"),
        ("in.jsonl", b"[" * 200_000, "in.jsonl, line 1: not JSON"),
        ("in.csv", b"id,body\n1,x\n", "in.csv, line 2: no 'text' (found: id, body)"),
        ("in.csv", b"id,text\n1,caf\xe9\n", "in.csv, line 2: not UTF-8 text (character 3)"),
        ("in.csv", b'id,text\n1,"a\x00b"\n2\n', "in.csv, line "),
        ("in.csv", b'id,text\n1,"a\nb"\n2\n', "in.csv, line 4: no 'text'"),
        ("in.csv", b"id,text\n\n1,a\n\n2\n", "in.csv, line 5: no 'text'"),
        ("in.csv", b'id,text\n1,"a" b\n', "in.csv, line 2: not CSV: ',' expected after"),
        ("in.csv", b'id,text\n1,a\n2,"b\n3,c\n', "in.csv, lines 3 to 4: not CSV: unexpected end"),
        ("in.csv", b'id,"text\n1,a\n2,b\n', "in.csv, lines 1 to 3: not CSV: unexpected end"),
        ("in.csv", b"id,text\n1,a, b, c\n", "in.csv, line 2: has 4 fields, the header only 2"),
        ("in.csv", b"id;text\n1;a, b\n", "in.csv, line 2: no 'text' (found: id;text)"),
        ("in.parquet", b"PAR1 not really", "in.parquet: not readable as Parquet"),
    ],
)
def test_what_is_no_article_is_told_with_its_place(
    tmp_path: Path, name: str, content: bytes | None, line: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(tmp_path / name)
    assert line in str(caught.value)


def test_a_folder_without_articles_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the folder holds none of \.jsonl"):
        read(tmp_path)


def test_every_path_is_looked_at_before_the_first_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A")
    with pytest.raises(InputError, match=r"none\.txt: no such article"):
        next(read_articles([tmp_path / "a.txt", tmp_path / "none.txt"]))


ODD = b'{"text": "A"}\nnot JSON\n{"id": 7}\n{"text": "caf\xe9"}\n\n{"text": "\\u0000B"}\n'


def test_reading_goes_on_past_rows_that_are_no_articles(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_bytes(ODD)
    first, *bad, last = read_rows([tmp_path / "in.jsonl"])
    assert (first, last) == (Document("1", "A"), Document("6", "\0B"))
    assert [row.id for row in bad] == ["2", "7", "4"]
    problems = [row.problem for row in bad if isinstance(row, Unreadable)]
    lines = ("line 2: not JSON: ", "line 3: no 'text' (found: id)", "line 4: not UTF-8 text (byte ")
    for problem, line in zip(problems, lines, strict=True):
        assert problem.startswith(f"{tmp_path / 'in.jsonl'}, {line}")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=4))
def test_a_quote_that_is_never_closed_swallows_no_article_in_silence(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    file = tmp_path_factory.mktemp("quotes") / "in.csv"
    as_csv(file, [{"id": "0", "text": "header"}, *({"id": "1", "text": text} for text in texts)])
    with file.open("a", encoding="utf-8", newline="") as lines:
        lines.write('2,"open\n3,swallowed\n')
    _, *articles, bad = read_rows([file])
    assert [row.text for row in articles if isinstance(row, Document)] == texts
    assert isinstance(bad, Unreadable)
    assert bad.problem.endswith("not CSV: unexpected end of data")


def test_reading_goes_on_past_csv_rows_that_are_broken(tmp_path: Path) -> None:
    rows = b'id,text\n1,"a" b\n2,B\n3,c, d\n4,"D\nd"\n5\n'
    (tmp_path / "in.csv").write_bytes(rows)
    found = list(read_rows([tmp_path / "in.csv"]))
    assert [isinstance(row, Document) for row in found] == [False, True, False, True, False]
    assert [row.id for row in found] == ["2", "2", "3", "4", "5"]
    problems = [row.problem.split(": ")[0] for row in found if isinstance(row, Unreadable)]
    assert problems == [f"{tmp_path / 'in.csv'}, line {number}" for number in (2, 4, 7)]


def test_reading_goes_on_past_parquet_rows_that_python_cannot_hold(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow.parquet import write_table

    raw = pyarrow.array([b"A", b"caf\xe9", b"C"], pyarrow.binary())
    texts = pyarrow.Array.from_buffers(pyarrow.string(), 3, raw.buffers())
    dates = pyarrow.array([0, 0, 2**62], pyarrow.timestamp("us"))
    write_table(pyarrow.table({"text": texts, "date": dates}), tmp_path / "in.parquet")
    first, *bad = read_rows([tmp_path / "in.parquet"])
    assert first == Document("1", "A", date="1970-01-01 00:00:00")
    assert [row.id for row in bad] == ["2", "3"]
    problems = [row.problem for row in bad if isinstance(row, Unreadable)]
    for number, problem in zip((2, 3), problems, strict=True):
        assert problem.startswith(f"{tmp_path / 'in.parquet'}, line {number}: not readable: ")


@given(st.integers(0, 900), st.binary(min_size=1, max_size=8))
def test_a_damaged_parquet_file_gives_records_and_no_traceback(
    tmp_path_factory: pytest.TempPathFactory, place: int, damage: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    as_parquet(folder / "in.parquet", [{"id": f"{at}", "text": f"Text {at}."} for at in range(20)])
    content = (folder / "in.parquet").read_bytes()
    place = min(place, len(content) - 1)
    rest = content[place + len(damage) :]
    (folder / "in.parquet").write_bytes(content[:place] + damage + rest)
    (folder / "z.txt").write_text("Z")
    files = article_files([folder])
    assert isinstance(count_articles(files), int)
    assert list(read_rows(files))[-1] == Document("z", "Z")


def test_reading_goes_on_past_files_that_hold_no_articles(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 not really")
    (tmp_path / "b.txt").write_bytes(b"caf\xe9")
    (tmp_path / "c.csv").write_bytes(b"id,text\n1,caf\xe9\n2,B\n")
    found = list(read_rows([tmp_path]))
    assert [isinstance(row, Unreadable) for row in found] == [True, True, True, False]
    assert [row.id for row in found] == ["a", "b", "1", "2"]


def test_bytes_on_standard_input_are_read_line_by_line() -> None:
    raw = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfOne.\r\ncaf\xe9\nThree."))
    one, two, three = read_rows([], stdin=raw)
    assert (one, three) == (Document("1", "One."), Document("3", "Three."))
    assert two == Unreadable("2", "standard input, line 2: not UTF-8 text (byte 3)")


@pytest.mark.parametrize("kind", WRITERS)
def test_articles_are_counted_where_that_is_cheap(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"in.{kind}", [{"text": "One."}, {"text": "Two\nlines."}])
    (tmp_path / "other.txt").write_text("Three.")
    counted = count_articles(article_files([tmp_path]))
    assert counted == (None if kind == "csv" else 3)


def test_articles_are_read_one_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "A"}\nnot JSON\n')
    articles = read_articles([tmp_path / "in.jsonl"])
    assert next(articles).text == "A"
    with pytest.raises(InputError, match="line 2: not JSON"):
        next(articles)
