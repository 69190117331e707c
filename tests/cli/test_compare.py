"""`warwire compare`: runs of one folder name, and what is said of the tests."""

import json
import shutil
from pathlib import Path

import pytest

from tests.worlds import done


@pytest.fixture
def twins(toy_world: Path, tmp_path: Path) -> list[Path]:
    """Two scored runs of one folder name that differ in their window's overlap."""
    folders = [tmp_path / "old" / "toy", tmp_path / "new" / "toy"]
    for folder in folders:
        shutil.copytree(toy_world / "models" / "toy", folder)
    file = folders[1] / "warwire.yaml"
    file.write_text(file.read_text().replace("overlap: 8", "overlap: 4"))
    return folders


def set_validation(folder: Path, figure: float | None) -> None:
    file = folder / "provenance.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"validation_f1": figure}))


def test_runs_of_one_folder_name_are_both_told(twins, capsys):
    set_validation(twins[1], 0.01)
    done(["compare", *map(str, twins), "--json"])
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert sorted(row["config"] for row in found["configs"]) == ["new/toy", "old/toy"]
    values = found["differences"]["config"]["windows.overlap"]
    assert values == {"old/toy": 8, "new/toy": 4}
    assert printed.err.count("toy *") == 1
    page = (twins[0].parent / "comparison.html").read_text()
    assert 'id="articles"' in page


@pytest.mark.parametrize(
    ("figures", "heading", "note"),
    [
        ((0.1, 0.9), "to the chosen", "Tests are against old/toy, which validation chose"),
        ((0.9, 0.1), "to the best", "Tests are against new/toy, which validation chose"),
        ((0.9, None), "to the best", "Validation is not known for every config"),
    ],
)
def test_table_and_page_say_what_is_compared_with(twins, capsys, figures, heading, note):
    for folder, figure in zip(reversed(twins), figures, strict=True):
        set_validation(folder, figure)
    done(["compare", *map(str, twins)])
    said = capsys.readouterr().err
    page = (twins[0].parent / "comparison.html").read_text()
    for shown in (said, page):
        assert heading in shown
        assert note in shown


def test_articles_with_unusual_line_ends_are_shown(twins):
    for folder in twins:
        file = folder / "predictions.jsonl"
        records = [json.loads(line) for line in file.read_text().split("\n") if line]
        for record in records:
            record["text"] += " \u2028 \u2029 \x85 end"
        lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
        file.write_text("".join(lines), encoding="utf-8")
    done(["compare", *map(str, twins)])
    page = (twins[0].parent / "comparison.html").read_text(encoding="utf-8")
    assert page.count("\x85 end") == len(records) > 0
