"""Marking up on a Ray of this machine's own, with two workers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.toys import ARTICLES

pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MARK_UP = """
import sys
from pathlib import Path
from warwire.cluster import mark_up_shards
run, out, format, *files = sys.argv[1:]
print(mark_up_shards(
    Path(run), [Path(file) for file in files], Path(out), workers=2, format=format,
    rows_a_shard=200, options={"dtype": "fp32"},
).rows)
"""


def start(*arguments: "str | Path") -> "subprocess.Popen[str]":
    """Ray starts its workers as nice as can be; on a busy machine they would never get a turn."""
    command = [sys.executable, "-c", MARK_UP, *map(str, arguments)]
    env = os.environ | {"RAY_worker_niceness": "0"}
    return subprocess.Popen(
        command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def done(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=400)
    assert process.returncode == 0, err[-3000:]
    return out.splitlines()[-1]


def write_articles(file: Path, *, rows: int, times: int) -> Path:
    with file.open("w", encoding="utf-8") as lines:
        for number in range(rows):
            text = f"{number} " + " ".join([ARTICLES[number % 4].text] * times)
            lines.write(json.dumps({"id": f"{file.stem}-{number}", "text": text}) + "\n")
    return file


def marked_alone(run: Path, file: Path, folder: Path) -> str:
    from warwire.cli.app import _exit_code

    out = folder / f"alone-{file.name}"
    _exit_code(["predict", str(run), str(file), "--out", str(out), "--dtype", "fp32"])
    return out.read_text(encoding="utf-8")


def shards(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_the_shards_hold_what_the_local_command_writes(toy_world: Path, tmp_path: Path) -> None:
    run, out = toy_world / "models/toy", tmp_path / "out"
    first = write_articles(tmp_path / "a.jsonl", rows=400, times=3)
    with first.open("a", encoding="utf-8") as lines:
        lines.write('{"id": "no-text"}\n')
    second = write_articles(tmp_path / "b.jsonl", rows=300, times=3)
    assert done(start(run, out, "jsonl", first, second)) == "701"
    assert len(shards(out)) > 2
    every = "".join(shard.read_text(encoding="utf-8") for shard in shards(out))
    assert every == marked_alone(run, first, tmp_path) + marked_alone(run, second, tmp_path)
    assert sum("error" in json.loads(line) for line in every.splitlines()) == 1


def test_parquet_shards_are_read_and_written(toy_world: Path, tmp_path: Path) -> None:
    from pyarrow import concat_tables
    from pyarrow.parquet import read_table, write_table

    from warwire.articles.reading import read_articles
    from warwire.articles.writing import to_table

    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a", "b"):
        articles = read_articles([write_articles(tmp_path / f"{name}.jsonl", rows=150, times=2)])
        write_table(to_table(list(articles)), folder / f"{name}.parquet")
    assert done(start(toy_world / "models/toy", out, "parquet", folder)) == "300"
    table = concat_tables(read_table(shard) for shard in shards(out))
    assert table.schema == to_table([]).schema
    assert table["id"].to_pylist() == [f"{name}-{at}" for name in "ab" for at in range(150)]
    assert any(table["spans"].to_pylist())


def test_articles_without_id_are_called_as_the_local_command_calls_them(
    toy_world: Path, tmp_path: Path
) -> None:
    run, out, folder = toy_world / "models/toy", tmp_path / "out", tmp_path / "in"
    for name in ("2022/01.txt", "2023/01.txt", "a.jsonl", "b.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps({"text": ARTICLES[0].text}) + "\n")
    assert done(start(run, out, "jsonl", folder)) == "4"
    every = "".join(shard.read_text(encoding="utf-8") for shard in shards(out))
    assert every == marked_alone(run, folder, tmp_path)
    ids = [json.loads(line)["id"] for line in every.splitlines()]
    assert ids == ["2022/01", "2023/01", "a-1", "b-1"]


def workers_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if "MapWorker" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_lost_worker_had_in_hand_is_done_again(toy_world: Path, tmp_path: Path) -> None:
    run, out = toy_world / "models/toy", tmp_path / "out"
    articles = write_articles(tmp_path / "a.jsonl", rows=3000, times=12)
    process = start(run, out, "jsonl", articles)
    while process.poll() is None and not list(tmp_path.glob(".out.*/part-*")):
        time.sleep(0.05)
    victims = workers_of(process)
    assert len(victims) == 2
    os.kill(victims[0].pid, signal.SIGKILL)
    assert not out.exists(), "the work was over before the worker was killed"
    assert done(process) == "3000"
    every = "".join(shard.read_text(encoding="utf-8") for shard in shards(out))
    assert every == marked_alone(run, articles, tmp_path)
