"""`warwire export`, and long predictions that are killed and go on."""

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call, Outcome
from tests.toys import ARTICLES
from tests.worlds import build_export

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def exported(toy_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy run with its exported model, to be copied."""
    from warwire.cli.app import _exit_code

    folder = tmp_path_factory.mktemp("models") / "toy"
    shutil.copytree(toy_world / "models" / "toy", folder)
    assert _exit_code(["export", str(folder)]) == 0
    return folder


def test_exporting_measures_on_the_runs_own_validation_articles(world: Path, call: Call) -> None:
    outcome = call("export", "models/toy", "--json")
    assert outcome.code == 0, outcome.err
    record = json.loads(outcome.out)
    assert record == json.loads((world / "models/toy/onnx/export.json").read_text())
    assert len(record["tried"]) == 6
    assert "models/toy: 2 validation articles" in outcome.err
    plain, fast = (
        call("predict", "models/toy", "export.txt", "--engine", engine, "--dtype", "fp32")
        for engine in ("torch", "onnx")
        if (world / "export.txt").write_text(ARTICLES[0].text)
    )
    assert "Engine: onnx in fp32 on cpu." in fast.err
    found = [json.loads(each.out)["spans"] for each in (plain, fast)]
    places = [[(span["start"], span["end"], span["label"]) for span in spans] for spans in found]
    assert places[0] == places[1] == [span.key for span in ARTICLES[0].spans]


def test_without_the_dataset_int8_is_not_tried(world: Path, call: Call) -> None:
    shutil.move(world / "data", world / "elsewhere")
    config = world / "models" / "toy" / "warwire.yaml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("data:")]
    config.write_text("\n".join([*lines, "data: gone"]))
    outcome = call("export", "models/toy")
    assert (outcome.code, "int8 was not tried" in outcome.err) == (0, True)
    assert call("export", "models/toy", "--data", "none").code == 2
    outcome = call("export", "models/toy", "--data", "elsewhere")
    assert (outcome.code, "2 validation articles" in outcome.err) == (0, True)


def test_a_dataset_of_other_entity_types_is_refused(world: Path, call: Call) -> None:
    build_export(world / "other.json")
    assert call("prepare", "other.json", "--out", "other", "--labels", "ACTOR").code == 0
    outcome = call("export", "models/toy", "--data", "other")
    assert outcome.code == 2
    assert "other: its entity types are not the run's" in outcome.line


DOOMED = """
import os, signal, sys
from warwire.articles import journal
from warwire.model import prediction
journal.SECONDS_BETWEEN_ENTRIES, prediction.ARTICLES_AT_ONCE = 0.0, 5
entries, enter, before = int(sys.argv[1]), journal.Journal.enter, sys.argv[2] == "before"
def count(self, done):
    global entries
    entries -= 1
    if before and not entries:
        os.kill(os.getpid(), signal.SIGKILL)
    enter(self, done)
    if not entries:
        os.kill(os.getpid(), signal.SIGKILL)
journal.Journal.enter = count
from warwire.cli import run
run("predict", sys.argv[3:])
"""


def predict(folder: Path, *arguments: str, entries: int = 0, place: str = "after") -> Outcome:
    """Predict in a process of its own that gets SIGKILL at an entry, if `entries` is not 0.

    It dies before or after it puts the entry down; with `before`, the output is ahead of it.
    """
    command = [sys.executable, "-c", DOOMED, f"{entries}", place, "toy", "many.jsonl", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200)
    return Outcome(done.returncode, done.stdout, done.stderr)


def killed_and_resumed(folder: Path, exported: Path, ending: str, *, kills: int) -> None:
    shutil.copytree(exported, folder / "toy")
    with (folder / "many.jsonl").open("w") as lines:
        for number in range(1200):
            lines.write(json.dumps({"id": f"{number}", "text": ARTICLES[number % 4].text}) + "\n")
    options = ("--engine", "onnx", "--dtype", "fp32")
    assert predict(folder, "--out", f"whole.{ending}", *options).code == 0
    chance = random.Random(len(ending))
    for _ in range(kills):
        at, place = chance.randint(1, 5), chance.choice(["before", "after"])
        killed = predict(folder, "--out", f"out.{ending}", *options, entries=at, place=place)
        assert killed.code == -signal.SIGKILL, killed.err
    last = predict(folder, "--out", f"out.{ending}", *options)
    assert (last.code, "going on after" in last.err) == (0, True), last.err
    whole, out = folder / f"whole.{ending}", folder / f"out.{ending}"
    assert out.read_bytes() == whole.read_bytes()
    assert [path.name for path in folder.glob(".*")] == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_run_goes_on_to_the_same_file(exported: Path, tmp_path: Path) -> None:
    killed_and_resumed(tmp_path, exported, "jsonl", kills=2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_run_killed_ten_times_goes_on_to_the_same_file(
    exported: Path, tmp_path: Path, ending: str
) -> None:
    killed_and_resumed(tmp_path, exported, ending, kills=10)
