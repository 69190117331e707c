"""`warwire export`, and long predictions that are killed and go on."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Call
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


EAGER = """
import sys
from warwire.articles import journal
from warwire.model import prediction
journal.SECONDS_BETWEEN_ENTRIES, prediction.ARTICLES_AT_ONCE = 0.0, 5
from warwire.cli import run
run("predict", sys.argv[1:])
"""


def start(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", EAGER, "toy", "many.jsonl", *arguments]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=dict(os.environ), **options)  # type: ignore[call-overload,no-any-return]


def finish(folder: Path, *arguments: str) -> str:
    process = start(folder, *arguments)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err.decode()
    return str(err.decode())


def kill_in_the_middle(folder: Path, *arguments: str, seed: int) -> None:
    """SIGKILL once the journal has grown by a random length; Parquet has an entry for each part."""
    journal = next(iter(folder.glob(".*.journal")), folder / f".{arguments[1]}.journal")
    before = journal.stat().st_size if journal.exists() else 0
    most = 250 if arguments[1].endswith("parquet") else 700
    wanted = before + random.Random(seed).randrange(1, most)
    process = start(folder, *arguments)
    while process.poll() is None:
        if journal.exists() and journal.stat().st_size >= wanted:
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    process.communicate(timeout=60)


def killed_and_resumed(folder: Path, exported: Path, ending: str, *, kills: int) -> None:
    shutil.copytree(exported, folder / "toy")
    with (folder / "many.jsonl").open("w") as lines:
        for number in range(1200):
            lines.write(json.dumps({"id": f"{number}", "text": ARTICLES[number % 4].text}) + "\n")
    options = ("--engine", "onnx", "--dtype", "fp32")
    finish(folder, "--out", f"whole.{ending}", *options)
    for kill in range(kills):
        kill_in_the_middle(folder, "--out", f"out.{ending}", *options, seed=kill)
        assert not (folder / f"out.{ending}").exists(), "the work was over before the kill"
    assert "going on after" in finish(folder, "--out", f"out.{ending}", *options)
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
