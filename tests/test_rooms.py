"""The room table of the architecture, read off the imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import warwire

PACKAGE = Path(warwire.__file__).parent
FOUNDATION = {"spans", "documents", "counts", "errors", "storage"}
ORDER = [
    "config",
    "articles",
    "corpus",
    "tagging",
    "model",
    "marking",
    "cluster",
    "evaluation",
    "experiments",
    "insight",
    "reports",
    "service",
    "studio",
    "cli",
]
RANK = dict.fromkeys(FOUNDATION, 0) | {room: place for place, room in enumerate(ORDER, start=1)}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
HEAVY = {"torch", "transformers", "tokenizers", "accelerate"}
Import = tuple[str, bool]
"""A module's full name, and whether it is imported when the file is (not in a function)."""


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(source: str) -> Iterator[Import]:
    yield from _walk(ast.parse(source), at_once=True)


def _walk(node: ast.AST, *, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((name.name, at_once) for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((name, at_once) for name in _from_names(child))
        deeper = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _walk(child, at_once=at_once and not deeper and not _for_types(child))


def _from_names(node: ast.ImportFrom) -> list[str]:
    assert node.level == 0, "relative imports hide the room"
    if node.module == "warwire":
        return [f"warwire.{name.name}" for name in node.names]
    return [node.module or ""]


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_the_reader_of_imports_sees_every_form() -> None:
    source = "import a\nfrom warwire import spans\ndef f():\n    from b.c import d\n"
    source += "if TYPE_CHECKING:\n    import e\nclass K:\n    import g\n"
    assert list(imports(source)) == [
        ("a", True),
        ("warwire.spans", True),
        ("b.c", False),
        ("e", False),
        ("g", True),
    ]


def test_every_room_is_in_the_table() -> None:
    assert {room_of(path) for path in MODULES} <= set(RANK)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_rooms_above_it(path: Path) -> None:
    mine = RANK[room_of(path)]
    used = {name.split(".")[1] for name, _ in imports(path.read_text()) if _ours(name)}
    assert {room: RANK[room] for room in used if RANK[room] > mine} == {}


def _ours(name: str) -> bool:
    return name.startswith("warwire.")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    room, wrong = room_of(path), []
    for name, at_once in imports(path.read_text()):
        top = name.split(".")[0]
        if top in HEAVY and (RANK[room] < RANK["model"] or (room != "model" and at_once)):
            wrong.append(name)
        if top == "label_studio_sdk" and room != "studio":
            wrong.append(name)
        if top == "ray" and room != "cluster":
            wrong.append(name)
        if top == "evaluate" and path != PACKAGE / "evaluation" / "metric.py":
            wrong.append(name)
    assert wrong == []


def test_scripts_hold_every_verb_and_shadow_no_library() -> None:
    scripts = {path.stem for path in (PACKAGE.parent.parent / "scripts").glob("*.py")}
    assert scripts >= {"prepare", "train", "score", "compare", "predict"}
    assert scripts & (HEAVY | {"evaluate", "datasets", "pyarrow", "pydantic", "warwire"}) == set()


LIGHT = """
import sys
from warwire.cli.app import _exit_code
assert _exit_code(sys.argv[1:]) == 0
print(sorted({"torch", "transformers", "datasets", "evaluate"} & set(sys.modules)))
"""


def test_help_loads_nothing_heavy() -> None:
    command = [sys.executable, "-c", LIGHT, "train", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
