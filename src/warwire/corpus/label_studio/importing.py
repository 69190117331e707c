"""Tasks → Documents: annotators chosen, overlaps resolved, every span accounted for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warwire.config import DEFAULT_LABELS
from warwire.corpus.label_studio.labeling_config import load_labeling_config
from warwire.corpus.label_studio.policies import POLICIES, ParsedAnnotation, Policy
from warwire.corpus.label_studio.reading import read_tasks
from warwire.corpus.label_studio.regions import (
    SPAN_TYPES,
    Reader,
    Region,
    check_label,
    utf16_offsets,
)
from warwire.corpus.ledger import Ledger, Reject
from warwire.documents import Annotation, Document, Relation
from warwire.errors import InputError
from warwire.spans import Preference, Span, resolve_overlaps

Task = Mapping[str, Any]


@dataclass(slots=True)
class Export:
    """What an import gives: the labelled articles, the schema's labels and the ledger."""

    documents: list[Document]
    labels: tuple[str, ...]
    ledger: Ledger


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
    """Read Label Studio JSON exports into Documents, with a ledger in which every span adds up.

    `annotators` names the policy where a task has several annotations: `auto` (ground truth where
    exactly one is marked, else an error), `ground-truth`, `latest`, `majority`, `agreement`.
    `labels` is the schema, from `labeling_config` where given, else the three default types;
    pass `["in-use"]` for whatever labels the export holds. Offsets in the Documents are characters.
    Raises InputError where a file is no readable export or no label of the schema is in use.
    """
    if annotators not in POLICIES:
        known = ", ".join(POLICIES)
        raise InputError(f"unknown annotator policy {annotators!r}; choose one of {known}")
    tasks = [task for path in paths for task in read_tasks(Path(path))]
    config = load_labeling_config(Path(labeling_config)) if labeling_config else None
    schema = tuple(labels or (config.labels if config else DEFAULT_LABELS))
    key = text_key or (config.text_key if config else "text")
    importer = _prepare(tasks, schema, key, dict(label_map or {}), POLICIES[annotators], overlaps)
    for task in progress(tasks):
        importer.add(task)
    _refuse_nothing_labelled(importer.ledger, paths)
    return Export(importer.documents, importer.labels, importer.ledger)


def _prepare(
    tasks: Sequence[Task],
    schema: tuple[str, ...],
    text_key: str,
    label_map: dict[str, str],
    policy: Policy,
    overlaps: Preference,
) -> "_Importer":
    uses = _labels_by_control(tasks, label_map)
    in_use = sorted(set().union(*uses.values()))
    if schema == ("in-use",):
        schema = tuple(in_use)
    if in_use and not set(in_use) & set(schema):
        raise InputError(
            f"none of the export's labels ({', '.join(in_use)}) is in the schema"
            f" ({', '.join(schema)}); give --labels {','.join(in_use)},"
            " --labeling-config FILE or --label-map FILE"
        )
    controls = {control for control, used in uses.items() if used & set(schema)}
    reader = Reader(label_map, utf16=_counts_utf16(tasks, text_key))
    return _Importer(schema, frozenset(controls), text_key, reader, policy, overlaps)


@dataclass(slots=True)
class _Importer:
    labels: tuple[str, ...]
    controls: frozenset[str]
    text_key: str
    reader: Reader
    policy: Policy
    overlaps: Preference
    documents: list[Document] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    ids: set[str] = field(default_factory=set)

    def add(self, task: Task) -> None:
        name = str(task.get("id", f"number {self.ledger.tasks_read + 1}"))
        data = task.get("data")
        text = data.get(self.text_key) if isinstance(data, Mapping) else None
        annotations = _annotations(task)
        live = [each for each in annotations if not _cancelled(each)]
        if not isinstance(text, str):
            self._reject_task(name, annotations, data)
            return
        for each in annotations:
            if _cancelled(each):
                self._set_aside_all(each, "skipped annotation")
        if not live:
            self.ledger.tasks["skipped" if annotations else "unlabelled"] += 1
            return
        self._add_labelled(task, name, text, [self._parse(each, text, name) for each in live])

    def _parse(self, annotation: Mapping[str, Any], text: str, task: str) -> ParsedAnnotation:
        check = check_label(self.labels)
        identity = str(annotation.get("id", ""))
        regions = [
            region if self._other_control(region) else check(region)
            for result in _results(annotation)
            for region in self.reader.read(result, text, task, identity)
        ]
        self.ledger.spans_read += len(regions)
        return ParsedAnnotation(
            identity,
            _annotator(annotation),
            bool(annotation.get("ground_truth")),
            str(annotation.get("updated_at") or annotation.get("created_at") or ""),
            regions,
        )

    def _other_control(self, region: Region) -> bool:
        return bool(self.controls) and region.control not in self.controls

    def _add_labelled(
        self, task: Task, name: str, text: str, parsed: list[ParsedAnnotation]
    ) -> None:
        further: dict[str, list[Span]] = {}
        for annotation in parsed:
            for region in [each for each in annotation.regions if self._other_control(each)]:
                annotation.regions.remove(region)
                self._keep_apart(region, further)
        choice = self.policy(parsed, name)
        if choice is None:
            self.ledger.tasks["skipped"] += 1
            for annotation in parsed:
                self._tally(annotation.regions, "no answer by the annotator policy")
            return
        taken, aside = choice
        for region, reason in aside:
            self._tally([region], reason)
        kept = self._resolve(taken)
        self.ledger.tasks["labelled" if taken else "true_negative"] += 1
        self.documents.append(self._document(task, name, text, kept, parsed, further))

    def _keep_apart(self, region: Region, further: dict[str, list[Span]]) -> None:
        if region.span:
            further.setdefault(region.control, []).append(region.span)
        self._tally([region], "other control")

    def _tally(self, regions: Iterable[Region], reason: str) -> None:
        for region in regions:
            if region.reject:
                self.ledger.reject_span(region.reject)
            else:
                self.ledger.set_aside[reason] += 1

    def _resolve(self, taken: Sequence[Region]) -> list[Region]:
        unique: dict[Span, Region] = {}
        for region in taken:
            if region.span is None:
                self._tally([region], "")
            elif region.span in unique:
                self.ledger.set_aside["exact duplicate"] += 1
            else:
                unique[region.span] = region
        spans, lost = resolve_overlaps(unique, prefer=self.overlaps, priority=self.labels)
        for _ in lost:
            self.ledger.set_aside[f"overlap, {self.overlaps} preferred"] += 1
        kept = [unique[span] for span in spans]
        for region in kept:
            if region.repairs:
                self.ledger.repaired[" and ".join(region.repairs)] += 1
            else:
                self.ledger.kept += 1
        return kept

    def _document(
        self,
        task: Task,
        name: str,
        text: str,
        kept: Sequence[Region],
        parsed: Sequence[ParsedAnnotation],
        further: Mapping[str, list[Span]],
    ) -> Document:
        data = task["data"]
        known = (self.text_key, "id", "date", "source")
        controls = {control: tuple(sorted(set(spans))) for control, spans in further.items()}
        return Document(
            id=self._identity(data, name),
            text=text,
            spans=tuple(region.span for region in kept if region.span),
            date=_text_or_none(data.get("date")),
            source=_text_or_none(data.get("source")),
            meta={key: value for key, value in data.items() if key not in known},
            annotations=tuple(_own_spans(annotation) for annotation in parsed),
            furniture=controls.pop("furniture", ()),
            controls=controls,
            origins=tuple(region.origin for region in kept),
            relations=tuple(_relations(task)),
        )

    def _identity(self, data: Mapping[str, Any], name: str) -> str:
        wanted = str(data.get("id") or f"task-{name}")
        identity = wanted
        while identity in self.ids:
            identity = f"{wanted}-task-{name}" if identity == wanted else f"{identity}+"
        if identity != wanted:
            self.ledger.warnings.append(f"task {name}: id {wanted!r} is taken, now {identity!r}")
        self.ids.add(identity)
        return identity

    def _reject_task(self, name: str, annotations: Sequence[Mapping[str, Any]], data: Any) -> None:
        for annotation in annotations:
            self._set_aside_all(annotation, "rejected task")
        keys = ", ".join(sorted(data)) if isinstance(data, Mapping) and data else "none"
        reason = f"no text under {self.text_key!r} (keys found: {keys}); name it with --text-key"
        self.ledger.reject_task(Reject("no text", name, reason))

    def _set_aside_all(self, annotation: Mapping[str, Any], reason: str) -> None:
        regions = [
            region
            for result in _results(annotation)
            for region in self.reader.read(result, "", "", "")
        ]
        self.ledger.spans_read += len(regions)
        if regions:
            self.ledger.set_aside[reason] += len(regions)


def _annotations(task: Task) -> list[Mapping[str, Any]]:
    found = task.get("annotations", task.get("completions")) or []
    return [each for each in found if isinstance(each, Mapping)]


def _cancelled(annotation: Mapping[str, Any]) -> bool:
    return bool(annotation.get("was_cancelled") or annotation.get("skipped"))


def _results(annotation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in annotation.get("result") or [] if isinstance(each, Mapping)]


def _annotator(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, Mapping):
        by = by.get("id")
    return "unknown" if by is None else str(by)


def _own_spans(annotation: ParsedAnnotation) -> Annotation:
    spans = sorted({region.span for region in annotation.regions if region.span})
    return Annotation(annotation.annotator, tuple(spans), annotation.ground_truth)


def _relations(task: Task) -> Iterable[Relation]:
    for annotation in _annotations(task):
        for result in _results(annotation):
            if result.get("type") == "relation":
                yield Relation(
                    str(result.get("from_id", "")),
                    str(result.get("to_id", "")),
                    str(result.get("direction", "right")),
                    tuple(str(label) for label in result.get("labels") or ()),
                )


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _span_results(tasks: Iterable[Task]) -> Iterable[tuple[Task, Mapping[str, Any]]]:
    for task in tasks:
        for annotation in _annotations(task):
            for result in _results(annotation):
                if result.get("type") in SPAN_TYPES:
                    yield task, result


def _labels_by_control(tasks: Iterable[Task], label_map: Mapping[str, str]) -> dict[str, set[str]]:
    reader = Reader(label_map, utf16=False)
    uses: dict[str, set[str]] = {}
    for _, result in _span_results(tasks):
        for region in reader.read(result, "", "", ""):
            uses.setdefault(region.control, set()).update({region.label} - {""})
    return uses


def _counts_utf16(tasks: Iterable[Task], text_key: str) -> bool:
    fits = 0
    for task, result in _span_results(tasks):
        data = task.get("data")
        text = data.get(text_key) if isinstance(data, Mapping) else None
        if isinstance(text, str) and not text.isascii() and isinstance(result.get("value"), dict):
            fits += utf16_offsets(text, result["value"])
    return fits > 0


def _refuse_nothing_labelled(ledger: Ledger, paths: Sequence[Path | str]) -> None:
    if ledger.tasks["labelled"] + ledger.tasks["true_negative"] == 0:
        first = f"; first problem: {ledger.rejects[0]}" if ledger.rejects else ""
        names = ", ".join(str(path) for path in paths)
        raise InputError(
            f"{names}: none of {ledger.tasks_read} tasks has an annotation to learn from{first};"
            " label some in Label Studio and export again"
        )
