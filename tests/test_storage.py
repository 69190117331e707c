from pathlib import Path

import pytest

from warwire.storage import new_folder, write_text


def test_text_replaces_what_was_there_and_leaves_no_scratch(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "page.html"
    write_text(target, "old")
    write_text(target, "new: \u00e9")
    assert target.read_text(encoding="utf-8") == "new: \u00e9"
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    write_text(target, "old")
    with target.open() as held:
        write_text(target, "new")
        assert held.read() == "old"


def test_text_that_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    write_text(target, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(target, "lone surrogate: \ud800")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_folder_appears_whole_in_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "run"
    for content in ("first", "second"):
        with new_folder(target) as scratch:
            (scratch / "in").mkdir()
            (scratch / "in" / f"{content}.txt").write_text(content)
            assert not (target / "in" / f"{content}.txt").exists()
    assert [path.name for path in (target / "in").iterdir()] == ["second.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with new_folder(target) as scratch:
        (scratch / "kept.txt").write_text("kept")
    with pytest.raises(FileNotFoundError), new_folder(target) as scratch:
        (scratch / "half.txt").write_text(f"half of {(scratch / 'none').read_text()}")
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "kept.txt"]


def test_folders_get_the_modes_of_ordinary_writes(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "file").touch()
    with new_folder(tmp_path / "new") as scratch:
        (scratch / "file").touch(mode=0o600)
    for name in ("", "file"):
        ordinary, ours = (tmp_path / folder / name for folder in ("plain", "new"))
        assert ours.stat().st_mode == ordinary.stat().st_mode
