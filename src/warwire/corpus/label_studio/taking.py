"""One task → a Document, with the outcome of each of its spans in the ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from warwire.corpus.label_studio.articles import Articles
from warwire.corpus.label_studio.policies import DUPLICATE, ParsedAnnotation, Policy, choose
from warwire.corpus.label_studio.regions import Article, Reader, Region, malformed
from warwire.corpus.label_studio.survey import FURNITURE
from warwire.corpus.label_studio.tasks import RawAnnotation, Task, is_region, word
from warwire.corpus.ledger import Ledger, Reject
from warwire.documents import Annotation, Document, Origin, Relation
from warwire.spans import Preference, Span, resolve_overlaps

Further = dict[str, set[Span]]


@dataclass(slots=True)
class Taker:
    """How tasks are taken: what is read, which annotator counts, which overlap stays."""

    articles: Articles
    reader: Reader
    labels: tuple[str, ...]
    others: frozenset[str]
    policy: Policy
    overlaps: Preference
    ledger: Ledger
    ids: set[str] = field(default_factory=set)
    tasks: set[tuple[str, int]] = field(default_factory=set)
    renamed: list[str] = field(default_factory=list)

    def take(self, task: Task) -> Document | None:
        """The task's document, or None where it is unlabelled, skipped or rejected."""
        article = self._article(task)
        if isinstance(article, tuple):
            self._reject(task, *article)
            return None
        live = []
        for annotation in task.annotations:
            if annotation.cancelled:
                self._set_aside(annotation, "skipped annotation")
            else:
                live.append(annotation)
        if not live:
            self.ledger.tasks["skipped" if task.annotations else "unlabelled"] += 1
            return None
        further: Further = {}
        parsed = [self._parse(each, article, task.name, further) for each in live]
        return self._answer(task, article, live, parsed, further)

    def summarise(self) -> None:
        """Turn what was noted one by one into one line for people."""
        if self.renamed:
            count = len(self.renamed)
            self.ledger.warnings.append(f"{count} article ids were taken: {self.renamed[0]} …")

    def _article(self, task: Task) -> Article | tuple[str, str]:
        if task.problem is not None:
            return task.problem
        article = self.articles.read(task.data)
        if isinstance(article, tuple):
            return article
        if not article.text.strip():
            return "no text", "its text is empty"
        once = (task.name, hash(article.text))
        if once in self.tasks:
            return "repeated task", "a task with this id and text was read before"
        self.tasks.add(once)
        return article

    def _parse(
        self, annotation: RawAnnotation, article: Article, task: str, further: Further
    ) -> ParsedAnnotation:
        regions: list[Region] = []
        unlabelled = 0
        for entry, origin in self._regions(annotation, task, further):
            if entry is None:
                found = [malformed(entry, origin)]
            else:
                found = self.reader.read(entry, article, origin)
            self.ledger.spans_read += len(found)
            for region in found:
                if region.control in self.others:
                    self._keep_apart(region, further)
                elif region.aside:
                    self.ledger.set_aside[region.aside] += 1
                    unlabelled += 1
                else:
                    regions.append(self.reader.check(region, article))
        return ParsedAnnotation(
            annotation.id,
            annotation.annotator,
            annotation.ground_truth,
            annotation.updated,
            regions,
            unlabelled,
        )

    def _regions(
        self, annotation: RawAnnotation, task: str, further: Further
    ) -> Iterator[tuple[Mapping[str, Any] | None, Origin]]:
        for entry in annotation.result:
            if not isinstance(entry, dict):
                yield None, Origin(task, annotation.id, "")
            elif is_region(entry):
                yield entry, Origin(task, annotation.id, word(entry.get("id")))
            else:
                kind = word(entry.get("type")) or "without type"
                self.ledger.other_results[kind] += 1
                _note_choices(entry, further)

    def _keep_apart(self, region: Region, further: Further) -> None:
        if region.span:
            further.setdefault(region.control, set()).add(region.span)
        if region.aside:
            self.ledger.set_aside[region.aside] += 1
        else:
            self._tally([region], "other control")

    def _answer(
        self,
        task: Task,
        article: Article,
        live: Sequence[RawAnnotation],
        parsed: Sequence[ParsedAnnotation],
        further: Further,
    ) -> Document | None:
        choice = choose(parsed, task.name, self.policy)
        if choice is None:
            self.ledger.tasks["skipped"] += 1
            for annotation in parsed:
                self._tally(annotation.regions, "no answer by the annotator policy")
            return None
        taken, aside = choice
        for region, reason in aside:
            self._tally([region], reason)
        kept = self._resolve(taken)
        marked = taken or any(each.unlabelled for each in parsed)
        self.ledger.tasks["labelled" if marked else "true_negative"] += 1
        return self._document(task, article, kept, parsed, further, live)

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
            elif unique.setdefault(region.span, region) is not region:
                self.ledger.set_aside[DUPLICATE] += 1
        spans = sorted(unique, key=lambda span: span.start)
        if any(one.end > other.start for one, other in pairwise(spans)):
            spans, lost = resolve_overlaps(unique, prefer=self.overlaps, priority=self.labels)
            for span, winner in lost:
                self.ledger.set_aside[f"{_meeting(span, winner)}, {self.overlaps} preferred"] += 1
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
        article: Article,
        kept: Sequence[Region],
        parsed: Sequence[ParsedAnnotation],
        further: Further,
        live: Sequence[RawAnnotation],
    ) -> Document:
        controls = {name: tuple(sorted(spans)) for name, spans in sorted(further.items())}
        return Document(
            id=self._identity(task),
            text=article.text,
            spans=tuple(region.span for region in kept if region.span),
            date=_text_or_none(task.data.get("date")),
            source=_text_or_none(task.data.get("source")),
            meta=self.articles.meta(task.data),
            annotations=tuple(_own_spans(annotation) for annotation in parsed),
            furniture=controls.pop(FURNITURE, ()),
            controls=controls,
            origins=tuple(region.origin for region in kept),
            relations=tuple(_relations(live)),
        )

    def _identity(self, task: Task) -> str:
        wanted = word(task.data.get("id")) or f"task-{task.name}"
        identity = wanted
        while identity in self.ids:
            identity = f"{wanted}-task-{task.name}" if identity == wanted else f"{identity}+"
        if identity != wanted:
            self.renamed.append(f"task {task.name}: id {wanted!r} is taken, now {identity!r}")
        self.ids.add(identity)
        return identity

    def _reject(self, task: Task, kind: str, reason: str) -> None:
        for annotation in task.annotations:
            self._set_aside(annotation, "rejected task")
        text = task.data.get(self.articles.text_key)
        context = text[:60] if isinstance(text, str) else ""
        self.ledger.reject_task(Reject(kind, task.name, reason, context=context))

    def _set_aside(self, annotation: RawAnnotation, reason: str) -> None:
        count = 0
        for entry, origin in self._regions(annotation, "", {}):
            count += 1 if entry is None else len(self.reader.read(entry, _NOTHING, origin))
        self.ledger.spans_read += count
        if count:
            self.ledger.set_aside[reason] += count


_NOTHING = Article("")


def _own_spans(annotation: ParsedAnnotation) -> Annotation:
    spans = {region.span.key: region.span for region in annotation.regions if region.span}
    ordered = tuple(spans[key] for key in sorted(spans))
    return Annotation(annotation.annotator, ordered, annotation.ground_truth)


def _meeting(one: Span, other: Span) -> str:
    """How two overlapping spans lie to one another."""
    if (one.start, one.end) == (other.start, other.end):
        return "two labels"
    within = (one.start - other.start) * (one.end - other.end) <= 0
    return "nested" if within else "crossing"


def _relations(annotations: Iterable[RawAnnotation]) -> Iterator[Relation]:
    for annotation in annotations:
        for entry in annotation.result:
            if isinstance(entry, dict) and entry.get("type") == "relation":
                labels = entry.get("labels")
                yield Relation(
                    word(entry.get("from_id")),
                    word(entry.get("to_id")),
                    word(entry.get("direction")) or "right",
                    tuple(word(label) for label in labels) if isinstance(labels, list) else (),
                )


def _note_choices(entry: Mapping[str, Any], further: Further) -> None:
    """A choice made for one region, as spans of its control labelled with what was chosen."""
    value = entry.get("value")
    if entry.get("type") != "choices" or not isinstance(value, dict):
        return
    start, end, chosen = value.get("start"), value.get("end"), value.get("choices")
    if type(start) is int and type(end) is int and 0 <= start < end and isinstance(chosen, list):
        spans = {Span(start, end, word(name)) for name in chosen if word(name)}
        further.setdefault(word(entry.get("from_name")) or "choices", set()).update(spans)


def _text_or_none(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return word(value) or None
