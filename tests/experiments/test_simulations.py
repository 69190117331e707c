"""The simulations of ranking and suspects run at toy size; what they find there means nothing."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.worlds import write_config


def run(script, *arguments, cwd):
    command = [sys.executable, str(ROOT / "benchmarks" / script), *map(str, arguments)]
    done = subprocess.run(
        command, cwd=cwd, env=dict(os.environ), capture_output=True, text=True, timeout=230
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_ranking_curve_goes_on_where_it_stopped(toy_base, toy_world, tmp_path):
    config = write_config(tmp_path / "toy.yaml", toy_base, toy_world / "data", epochs=2)
    few = ("ranking_curve.py", config, toy_world / "data", "--seeds", "1", "--cache", tmp_path)
    budgets = ("--ranked", "16,32,60", "--random", "60")
    printed = run(*few, *budgets, cwd=tmp_path)
    rows = [line.split("\t") for line in printed.splitlines() if "\t" in line]
    assert [row[:2] for row in rows[1:]] == [
        *(["random", "60"], ["ranked", "16"], ["ranked", "32"], ["ranked", "60"])
    ]
    assert all(int(row[2]) <= int(row[1]) for row in rows[1:])
    files = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert len(files) in (3, 4)
    again = run(*few, *budgets, cwd=tmp_path)
    assert again.splitlines()[-4:] == printed.splitlines()[-4:]
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}


@pytest.mark.slow
def test_spoiled_labels_are_looked_for(toy_base, toy_world, tmp_path):
    pytest.importorskip("cleanlab", reason="pip install 'warwire[suspects]'")
    config = write_config(tmp_path / "toy.yaml", toy_base, toy_world / "data", epochs=2)
    few = ("suspects_found.py", config, toy_world / "data", "--folds", "2", "--share", "0.2")
    printed = run(*few, "--top", "3", "--cache", tmp_path / "folds", cwd=tmp_path)
    assert "6 labels spoiled" in printed
    rows = [line.split("\t")[:2] for line in printed.splitlines() if "\t" in line]
    assert rows[1:] == [["all", "6"], ["dropped", "2"], ["wrong type", "2"], ["shifted edge", "2"]]
    assert "suspects in the labels as they are" in printed
    assert len(list((tmp_path / "folds").glob("*/readings.npz"))) == 4
