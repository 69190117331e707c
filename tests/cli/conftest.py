"""Commands run in this process, in a folder of their own that holds a copy of the toy world."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it wrote where."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line that a wrong call gets, after what was reported until then."""
        *report, line = self.err.splitlines()
        assert line.startswith("warwire: ")
        assert not any(each.startswith(("warwire: ", "Traceback")) for each in report)
        return line


Call = Callable[..., Outcome]


@pytest.fixture
def world(toy_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: `export.json`, `data/`, `toy.yaml` and `models/toy`, free to change."""
    copy = tmp_path / "world"
    shutil.copytree(toy_world, copy)
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Run `warwire …` and catch all that it writes."""
    from warwire.cli.app import _exit_code

    def run(*arguments: str | Path) -> Outcome:
        capfd.readouterr()
        code = _exit_code([str(each) for each in arguments])
        out, err = capfd.readouterr()
        return Outcome(code, out, err)

    return run
