"""Whatever an export holds, every span has one outcome and nothing ends in a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.toys import ARTICLES
from tests.worlds import to_task
from warwire.corpus.label_studio import POLICIES, Export, load_export
from warwire.errors import InputError

TEXT = "\U0001f1fa\U0001f1e6 Kyiv said Ukraine  struck.\r\n"
LABELS = ["ACTOR", "MILITARY_ACTION", "actor", "PERSON"]
OFFSETS = st.integers(-2, len(TEXT) + 5)
SURFACES = st.sampled_from([None, "Kyiv", "Ukraine", "Ukraine \\n", "", "struck"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "data", "text", "annotations", "result", "value", "type", "labels", "start"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@st.composite
def regions(draw: st.DrawFn) -> dict[str, Any]:
    """A region as the page may store it: sound, sloppy or wrong."""
    value: dict[str, Any] = {
        "start": draw(OFFSETS),
        "end": draw(OFFSETS),
        "labels": draw(st.lists(st.sampled_from(LABELS), max_size=2)),
    }
    surface = draw(SURFACES)
    if surface is not None:
        value["text"] = surface
    kind = draw(st.sampled_from(["labels"] * 4 + ["choices", "relation"]))
    control = draw(st.sampled_from(["label", "label", "furniture"]))
    return {"id": draw(st.text("ab", max_size=2)), "type": kind, "from_name": control} | {
        "value": value
    }


@st.composite
def annotations(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "id": draw(st.integers(1, 99)),
        "completed_by": draw(st.sampled_from([1, 2, {"id": 3}, None])),
        "was_cancelled": draw(st.booleans()),
        "ground_truth": draw(st.booleans()),
        "updated_at": draw(st.sampled_from(["2024-01-01", "2024-02-01", None])),
        "result": draw(st.lists(regions(), max_size=4)),
    }


@st.composite
def tasks(draw: st.DrawFn) -> dict[str, Any]:
    data = draw(st.sampled_from([{"text": TEXT}, {"text": TEXT, "id": "same"}, {"body": TEXT}]))
    return {
        "id": draw(st.integers(1, 5)),
        "data": data,
        "annotations": draw(st.lists(annotations(), max_size=3)),
    }


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exports") / "export.json"


def spans_in(export: list[dict[str, Any]]) -> int:
    """How many spans an export holds: a region without labels is one, else one a label."""
    every = [result for task in export for each in task["annotations"] for result in each["result"]]
    marking = [result for result in every if result["type"] == "labels"]
    return sum(max(1, len(result["value"]["labels"])) for result in marking)


def outcome(file: Path, **options: Any) -> Export | str:
    """The import, or the line that refuses it."""
    try:
        return load_export(file, **options)
    except InputError as error:
        return str(error)


@settings(max_examples=150)
@given(st.lists(tasks(), min_size=1, max_size=4), st.sampled_from(sorted(POLICIES)))
def test_the_ledger_adds_up_on_any_export(file: Path, export: list[dict], policy: str) -> None:
    file.write_text(json.dumps(export))
    found = outcome(file, annotators=policy)
    if isinstance(found, str):
        assert "\n" not in found
        return
    assert found.ledger.balanced
    assert found.ledger.spans_read == spans_in(export)
    assert found.ledger.tasks_read == len(export)
    outcomes = found.ledger.kept + found.ledger.repaired.total()
    assert sum(len(document.spans) for document in found.documents) == outcomes
    assert len({document.id for document in found.documents}) == len(found.documents)


@settings(max_examples=150)
@given(st.lists(JSON, max_size=3) | JSON)
def test_any_json_is_read_or_refused_in_one_line(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content))
    found = outcome(file)
    if isinstance(found, str):
        assert str(file) in found
        assert "\n" not in found
    else:
        assert found.ledger.balanced


@settings(max_examples=100)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_by_name(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match="export.json"):
        load_export(file)


def test_a_sound_export_gives_its_articles_back(tmp_path: Path) -> None:
    file = tmp_path / "sound.json"
    file.write_text(json.dumps([to_task(each, at) for at, each in enumerate(ARTICLES)]))
    found = load_export(file).documents
    assert [(each.id, each.text, each.spans) for each in found] == [
        (each.id, each.text, each.spans) for each in ARTICLES
    ]


def test_a_mark_of_byte_order_and_json_lines_are_read(tmp_path: Path) -> None:
    lines = "".join(json.dumps(to_task(each, at)) + "\n" for at, each in enumerate(ARTICLES))
    (tmp_path / "lines.json").write_text("\ufeff" + lines, encoding="utf-8")
    assert len(load_export(tmp_path / "lines.json").documents) == len(ARTICLES)


def test_several_exports_are_one(tmp_path: Path) -> None:
    for at, each in enumerate(ARTICLES):
        (tmp_path / f"{at}.json").write_text(json.dumps([to_task(each, at)]))
    export = load_export(*(tmp_path / f"{at}.json" for at in range(4)))
    assert [each.id for each in export.documents] == [each.id for each in ARTICLES]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "the file is empty"),
        ("[]", "the export holds no tasks"),
        ("[1, 2]", "entry 1 is a int, not a task"),
        ('{"a": 1}', "has no 'annotations' (keys found: a)"),
        ('[{"id": 1, "data": {"text": "x"}, "annotations": []}]', "none of 1 tasks has"),
        ('[{"id": 1,', "line 1"),
        ("\x00\x01", "not JSON"),
    ],
)
def test_a_file_that_is_no_export_says_why(tmp_path: Path, content: str, line: str) -> None:
    (tmp_path / "wrong.json").write_text(content)
    with pytest.raises(InputError) as caught:
        load_export(tmp_path / "wrong.json")
    assert "wrong.json" in str(caught.value)
    assert line in str(caught.value)


def test_a_missing_export_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: no such export file"):
        load_export(tmp_path / "none.json")


def test_an_unknown_policy_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown annotator policy 'best'; choose one of auto"):
        load_export(tmp_path / "any.json", annotators="best")
