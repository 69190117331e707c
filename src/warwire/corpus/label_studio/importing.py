"""Exports → Documents, one task at a time: two passes, and every span accounted for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warwire.corpus.label_studio.articles import Articles
from warwire.corpus.label_studio.labeling_config import load_labeling_config
from warwire.corpus.label_studio.policies import POLICIES
from warwire.corpus.label_studio.reading import MIN_WARNING, is_json_min, read_tasks
from warwire.corpus.label_studio.regions import Reader
from warwire.corpus.label_studio.survey import Survey, choose_schema, other_controls
from warwire.corpus.label_studio.taking import Taker
from warwire.corpus.label_studio.tasks import Task
from warwire.corpus.ledger import Ledger
from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Preference

OVERLAPS: tuple[Preference, ...] = ("longest", "first", "priority")


@dataclass(slots=True)
class Export:
    """What an import gives: the labelled articles, the schema's labels and the ledger."""

    documents: list[Document]
    labels: tuple[str, ...]
    ledger: Ledger


@dataclass(slots=True)
class OpenExport:
    """An export that has been surveyed; iterating reads it, and then the ledger is complete."""

    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    tasks: int
    taker: Taker
    progress: Callable[[Iterable[Task]], Iterable[Task]] = iter
    ledger: Ledger = field(default_factory=Ledger)

    def __iter__(self) -> Iterator[Document]:
        """The labelled articles in the exports' order; raises InputError where there are none."""
        for task in self.progress(_Sized(self.paths, self.tasks)):
            document = self.taker.take(task)
            if document is not None:
                yield document
        self.taker.summarise()
        _refuse_nothing_labelled(self.ledger, self.paths)


@dataclass(frozen=True, slots=True)
class _Sized:
    """The tasks of all paths; knows their number, for a progress bar."""

    paths: Sequence[Path]
    size: int

    def __iter__(self) -> Iterator[Task]:
        for path in self.paths:
            yield from read_tasks(path)

    def __len__(self) -> int:
        return self.size


def load_export(
    *paths: Path | str,
    annotators: str = "auto",
    labels: Sequence[str] | None = None,
    labeling_config: Path | str | None = None,
    text_key: str | None = None,
    label_map: Mapping[str, str] | None = None,
    overlaps: Preference = "longest",
    progress: Callable[[Iterable[Task]], Iterable[Task]] = iter,
) -> Export:
    """Read Label Studio exports into Documents, with a ledger in which every span adds up.

    `annotators` names the policy where a task has several annotations: `auto` (ground truth where
    exactly one is marked, else an error), `ground-truth`, `latest`, `majority`, `agreement`.
    `labels` is the schema, from `labeling_config` where given, else the three default types or,
    where an export uses none of them, its own; `["in-use"]` takes its own in any case. `overlaps`
    says which of two overlapping spans stays: `longest`, `first`, or the one whose label has
    `priority` in the schema. Offsets in the Documents are characters.
    Raises InputError where a file is no readable export or no label of the schema is in use.
    """
    opened = open_export(
        *paths,
        annotators=annotators,
        labels=labels,
        labeling_config=labeling_config,
        text_key=text_key,
        label_map=label_map,
        overlaps=overlaps,
        progress=progress,
    )
    return Export(list(opened), opened.labels, opened.ledger)


def open_export(
    *paths: Path | str,
    annotators: str = "auto",
    labels: Sequence[str] | None = None,
    labeling_config: Path | str | None = None,
    text_key: str | None = None,
    label_map: Mapping[str, str] | None = None,
    overlaps: Preference = "longest",
    progress: Callable[[Iterable[Task]], Iterable[Task]] = iter,
) -> OpenExport:
    """Survey exports for reading one document at a time; the same choices as `load_export`."""
    _refuse_unknown(annotators, tuple(POLICIES), "annotator policy")
    _refuse_unknown(overlaps, OVERLAPS, "overlap policy")
    config = load_labeling_config(Path(labeling_config)) if labeling_config else None
    names = {**(config.aliases if config else {}), **(label_map or {})}
    key = text_key or (config.text_key if config else "text")
    files = tuple(Path(path) for path in paths)
    survey = _survey(files, key, names)
    schema = choose_schema(survey, labels, config)
    kind = config.kind if config else ("hypertext" if survey.hypertext else "text")
    ledger = Ledger()
    taker = Taker(
        articles=Articles(key, kind, config.turn_key if config else "text"),
        reader=Reader(frozenset(schema), names, survey.utf16, ", ".join(schema)),
        labels=schema,
        others=other_controls(survey, schema, config),
        policy=POLICIES[annotators],
        overlaps=overlaps,
        ledger=ledger,
    )
    ledger.warnings += _warnings(files, survey)
    return OpenExport(files, schema, survey.tasks, taker, progress, ledger)


def _survey(paths: Sequence[Path], text_key: str, label_map: Mapping[str, str]) -> Survey:
    if not paths:
        raise InputError("no export file given")
    survey = Survey()
    for path in paths:
        for task in read_tasks(path):
            survey.add(task, text_key, label_map)
    return survey


def _warnings(paths: Sequence[Path], survey: Survey) -> list[str]:
    found = [f"{path}: {MIN_WARNING}" for path in paths if is_json_min(path)]
    if survey.utf16:
        found.append(
            "UTF-16 offsets (old Label Studio or a JavaScript pre-annotator) in the whole export:"
            f" {survey.only_utf16} regions fit in no other way, and all were converted"
        )
    elif survey.only_utf16:
        found.append(
            f"{survey.only_utf16} regions count UTF-16 units and {survey.only_characters} count"
            " characters; each region whose text says so was converted"
        )
    return found


def _refuse_unknown(name: str, known: Sequence[str], what: str) -> None:
    if name not in known:
        raise InputError(f"unknown {what} {name!r}; choose one of {', '.join(known)}")


def _refuse_nothing_labelled(ledger: Ledger, paths: Sequence[Path]) -> None:
    if ledger.tasks["labelled"] + ledger.tasks["true_negative"] == 0:
        first = f"; first problem: {ledger.rejects[0]}" if ledger.rejects else ""
        names = ", ".join(str(path) for path in paths)
        raise InputError(
            f"{names}: none of {ledger.tasks_read} tasks has an annotation to learn from{first};"
            " label some in Label Studio and export again"
        )
