"""`warwire prepare` and `warwire audit` as commands: files, exit codes, the same bytes twice."""

import filecmp
import json
from pathlib import Path
from typing import Any

import pytest

from tests.corpus.test_splits import article, wire_copy
from tests.toys import marked
from tests.worlds import to_task
from warwire.cli.app import _exit_code

LEDGER = {"read", "kept", "repaired", "rejected", "set_aside"}


def export(folder: Path, **change: Any) -> Path:
    """Sixty tasks, each an article of its own words with one actor."""
    tasks = []
    for number in range(60):
        body = f"[A:Russia] said so. {article(number).text}"
        tasks.append(to_task(marked(f"a{number}", body), number + 1))
    tasks[0] |= change
    file = folder / "export.json"
    file.write_text(json.dumps(tasks), encoding="utf-8")
    return file


def same_files(one: Path, other: Path) -> bool:
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    others = sorted(str(path.relative_to(other)) for path in other.rglob("*") if path.is_file())
    _, differing, failed = filecmp.cmpfiles(one, other, names, shallow=False)
    return names == others and not differing and not failed


def test_the_same_export_policy_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    file = export(tmp_path)
    for name in ("one", "two"):
        assert _exit_code(["prepare", str(file), "--out", str(tmp_path / name)]) == 0
    assert same_files(tmp_path / "one", tmp_path / "two")
    assert _exit_code(["prepare", str(file), "--out", str(tmp_path / "three"), "--seed", "7"]) == 0
    assert not same_files(tmp_path / "one", tmp_path / "three")


def test_what_a_dataset_folder_holds(tmp_path: Path) -> None:
    out = tmp_path / "built"
    assert _exit_code(["prepare", str(export(tmp_path)), "--out", str(out)]) == 0
    ledger = json.loads((out / "ledger.json").read_text())
    assert set(ledger["spans"]) == LEDGER
    assert ledger["tasks"]["read"] == 60
    assert sum(ledger["splits"]["sizes"].values()) == 60
    assert {path.name for path in out.iterdir()} == {
        *("train", "validation", "test", "dataset_dict.json", "ledger.json", "prepare.yaml"),
        "README.md",
    }


def test_strict_turns_any_reject_into_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = export(tmp_path, data={"id": "x"}), tmp_path / "built"
    assert _exit_code(["prepare", str(file), "--out", str(out), "--strict"]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith("warwire: 1 rejected and --strict given; nothing was written")
    assert not out.exists()
    assert _exit_code(["prepare", str(file), "--out", str(out)]) == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--annotators", "loudest"],
        ["--overlaps", "shortest"],
        ["--split", "halves"],
        ["--format", "xml"],
        ["--also", "xml"],
        ["--label-map", "none.yaml"],
        ["--labeling-config", "none.xml"],
        ["--furniture-rules", "none.yaml"],
        ["--labels", "PERSON"],
        ["--text-key", "body"],
    ],
)
def test_wrong_calls_end_in_one_line_and_exit_code_2(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["prepare", str(export(tmp_path)), "--out", str(tmp_path / "built"), *options]
    assert _exit_code(call) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warwire:")]
    assert len(lines) == 1
    assert not (tmp_path / "built").exists()


def test_prepare_replaces_its_own_folders_alone(tmp_path: Path) -> None:
    file, mine = export(tmp_path), tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    assert _exit_code(["prepare", str(file), "--out", str(mine)]) == 2
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_several_files_and_conll(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    tasks = [
        to_task(marked(f"b{number}", f"[A:Kyiv] {article(number + 70).text}"), number + 500)
        for number in range(5)
    ]
    (tmp_path / "more" / "b.json").write_text(json.dumps(tasks))
    out = tmp_path / "built"
    call = ["prepare", str(export(tmp_path)), str(tmp_path / "more" / "b.json"), "--out", str(out)]
    assert _exit_code([*call, "--also", "conll"]) == 0
    assert json.loads((out / "ledger.json").read_text())["tasks"]["read"] == 65
    again = ["prepare", str(out / "conll" / "train.conll"), "--format", "conll"]
    assert _exit_code([*again, "--out", str(tmp_path / "again"), "--seed", "7"]) == 0


def test_a_planted_leak_is_reported_by_prepare_and_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = [to_task(marked("a", f"[A:Kyiv] {article(1).text}"), 1, split="train")]
    copy = wire_copy(article(1), "copy").text
    tasks.append(to_task(marked("copy", f"[A:Kyiv] {copy}"), 2, split="test"))
    tasks.append(to_task(marked("c", f"[A:Kyiv] {article(3).text}"), 3, split="validation"))
    file, out = tmp_path / "export.json", tmp_path / "built"
    file.write_text(json.dumps(tasks))
    assert _exit_code(["prepare", str(file), "--out", str(out)]) == 0
    warned = capsys.readouterr().err
    assert "warning: near-duplicates cross splits: a in train, copy in test" in warned
    assert "1 of 1 test articles have a copy elsewhere" in warned
    assert _exit_code(["audit", str(out), "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["leaks"][0]["kind"] == "near-duplicates"
    assert "leak" in (out / "audit.html").read_text()
    assert json.loads((out / "audit.json").read_text()) == json.loads(told.out)


def test_auditing_no_dataset_is_refused(tmp_path: Path) -> None:
    assert _exit_code(["audit", str(tmp_path)]) == 2
