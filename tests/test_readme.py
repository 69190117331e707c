"""Every command and every piece of code in the README, on toy data under the same names."""

import io
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.toys import ARTICLES
from tests.worlds import done, write_config

README = (ROOT / "README.md").read_text(encoding="utf-8")
LABELING = """<View><Text name="text" value="$text"/><Labels name="label" toName="text">
<Label value="ACTOR"/><Label value="MILITARY_ACTION"/><Label value="AID_AMOUNT"/></Labels></View>"""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.DOTALL)


def commands() -> list[str]:
    """The lines of the README that run warwire, in order.

    Those that speak to Label Studio run in tests/studio/test_guide.py; `serve` runs until stopped.
    """
    lines = [line.strip() for block in blocks("console") for line in block.splitlines()]
    elsewhere = ("warwire studio ", "warwire serve ")
    ours = [line for line in lines if re.search(r"(^|\| )warwire ", line)]
    return [line for line in ours if not line.startswith(elsewhere)]


@pytest.fixture
def place(toy_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which toys bear the names that the README uses."""
    base = Path(yaml.safe_load((toy_world / "toy.yaml").read_text())["model"]["base"])
    for folder in ("configs", "data/starter", "models", "folder"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("minilm", "minilm-frozen"):
        file = tmp_path / "configs" / f"{name}.yaml"
        write_config(file, base, Path("data/built/starter"), epochs=2)
    for name in ("export.json", "data/starter/export.json"):
        shutil.copy(toy_world / "export.json", tmp_path / name)
    for name in ("config.xml", "data/starter/labeling-config.xml"):
        (tmp_path / name).write_text(LABELING)
    for name in ("folder/one.txt", "data/starter/sample.txt"):
        (tmp_path / name).write_text(ARTICLES[0].text)
    (tmp_path / "articles.jsonl").write_text(json.dumps({"text": ARTICLES[1].text}) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_runs_in_the_order_of_the_readme(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(commands()) >= 10
    for line in commands():
        said, _, command = line.rpartition("| ")
        if said:
            monkeypatch.setattr("sys.stdin", io.StringIO(shlex.split(said)[1] + "\n"))
        _, *arguments = shlex.split(command, comments=True)
        capsys.readouterr()
        done(arguments)
    assert (place / "predictions" / "sample.html").is_file()
    assert (place / "marked.jsonl").is_file()


def test_the_code_runs(place: Path, toy_world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(toy_world / "models" / "toy", place / "models" / "minilm")
    code = blocks("python")
    assert code
    for block in code:
        exec(compile(block, "README.md", "exec"), {})
    *_, figures = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"[01]\.\d+ \([01]\.\d+, [01]\.\d+\)", figures)


def test_every_make_target_and_file_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", README, flags=re.MULTILINE)) <= targets
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    assert [path for path in linked if not (ROOT / path).exists()] == []
    configs = set(re.findall(r"`([a-z0-9-]+\.yaml)`", README)) - {"prepare.yaml", "warwire.yaml"}
    assert configs <= {path.name for path in (ROOT / "configs").rglob("*.yaml")}
