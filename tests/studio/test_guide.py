"""The README's guide to Label Studio, run in order against the server in memory."""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.studio.conftest import Call
from tests.studio.fake import FakeStudio
from tests.test_readme import README, blocks, place

__all__ = ["place"]


def studio_commands() -> list[str]:
    """The lines of the README that speak to Label Studio, in order."""
    lines = [line.strip() for block in blocks("console") for line in block.splitlines()]
    return [line for line in lines if line.startswith("warwire studio ")]


def annotate(fake: FakeStudio) -> None:
    """Somebody accepts the predictions of every task without an annotation."""
    for task in fake.tasks.values():
        if not task["annotations"]:
            fake.annotate(task["id"], task["predictions"][0]["result"])


def test_every_command_runs_in_the_order_of_the_guide(
    place: Path, toy_world: Path, fake: FakeStudio, call: Call
) -> None:
    if "warwire studio" not in README:
        pytest.skip("the README holds no guide to Label Studio")
    shutil.copytree(toy_world / "models" / "toy", place / "models" / "minilm")
    (place / "articles").mkdir()
    rows = [{"id": f"n{number}", "text": f"Rebels shelled {number}."} for number in range(24)]
    (place / "articles" / "all.jsonl").write_text("\n".join(map(json.dumps, rows)))
    after: dict[str, Callable[[FakeStudio], None]] = {"push": annotate}
    for line in studio_commands():
        _, _, verb, *rest = shlex.split(line, comments=True)
        done = call("studio", verb, *rest)
        assert done.code == 0, f"{line}: {done.err}"
        after.get(verb, lambda fake: None)(fake)
    assert re.match(r"minilm-[0-9a-f]{12}", (place / "models" / "current").resolve().name)
