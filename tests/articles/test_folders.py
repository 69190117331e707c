import json
import os
from pathlib import Path

import pytest

from tests.articles.test_reading import WRITERS, as_csv, as_jsonl, read
from warwire.articles.reading import Unreadable, article_files, count_articles, read_rows
from warwire.errors import InputError


def write(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def ids(*paths: Path) -> list[str]:
    return [row.id for row in read_rows(paths)]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_id_that_is_zero_is_kept(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"in.{kind}", [{"id": at, "text": "A"} for at in (0, 1)])
    assert ids(tmp_path / f"in.{kind}") == ["0", "1"]


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_a_row_whose_id_is_empty_is_called_by_its_number(tmp_path: Path, kind: str) -> None:
    WRITERS[kind](tmp_path / f"in.{kind}", [{"id": name, "text": "A"} for name in ("", "b", None)])
    assert ids(tmp_path / f"in.{kind}") == (["2", "b", "4"] if kind == "csv" else ["1", "b", "3"])


def test_texts_of_one_name_in_several_folders_have_ids_of_their_own(tmp_path: Path) -> None:
    for name in ("01.txt", "2022/01.txt", "2023/01.txt", "2023/may/the.port.txt"):
        write(tmp_path / name, "A")
    assert ids(tmp_path) == ["01", "2022/01", "2023/01", "2023/may/the.port"]
    assert ids(tmp_path / "2023") == ["01", "may/the.port"]
    assert ids(tmp_path / "2023" / "01.txt") == ["01"]


def test_a_text_that_is_not_utf_8_is_called_as_it_would_be_else(tmp_path: Path) -> None:
    write(tmp_path / "2022/01.txt", "").write_bytes(b"caf\xe9")
    assert ids(tmp_path) == ["2022/01"]


def test_rows_without_id_in_several_files_have_ids_of_their_own(tmp_path: Path) -> None:
    rows = [{"id": None, "text": "A"}, {"id": "own", "text": "B"}, {"id": "", "text": "C"}]
    (tmp_path / "deep").mkdir()
    for name in ("a.jsonl", "b.parquet", "deep/a.jsonl"):
        WRITERS[name.split(".")[1]](tmp_path / name, rows)
    as_csv(tmp_path / "c.csv", [{"text": "A"}])
    write(tmp_path / "d.txt", "D")
    tops = ["a-1", "own", "a-3", "b-1", "own", "b-3", "c-2", "d"]
    assert ids(tmp_path) == [*tops, "deep/a-1", "own", "deep/a-3"]
    assert ids(tmp_path / "a.jsonl", tmp_path / "c.csv") == ["a-1", "own", "a-3", "c-2"]
    assert ids(tmp_path / "a.jsonl", tmp_path / "d.txt") == ["1", "own", "3", "d"]


def test_broken_rows_of_several_files_have_ids_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_bytes(b'not JSON\ncaf\xe9\n{"id": 7}\n[1]\n')
    assert ids(tmp_path) == ["a-1", "a-2", "7", "a-4", "b-1", "b-2", "7", "b-4"]


def test_what_was_found_is_read_under_the_same_ids(tmp_path: Path) -> None:
    write(tmp_path / "2022/01.txt", "A")
    as_jsonl(tmp_path / "a.jsonl", [{"text": "A"}])
    as_jsonl(tmp_path / "b.jsonl", [{"text": "B"}])
    files = article_files([tmp_path])
    assert [file.name for file in files] == ["01.txt", "a.jsonl", "b.jsonl"]
    assert ids(*files) == ["01", "a-1", "b-1"]
    assert [row.id for row in read_rows(files)] == ids(tmp_path) == ["2022/01", "a-1", "b-1"]


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_a_folder_and_a_link_to_nothing_are_no_articles(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "A")
    write(tmp_path / "b.txt" / "inside.txt", "B")
    (tmp_path / "c.csv").mkdir()
    (tmp_path / "d.jsonl").symlink_to(tmp_path / "none.jsonl")
    (tmp_path / "e.txt").symlink_to(tmp_path / "a.txt")
    assert ids(tmp_path) == ["a", "b.txt/inside", "e"]
    assert count_articles(article_files([tmp_path])) == 3


@pytest.mark.parametrize("kind", ["txt", "jsonl", "csv", "parquet"])
def test_a_file_that_cannot_be_opened_leaves_its_record_and_the_rest_goes_on(
    tmp_path: Path, kind: str
) -> None:
    write(tmp_path / "a.txt", "A")
    write(tmp_path / "deep" / f"b.{kind}", "")
    write(tmp_path / "z.txt", "Z")
    files = article_files([tmp_path])
    (tmp_path / "deep" / f"b.{kind}").unlink()
    first, bad, last = read_rows(files)
    assert [first.id, bad.id, last.id] == ["a", "deep/b", "z"]
    assert isinstance(bad, Unreadable)
    assert bad.problem.startswith(f"{tmp_path / 'deep' / f'b.{kind}'}: not readable")
    assert count_articles(files) == (None if kind == "csv" else 3)


def test_a_file_that_fails_half_way_leaves_its_record_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    class Failing(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

        __next__ = readline

    as_jsonl(tmp_path / "a.jsonl", [{"text": "A"}])
    write(tmp_path / "b.txt", "B")
    monkeypatch.setattr(Path, "open", lambda *given, **options: Failing())
    bad, good = read_rows([tmp_path])
    assert bad == Unreadable("a", f"{tmp_path / 'a.jsonl'}: not readable: Input/output error")
    assert good.id == "b"


def test_what_is_hidden_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    hidden = tmp_path / ".hidden"
    for name in ("a.txt", "._a.txt", ".out.jsonl", ".git/b.txt", "deep/.c/d.txt", "deep/e.txt"):
        write(hidden / name, json.dumps({"text": "A"}))
    assert ids(hidden) == ["a", "deep/e"]
    assert ids(hidden / ".git") == ["b"]
    assert [article.id for article in read(hidden / "._a.txt")] == ["._a"]


def test_a_folder_that_holds_only_hidden_files_is_told(tmp_path: Path) -> None:
    write(tmp_path / "._a.txt", "A")
    with pytest.raises(InputError, match=r"the folder holds none of \.jsonl"):
        article_files([tmp_path])
