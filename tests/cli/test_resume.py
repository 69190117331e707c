"""A training killed with SIGKILL and resumed ends with the bytes of one left alone."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.worlds import tree_hash

KILLED = """
import contextlib, os, signal, sys
from warwire.cli import app, console

@contextlib.contextmanager
def bar(name):
    def watch(done, total, line):
        if done == int(sys.argv[1]) and not line:
            os.kill(os.getpid(), signal.SIGKILL)
    yield watch

console.training_bar = bar
sys.exit(app._exit_code(sys.argv[2:]))
"""
TRAIN = ("train", "toy.yaml", "training.epochs=5", "training.batch_size=2")


def kill_at(step: int, *arguments: str, folder: Path) -> None:
    """Start a training in a process of its own that is killed after a step."""
    command = [sys.executable, "-c", KILLED, str(step), *arguments]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180)
    assert found.returncode == -signal.SIGKILL, found.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_training_resumes_to_the_same_bytes(world: Path, call: Call) -> None:
    """Two steps an epoch: the seventh is in the middle of the fourth of five epochs."""
    before = tree_hash(world / "models" / "toy")
    kill_at(7, *TRAIN, folder=world)
    work = world / "models" / ".toy.training"
    assert sorted(path.name for path in work.glob("checkpoint-*"))[-1] == "checkpoint-6"
    assert tree_hash(world / "models" / "toy") == before
    resumed = call(*TRAIN, "--resume")
    assert resumed.code == 0
    assert "epoch 3" not in resumed.err
    assert "epoch 5" in resumed.err
    assert not work.exists()
    alone = call(*TRAIN, "--models", "alone")
    assert alone.code == 0
    assert "epoch 3" in alone.err
    for name in ("model.safetensors", "warwire.yaml", "config.json", "tokenizer.json"):
        ours, theirs = (world / models / "toy" / name for models in ("models", "alone"))
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_other_furniture_rules_are_other_data(world: Path, call: Call) -> None:
    kill_at(3, *TRAIN, "--data", "data", folder=world)
    (world / "mine.yaml").write_text("- {kind: credit, line: 'reporting by .*'}\n")
    own = ("--furniture-rules", "mine.yaml")
    assert call("prepare", "export.json", "--out", "data", *own).code == 0
    outcome = call(*TRAIN, "--data", "data", "--resume")
    assert outcome.code == 2
    assert "the unfinished training has other data" in outcome.line


def test_what_is_finished_is_not_resumed(world: Path, call: Call) -> None:
    before = tree_hash(world)
    outcome = call(*TRAIN, "--resume")
    assert outcome.code == 2
    assert "models/.toy.training: no unfinished training to resume" in outcome.line
    assert tree_hash(world) == before
