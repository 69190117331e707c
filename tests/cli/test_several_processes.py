"""Training under the launchers, in real processes on this machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from tests.cli.conftest import Call
from tests.cli.test_resume import KILLED

TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
ACCELERATE = ("-m", "accelerate.commands.accelerate_cli", "launch", "--cpu", "--num_processes", "2")
LAUNCHERS = {"torchrun": TORCHRUN, "accelerate": (*ACCELERATE, "--main_process_port", "0")}
TRAIN = ("-m", "warwire.cli", "train", "toy.yaml")
SETTINGS = ("training.epochs=5", "training.batch_size=3")


def launch(launcher: str, folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, *LAUNCHERS[launcher], *TRAIN, *arguments]
    return subprocess.run(
        command, cwd=folder, env=dict(os.environ), capture_output=True, text=True, timeout=220
    )


def kill_at(step: int, folder: Path, *arguments: str) -> None:
    """Start two processes that are both killed after a step."""
    program = ("--no-python", sys.executable, "-c", KILLED, str(step))
    command = [sys.executable, *TORCHRUN, *program, *TRAIN[2:], *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=220)
    assert done.returncode != 0
    assert "SIGKILL" in done.stderr


def facts(run: Path) -> dict[str, Any]:
    return json.loads((run / "provenance.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_train_as_one_does(launcher: str, world: Path, call: Call) -> None:
    """Three windows a step: one process has two of them, the other one, or a blank at the end."""
    done = launch(launcher, world, *SETTINGS, "--models", "two")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Wrote two/toy.") == 1
    assert done.stderr.count("epoch 5: validation F1") == 1
    assert not list(world.glob("two/.*"))
    assert call(*TRAIN[2:], *SETTINGS, "--models", "one").code == 0
    ours, alone = (load_file(world / run / "toy/model.safetensors") for run in ("two", "one"))
    assert all(abs(ours[name] - alone[name]).max() < 1e-3 for name in alone)
    two, one = facts(world / "two/toy"), facts(world / "one/toy")
    assert two["steps"] == one["steps"]
    assert abs(two["validation_f1"] - one["validation_f1"]) < 0.02
    assert {path.name for path in (world / "two/toy").iterdir()} == {
        path.name for path in (world / "one/toy").iterdir()
    }


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_two_killed_processes_resume_to_the_same_weights(world: Path, call: Call) -> None:
    """Three steps an epoch or so: the seventh is in the middle of an epoch."""
    kill_at(7, world, *SETTINGS, "--models", "two")
    assert not (world / "two/toy").exists()
    assert list((world / "two/.toy.training").glob("checkpoint-*"))
    done = launch("torchrun", world, *SETTINGS, "--models", "two", "--resume")
    assert done.returncode == 0, done.stderr
    assert "epoch 1: " not in done.stderr
    assert call(*TRAIN[2:], *SETTINGS, "--models", "one").code == 0
    ours, alone = (load_file(world / run / "toy/model.safetensors") for run in ("two", "one"))
    assert all(abs(ours[name] - alone[name]).max() < 1e-3 for name in alone)


@pytest.mark.slow
def test_more_processes_than_windows_a_step_are_refused(world: Path) -> None:
    done = launch("torchrun", world, "training.batch_size=1", "--models", "two")
    assert done.returncode != 0
    assert "training.batch_size 1 cannot be shared among 2 processes" in done.stderr
    assert not (world / "two").exists()
