from pathlib import Path

import pytest

from tests.cli.conftest import Call

CLUSTER = ("predict", "models/toy", "export.jsonl", "--cluster", "local")


@pytest.fixture
def articles(world: Path) -> Path:
    file = world / "export.jsonl"
    file.write_text('{"text": "Ukraine struck back."}\n', encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((*CLUSTER, "--out", "out.html"), "--format 'html' is not for --cluster"),
        (CLUSTER, "--cluster reads files or folders and needs --out, a folder of shards"),
        ((*CLUSTER[:2], *CLUSTER[3:], "--out", "out"), "--cluster reads files or folders"),
        ((*CLUSTER, "--out", "data"), "--out data: there is something else"),
        (
            ("predict", "models/toy", ".", "--cluster", "local", "--out", "marked"),
            "--out marked: is among the articles to read; name another folder",
        ),
        (
            ("predict", "models/toy", "old/part-0.jsonl", "--cluster", "local", "--out", "old"),
            "--out old: is among the articles to read; name another folder",
        ),
    ],
)
def test_wrong_calls_are_told(
    articles: Path, call: Call, arguments: tuple[str, ...], line: str
) -> None:
    (articles.parent / "old").mkdir()
    articles.rename(articles.parent / "old" / "part-0.jsonl")
    outcome = call(*arguments)
    assert outcome.code == 2
    assert line in outcome.line


def test_without_ray_it_is_told_how_to_get_it(
    articles: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "warwire.cluster", raising=False)
    outcome = call(*CLUSTER, "--out", "marked")
    assert outcome.code == 2
    assert "Ray is not installed; pip install 'warwire[cluster]'" in outcome.line
