"""What is new, what stays held out, which run is promoted, and what is recorded."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.studio.articles import result_of, studio_articles, write_articles
from tests.studio.conftest import Call
from tests.studio.fake import FakeStudio, unreachable
from tests.toys import marked
from warwire.corpus.dataset import load_dataset
from warwire.errors import InputError
from warwire.evaluation.runs import ScoredRun
from warwire.studio.journal import Journal
from warwire.studio.learning import (
    annotated,
    extend_splits,
    journalled,
    last_decision,
    now,
    promote,
    record_decision,
    verdict,
)
from warwire.studio.patience import TRIES


def event(action: str, number: int, *, project: int = 1, skip: bool = False) -> dict[str, object]:
    annotation = {"id": number, "result": [], "was_cancelled": skip}
    return {"action": action, "project": {"id": project}, "annotation": annotation}


def test_the_journal_counts_annotations_not_events(tmp_path: Path) -> None:
    assert journalled(tmp_path, 1, None) is None
    journal = Journal(tmp_path)
    journal.write(event("ANNOTATION_CREATED", 1))
    journal.write(event("ANNOTATION_UPDATED", 1))
    journal.write(event("ANNOTATION_CREATED", 2))
    journal.write(event("ANNOTATION_CREATED", 3, project=2))
    journal.write(event("ANNOTATION_CREATED", 4, skip=True))
    journal.write(event("ANNOTATIONS_DELETED", 5))
    assert journalled(tmp_path, 7, None) is None, "it never told of that project"
    told = journalled(tmp_path, 1, None)
    assert (told.annotations, told.asked) == (2, False)
    assert journalled(tmp_path, 1, "2999-01-01T00:00:00+00:00").annotations == 0
    journal.write({"action": "START_TRAINING", "project": 1})
    assert journalled(tmp_path, 1, None).asked


NAMELESS = [{"result": []}, {"id": None}, {"id": [1]}, {"id": {"pk": 1}}, {"id": 1.5}, 5, [1]]


@pytest.mark.parametrize("annotation", NAMELESS)
def test_an_event_whose_annotation_has_no_id_is_passed_over(
    tmp_path: Path, annotation: object
) -> None:
    journal = Journal(tmp_path)
    journal.write(event("ANNOTATION_CREATED", 1))
    odd = {"action": "ANNOTATION_CREATED", "received": now(), "project": 1}
    with journal.path.open("a") as lines:
        lines.writelines(
            f"{json.dumps(each)}\n" for each in (odd, odd | {"annotation": annotation})
        )
    journal.write(event("ANNOTATION_CREATED", 2))
    assert journalled(tmp_path, 1, None).annotations == 2


def test_an_export_tells_what_changed_since(tmp_path: Path) -> None:
    times = ["2026-01-02T00:00:01Z", "2026-01-02T00:00:01.500000Z", "2026-01-02T00:00:03Z"]
    live = [{"updated_at": time, "was_cancelled": False} for time in times]
    skipped = {"updated_at": "2026-01-09T00:00:00Z", "was_cancelled": True}
    file = tmp_path / "export.json"
    file.write_text(json.dumps([{"annotations": live}, {"annotations": [skipped]}]))
    assert annotated(file, None) == (3, times[2])
    assert annotated(file, times[0]) == (2, times[2])
    assert annotated(file, times[2]) == (0, times[2])


def test_splits_are_kept_and_near_duplicates_join_the_most_held_out() -> None:
    body = "The ministry said on Monday that a convoy of forty trucks had left the port at dawn."
    other = "Farmers near the river reported that the bridge was closed to all but the ambulances."
    documents = [
        marked("a", body),
        marked("a2", f"{body} It returned."),
        marked("b", other),
        marked("b2", f"{other} It opened."),
        marked("b3", f"{other} It shut."),
    ]
    known = {"a": "test", "b": "train", "b2": "validation", "gone": "train"}
    splits = extend_splits(known, documents, seed=13)
    assert splits == known | {"a2": "test", "b3": "validation"}


def test_a_hash_shares_out_new_articles_and_moves_none() -> None:
    documents = [marked(f"n{number}", f"w{number}a w{number}b w{number}c") for number in range(400)]
    splits = extend_splits({}, documents, seed=13)
    shares = [list(splits.values()).count(name) for name in ("train", "validation", "test")]
    assert all(
        abs(share - wanted) < 30 for share, wanted in zip(shares, (280, 40, 80), strict=True)
    )
    assert extend_splits({}, documents[::-1], seed=13) == splits


def run_of(name: str, correct: int, *, articles: int = 40) -> ScoredRun:
    counts = np.array([[correct, 10, 10]] * articles, dtype=float)
    ids = tuple(f"a{number}" for number in range(articles))
    return ScoredRun(name, "set", ids, counts, {})


@pytest.mark.parametrize(
    ("old", "new", "promoted"), [(5, 8, True), (5, 5, True), (8, 5, False), (8, 2, False)]
)
def test_only_a_run_that_is_surely_worse_is_kept_out(old: int, new: int, promoted: bool) -> None:
    told = verdict(run_of("old", old), run_of("new", new))
    assert told["promoted"] is promoted
    assert told["difference"] == pytest.approx((new - old) / 10)
    assert (told["old"], told["new"], told["articles"]) == ("old", "new", 40)


def test_a_worse_figure_on_few_articles_is_not_held_against_a_run() -> None:
    told = verdict(run_of("old", 6, articles=3), run_of("new", 5, articles=3))
    assert (told["difference"] < 0, told["promoted"]) == (True, True)
    with pytest.raises(InputError, match="scored on"):
        verdict(run_of("old", 6, articles=3), run_of("new", 6, articles=4))


def test_the_link_names_one_run_after_the_other(tmp_path: Path) -> None:
    link = tmp_path / "models" / "current"
    for name in ("one", "two", "two"):
        (tmp_path / "models" / name).mkdir(parents=True, exist_ok=True)
        promote(link, tmp_path / "models" / name)
        assert link.resolve().name == name
        assert not link.readlink().is_absolute()
    assert sorted(each.name for each in link.parent.iterdir()) == ["current", "one", "two"]
    link.unlink()
    link.mkdir()
    with pytest.raises(InputError, match="is no link"):
        promote(link, tmp_path / "models" / "one")


def test_decisions_are_told_by_project(tmp_path: Path) -> None:
    assert last_decision(tmp_path, 1) is None
    for project, when in ((1, "a"), (2, "b"), (1, "c")):
        record_decision(tmp_path, {"project": project, "when": when})
    record_decision(tmp_path, {"project": 1, "when": "d\u2028e"})
    assert last_decision(tmp_path, 1) == {"project": 1, "when": "d\u2028e"}
    (tmp_path / "decisions.jsonl").write_text("{}\nnothing\n")
    with pytest.raises(InputError, match="line 2"):
        last_decision(tmp_path, 1)


@pytest.fixture
def project(fake: FakeStudio, call: Call, tmp_path: Path, world: Path) -> FakeStudio:
    """The toy articles as tasks, all annotated, beside the run `models/toy`."""
    done = call("studio", "init", write_articles(tmp_path / "articles"), "--title", "News")
    assert done.code == 0, done.err
    for task in fake.tasks.values():
        fake.annotate(task["id"], list(result_of(studio_articles()[task["data"]["id"]][1])))
    return fake


LEARN = ("studio", "learn", "toy.yaml", "training.epochs=2", "--project", "1")


def test_learning_waits_resumes_and_decides(project: FakeStudio, call: Call) -> None:
    assert "8 of 9 new annotations; nothing to do" in call(*LEARN, "--minimum", "9").err
    project.fail("GET .*/export", unreachable, TRIES)
    assert call(*LEARN, "--minimum", "8").code == 1
    assert not Path("models/current").exists()
    first = call(*LEARN, "--minimum", "8", "--current", "models/toy", "--json")
    decision = json.loads(first.out)
    assert (decision["old"], decision["annotations"], decision["articles"]) == ("toy", 8, 2)
    assert Path("models/current").exists() is decision["promoted"]
    assert "0 of 1 new annotations" in call(*LEARN, "--minimum", "1").err

    held_out = set(splits_of(decision)["test"])
    new = {"id": "fresh", "text": "Rebels [x] struck the depot on Friday, and the army fired back."}
    Path("fresh.jsonl").write_text(json.dumps(new))
    assert call("studio", "init", "fresh.jsonl", "--project", "1").code == 0
    project.annotate(9, [])
    again = json.loads(call(*LEARN, "--minimum", "1", "--json").out)
    assert again["annotations"] == 1
    assert held_out <= set(splits_of(again)["test"])
    assert len(Path("studio/decisions.jsonl").read_text().splitlines()) == 2


def splits_of(decision: dict[str, str]) -> dict[str, list[str]]:
    splits = load_dataset(Path(decision["data"])).splits
    return {name: [each.id for each in part] for name, part in splits.items()}


def test_a_run_with_other_labels_is_no_rival(project: FakeStudio, call: Call) -> None:
    recipe = Path("models/toy/prepare.yaml")
    recipe.write_text(recipe.read_text().replace("AID_AMOUNT", "PRICE"))
    refused = call(*LEARN, "--minimum", "0", "--current", "models/toy")
    assert refused.code == 2
    assert "cannot be compared" in refused.line
    assert call(*LEARN, "--minimum", "0", "--current", "models/none").code == 2


def test_a_journal_that_tells_of_little_spares_the_server(project: FakeStudio, call: Call) -> None:
    Journal(Path("studio")).write(event("ANNOTATION_CREATED", 1))
    before = len(project.requests)
    assert "1 of 20 new annotations by the journal" in call(*LEARN).err
    assert len(project.requests) == before
