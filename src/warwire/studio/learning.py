"""From new annotations to the model in use: what is new, what stays held out, which model wins."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warwire.corpus.near_duplicates import cluster_documents
from warwire.corpus.split_files import read_split_file
from warwire.corpus.splits import SPLITS, uniform
from warwire.documents import Document
from warwire.errors import InputError
from warwire.evaluation.comparison import ScoredRun, refuse_different_sets
from warwire.evaluation.statistics import difference_interval, paired_permutation
from warwire.storage import write_text
from warwire.studio.journal import is_named, read_journal

DECISIONS_FILE = "decisions.jsonl"
SPLITS_FILE = "splits.csv"
SIGNIFICANT = 0.05
TRAIN, VALIDATION = 0.7, 0.1
"""Shares of new articles; the rest is held out for testing."""

ASKED = "START_TRAINING"
NEW = ("ANNOTATION_CREATED", "ANNOTATIONS_CREATED", "ANNOTATION_UPDATED")


def now() -> str:
    """This moment in UTC, as decisions write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def last_decision(folder: Path, project: int) -> dict[str, Any] | None:
    """The latest recorded decision on a project; none before the first."""
    told = [each for each in _decisions(folder) if each.get("project") == project]
    return told[-1] if told else None


def record_decision(folder: Path, decision: Mapping[str, Any]) -> None:
    """Add one line to the record of decisions, flushed to the disk."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / DECISIONS_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(decision, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True, slots=True)
class Journalled:
    """How many annotations webhooks told of, and whether someone pressed "Start training"."""

    annotations: int
    asked: bool


def journalled(folder: Path, project: int, since: str | None) -> Journalled | None:
    """What the journal of webhooks tells of a project since a time.

    None where it never told of the project: its webhook may not be connected.
    """
    every = [each for each in read_journal(folder) if str(each.get("project")) == str(project)]
    if not every:
        return None
    events = [each for each in every if _is_since(each, since)]
    fresh = [each.get("annotation") for each in events if each.get("action") in NEW]
    ids = {each["id"] for each in fresh if is_named(each) and not each.get("was_cancelled")}
    return Journalled(len(ids), any(each.get("action") == ASKED for each in events))


def annotated(export: Path, since: str | None) -> tuple[int, str | None]:
    """How many live annotations an export holds that changed since a time, and the latest change.

    Both times are the server's own.
    """
    tasks = json.loads(export.read_text(encoding="utf-8"))
    live = [each for task in tasks for each in task["annotations"] if not each["was_cancelled"]]
    times = [each["updated_at"] for each in live]
    fresh = [time for time in times if since is None or _moment(time) > _moment(since)]
    return len(fresh), max(times, key=_moment, default=since)


def extend_splits(
    known: Mapping[str, str], documents: Sequence[Document], *, seed: int
) -> dict[str, str]:
    """A split for every article: its known one, else that of its near-duplicates, else by hash.

    Where near-duplicates are in several splits a new one goes to the most held-out, so that no
    article of it is trained on.
    """
    clusters = cluster_documents(documents)
    members = clusters.members
    splits = dict(known)
    for document, leader in zip(documents, clusters.leaders, strict=True):
        if document.id not in splits:
            alike = [documents[each].id for each in members.get(leader, ())]
            kin = {known[each] for each in alike if each in known}
            own = _by_hash(documents[leader].id, seed)
            splits[document.id] = max(kin, key=SPLITS.index) if kin else own
    return splits


def read_splits(folder: Path) -> dict[str, str]:
    """The splits that earlier calls fixed; none before the first."""
    file = folder / SPLITS_FILE
    return read_split_file(file, SPLITS) if file.is_file() else {}


def write_splits(folder: Path, splits: Mapping[str, str]) -> Path:
    """Fix the splits for later calls, and for `prepare --split FILE`."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    writer.writerow(("id", "split"))
    writer.writerows(sorted(splits.items()))
    write_text(folder / SPLITS_FILE, rows.getvalue())
    return folder / SPLITS_FILE


def verdict(old: ScoredRun, new: ScoredRun) -> dict[str, Any]:
    """Whether the new run may take the old one's place: the paired test does not say worse.

    Both are scored on the same held-out articles, else InputError; `interval` is of the difference
    in strict micro F1, new less old.
    """
    refuse_different_sets([old, new])
    p_value = paired_permutation(new.counts, old.counts)
    worse = bool(new.f1 < old.f1 and p_value < SIGNIFICANT)
    return {
        "old": old.name,
        "new": new.name,
        "articles": len(new.articles),
        "test_set": new.test_set,
        "f1_old": old.f1,
        "f1_new": new.f1,
        "difference": new.f1 - old.f1,
        "interval": list(difference_interval(new.counts, old.counts)),
        "p": p_value,
        "promoted": not worse,
    }


def promote(link: Path, run: Path) -> None:
    """Let the link name a run; whoever reads it meets the old or the new one, never none."""
    if link.exists() and not link.is_symlink():
        raise InputError(f"{link}: is no link; choose another --current, or move it away")
    link.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=link.parent, prefix=f".{link.name}.") as scratch:
        fresh = Path(scratch) / link.name
        fresh.symlink_to(os.path.relpath(run.resolve(), link.parent.resolve()))
        os.replace(fresh, link)


def _by_hash(identity: str, seed: int) -> str:
    drawn = uniform(identity, f"{seed}")
    if drawn < TRAIN:
        return "train"
    return "validation" if drawn < TRAIN + VALIDATION else "test"


def _is_since(event: Mapping[str, Any], since: str | None) -> bool:
    return since is None or _moment(str(event.get("received"))) >= _moment(since)


def _moment(time: str) -> datetime:
    moment = datetime.fromisoformat(time)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _decisions(folder: Path) -> Iterator[dict[str, Any]]:
    file = folder / DECISIONS_FILE
    lines = file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            yield dict(json.loads(line))
        except (json.JSONDecodeError, TypeError, ValueError) as error:
            raise InputError(
                f"{file}, line {number}: not a JSON object; mend or remove it"
            ) from error
