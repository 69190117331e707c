"""Outputs that grow, are cut short anywhere, and end up the same to the byte."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.toys import ARTICLES
from warwire.articles import journal
from warwire.articles.journal import Done, Journal, write_output
from warwire.articles.reading import Row, Unreadable
from warwire.documents import Document
from warwire.errors import InputError

FORMATS = ("jsonl", "csv", "parquet")
ROWS: list[Row] = [
    Unreadable(f"{number}", f"line {number}: not JSON")
    if number % 7 == 5
    else Document(f"{number}", ARTICLES[number % 4].text, ARTICLES[number % 4].spans)
    for number in range(40)
]
CHUNK = 3


class Killed(BaseException):
    """What stands for a kill in one process."""


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SECONDS_BETWEEN_ENTRIES", 0.0)


def chunks_after(done: int, *, stop: int | None = None) -> Iterator[Sequence[Row]]:
    for start in range(done, len(ROWS), CHUNK):
        if stop is not None and start >= stop:
            raise Killed
        yield ROWS[start : start + CHUNK]


def write(out: Path, *, stop: int | None = None, work: str | None = "w", format: str) -> list[str]:
    told: list[str] = []
    write_output(
        out, format, lambda done: chunks_after(done, stop=stop), work=work, tell=told.append
    )
    return told


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_killed_at_any_chunk_ends_up_the_same(tmp_path: Path, format: str) -> None:
    write(tmp_path / "whole", format=format)
    for stop in range(0, len(ROWS), 5):
        with pytest.raises(Killed):
            write(tmp_path / "out", stop=stop, format=format)
        assert not (tmp_path / "out").exists()
    (told,) = write(tmp_path / "out", format=format)
    assert "going on after" in told
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"out", "whole"}


@pytest.mark.parametrize("format", FORMATS)
def test_what_was_written_after_the_last_entry_is_written_again(
    tmp_path: Path, format: str
) -> None:
    write(tmp_path / "whole", format=format)
    with pytest.raises(Killed):
        write(tmp_path / "out", stop=30, format=format)
    with (tmp_path / ".out.journal").open("a") as entries:
        entries.write('{"rows": 33, "fai')
    if format != "parquet":
        with (tmp_path / ".out.partial").open("ab") as lines:
            lines.write(b'{"id": "9')
    write(tmp_path / "out", format=format)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_other_work_starts_over_and_says_so(tmp_path: Path, format: str) -> None:
    write(tmp_path / "whole", format=format)
    with pytest.raises(Killed):
        write(tmp_path / "out", stop=30, work="other", format=format)
    (told,) = write(tmp_path / "out", format=format)
    assert "starting over" in told
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_a_lost_partial_file_starts_over(tmp_path: Path, format: str) -> None:
    import shutil

    with pytest.raises(Killed):
        write(tmp_path / "out", stop=30, format=format)
    partial = tmp_path / ".out.partial"
    shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
    assert write(tmp_path / "out", format=format) == []
    write(tmp_path / "whole", format=format)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "whole").read_bytes()


@pytest.mark.parametrize("stop", [0, 30])
def test_work_without_a_name_leaves_nothing_when_it_fails(tmp_path: Path, stop: int) -> None:
    for format in FORMATS:
        with pytest.raises(Killed):
            write(tmp_path / "out", stop=stop, work=None, format=format)
    assert list(tmp_path.iterdir()) == []


def test_rows_without_an_answer_are_counted_across_kills(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        write(tmp_path / "out", stop=20, format="jsonl")
    done = write_output(tmp_path / "out", "jsonl", chunks_after, work="w", tell=lambda _: None)
    assert (done.rows, done.failed, done.problem) == (40, 5, "line 5: not JSON")


def test_one_process_writes_a_file(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    held = Journal(tmp_path / ".out.journal", "w")
    with pytest.raises(InputError, match="out: another run is writing it"):
        write(tmp_path / "out", format="jsonl")
    held.remove()
    write(tmp_path / "out", format="jsonl")


@pytest.mark.parametrize(("system", "closed"), [("nt", True), ("posix", False)])
def test_a_journal_is_closed_before_it_goes_only_where_it_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: str, closed: bool
) -> None:
    """Windows unlinks no open file; elsewhere another run must find it locked until it is gone."""
    held = Journal(tmp_path / ".out.journal", "w")
    unlink, found = Path.unlink, []

    def noted(path: Path, missing_ok: bool = False) -> None:
        found.append(held._file.closed)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", noted)
    monkeypatch.setattr(journal, "os", SimpleNamespace(name=system))
    held.remove()
    assert found == [closed]
    assert (held._file.closed, list(tmp_path.iterdir())) == (True, [])


def test_entries_are_no_more_often_than_they_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SECONDS_BETWEEN_ENTRIES", 60.0)
    entered: list[Done] = []
    monkeypatch.setattr(Journal, "enter", lambda self, done: entered.append(done))
    write(tmp_path / "out", format="jsonl")
    assert entered == []
