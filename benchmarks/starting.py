"""How long a command takes from nothing, its files in the system's cache."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from paired import Spread, take_turns
from report import Section

from warwire.model.checkpoints import load_run
from warwire.model.export import export_run
from warwire.model.exported import is_exported

CALL = (sys.executable, "-m", "warwire.cli")


def measure(run: Path, text: str, *, rounds: int) -> list[Section]:
    """Seconds of `--help`, and of marking up one article with torch and with an exported model."""
    with tempfile.TemporaryDirectory() as scratch:
        article = Path(scratch) / "article.txt"
        article.write_text(text, encoding="utf-8")
        exported = _exported(run, Path(scratch))
        predict = ["predict", "--engine"]
        commands = {
            "warwire --help": ["--help"],
            "warwire predict, one article, torch": [*predict, "torch", str(run), str(article)],
            "warwire predict, one article, ONNX": [*predict, "onnx", str(exported), str(article)],
        }
        runs = {name: lambda rest=rest: _seconds(rest) for name, rest in commands.items()}
        for run_once in runs.values():
            run_once()
        measured = take_turns(runs, rounds=rounds)
    rows = [[name, str(Spread.of(seconds))] for name, seconds in measured.items()]
    return [Section("Cold start", ("command", "seconds"), rows, [f"{rounds} rounds, one before"])]


def _exported(run: Path, scratch: Path) -> Path:
    """The run itself where it is exported, else a copy that is."""
    import shutil

    if is_exported(run):
        return run
    copy = scratch / "exported"
    shutil.copytree(run, copy)
    export_run(load_run(run), copy, None, tell=print)
    return copy


def _seconds(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([*CALL, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started
