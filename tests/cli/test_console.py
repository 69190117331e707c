"""The command as people start it: exit codes, help, and streams of a real process."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.conftest import ROOT

VERBS = ["prepare", "train", "score", "compare", "predict"]
WAYS = {
    "command": [str(Path(sys.executable).parent / "warwire")],
    "module": [sys.executable, "-m", "warwire.cli"],
}


def start(*command: str, folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("way", WAYS)
def test_bad_input_ends_with_two_and_one_line(tmp_path: Path, way: str) -> None:
    found = start(*WAYS[way], "prepare", "none.json", "--out", "new", folder=tmp_path)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == "warwire: none.json: no such export file\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_script_is_the_same_as_its_verb(
    verb: str, call: Call, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = call(verb, "--help").out
    monkeypatch.setattr("sys.argv", [f"{verb}.py", "--help"])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(ROOT / "scripts" / f"{verb}.py"), run_name="__main__")
    assert left.value.code == 0
    assert capfd.readouterr().out == expected != ""


def test_beside_the_scripts_every_library_is_still_itself(tmp_path: Path) -> None:
    """A script's own folder comes first on the import path."""
    script = str(ROOT / "scripts" / "score.py")
    found = start(sys.executable, script, "none", folder=tmp_path)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("warwire: none: no trained model")


def test_help_lists_every_verb(call: Call) -> None:
    helped, bare = call("--help"), call()
    assert (helped.code, bare.code) == (0, 0)
    assert helped.out == bare.out
    assert all(f"\n  {verb} " in helped.out for verb in VERBS)


def test_a_verb_without_its_arguments_names_them(call: Call) -> None:
    outcome = call("predict")
    assert (outcome.code, outcome.line) == (2, "warwire: Missing argument 'model'. (see --help)")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_standard_output_is_utf_8_whatever_the_locale(world: Path, encoding: str) -> None:
    text = "Russian forces shelled Łódź."
    found = subprocess.run(
        [*WAYS["module"], "predict", "models/toy"],
        cwd=world,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        input=text.encode(),
        capture_output=True,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout.decode("utf-8"))["text"] == text


def test_predicting_by_a_process_streams_and_survives_a_closed_pipe(world: Path) -> None:
    lines = "Russian forces shelled the port of Kherson.\n" * 3
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    command = f"{sys.executable} -m warwire.cli predict models/toy | head -n 1"
    found = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=world,
        env=environment,
        input=lines,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.stdout.count("\n") == 1
    assert '"label": "ACTOR"' in found.stdout
    assert "Traceback" not in found.stderr
