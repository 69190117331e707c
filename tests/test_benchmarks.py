"""The benchmarks run end to end at toy size; what they measure there means nothing."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytest.importorskip("onnx")
BENCH = ROOT / "benchmarks" / "bench.py"
TOY = ("--model", "models/toy", "--config", "toy.yaml", "--data", "data", "--export", "export.json")


def run_bench(world: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(BENCH), *arguments, *TOY, "--results", "RESULTS.md"]
    return subprocess.run(
        command, cwd=world, env=dict(os.environ), capture_output=True, text=True, timeout=800
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_part_prints_and_records_its_table(toy_world: Path, tmp_path: Path) -> None:
    import shutil

    world = tmp_path / "world"
    shutil.copytree(toy_world, world)
    done = run_bench(world, "--rounds", "1", "--steps", "3", "--record")
    assert done.returncode == 0, done.stderr[-3000:]
    results = (world / "RESULTS.md").read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", results, flags=re.MULTILINE)
    assert titles == ["Prediction on the processor", "Training", "Import and scoring", "Cold start"]
    for row in (
        "| warwire, torch fp32 |",
        "| pipeline fp32, batch ",
        "| plain ONNX Runtime fp32 |",
    ):
        assert row in results
    again = run_bench(world, "corpus", "--rounds", "2", "--record")
    assert again.returncode == 0, again.stderr[-3000:]
    changed = (world / "RESULTS.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", changed, flags=re.MULTILINE) == titles
    assert changed.split("## Import")[0] == results.split("## Import")[0]
    assert "2 rounds; import at scale" in changed


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    done = run_bench(tmp_path, "speed")
    assert done.returncode == 1
    assert "no part speed; there are prediction, training, corpus, starting" in done.stderr
