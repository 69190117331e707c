"""The webhook's journal: what is kept, what never is, and what a crash leaves."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from warwire.errors import InputError
from warwire.studio.journal import JOURNAL_FILE, Journal, read_journal

CREATED = {
    "action": "ANNOTATION_CREATED",
    "project": {"id": 3, "title": "News", "token": "SECRET", "task_data_password": "SECRET"},
    "task": {"id": 7, "data": {"text": "Kyiv \U0001f600\u2028"}, "file_upload": "SECRET"},
    "annotation": {
        "id": 9,
        "task": 7,
        "completed_by": {"id": 2, "email": "SECRET"},
        "result": [{"id": "r", "value": {"start": 0, "end": 4, "labels": ["ACTOR"]}}],
        "was_cancelled": False,
        "unique_id": "SECRET",
    },
}


def test_an_annotation_is_kept_without_what_is_nobodys_business(tmp_path: Path) -> None:
    assert Journal(tmp_path / "deep").write(CREATED) == 1
    (event,) = read_journal(tmp_path / "deep")
    assert event.pop("received").endswith("+00:00")
    assert event == {
        "action": "ANNOTATION_CREATED",
        "project": 3,
        "task": {"id": 7, "data": {"text": "Kyiv \U0001f600\u2028"}},
        "annotation": {
            "id": 9,
            "task": 7,
            "completed_by": 2,
            "result": CREATED["annotation"]["result"],  # type: ignore[index]
            "was_cancelled": False,
        },
    }
    assert "SECRET" not in (tmp_path / "deep" / JOURNAL_FILE).read_text()


SHAPES: dict[str, tuple[dict[str, Any], list[tuple[Any, Any]]]] = {
    "several annotations": (
        {
            "annotation": [{"id": 1, "task": 8}, {"id": 2, "task": 7}, {"id": 3, "task": 6}],
            "task": [{"id": 7}, {"id": 8}],
        },
        [({"id": 8}, 1), ({"id": 7}, 2), ({"id": 6}, 3)],
    ),
    "deleted annotations": ({"annotations": [{"id": 1}, {"id": 2}]}, [(None, 1), (None, 2)]),
    "deleted tasks": ({"tasks": [{"id": 4}, {"id": 5}]}, [({"id": 4}, None), ({"id": 5}, None)]),
    "training asked for": ({}, [(None, None)]),
    "nonsense": ({"annotation": 5, "task": "x", "project": "1.2"}, [(None, None)]),
}


@pytest.mark.parametrize(("payload", "expected"), SHAPES.values(), ids=SHAPES)
def test_one_line_an_event(tmp_path: Path, payload: Any, expected: list[Any]) -> None:
    written = Journal(tmp_path).write({"action": "A"} | payload)
    found = list(read_journal(tmp_path))
    assert written == len(found) == len(expected)
    ids = [(each["task"], (each["annotation"] or {}).get("id")) for each in found]
    assert ids == expected


def test_a_line_that_was_cut_short_costs_no_other(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(CREATED)
    with journal.path.open("a") as file:
        file.write('{"action": "ANNOTATION_UPD')
    journal.write(CREATED | {"action": "ANNOTATION_UPDATED"})
    found = [event["action"] for event in read_journal(tmp_path)]
    assert found == ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"]


def test_several_threads_write_whole_lines(tmp_path: Path) -> None:
    journal, big = Journal(tmp_path), {"id": 1, "data": {"text": "x" * 20_000}}

    def write(number: int) -> None:
        for _ in range(5):
            journal.write({"action": f"A{number}", "task": big})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    lines = journal.path.read_text().splitlines()
    assert len(lines) == 30
    assert sorted(json.loads(line)["action"] for line in lines)[::5] == [f"A{n}" for n in range(6)]


def test_no_journal_yet_holds_no_event(tmp_path: Path) -> None:
    assert list(read_journal(tmp_path / "none")) == []


def test_a_file_in_the_folders_place_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is no folder"):
        Journal(tmp_path / "file")
