"""Which annotator's spans become the article's: one policy, stated and counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from warwire.corpus.label_studio.regions import Region
from warwire.errors import InputError

OTHER = "other annotator"
DUPLICATE = "exact duplicate"
OUTVOTED = "outvoted"


@dataclass(slots=True)
class ParsedAnnotation:
    """One live annotation of a task, with its regions read; `unlabelled` ones are only counted."""

    id: str
    annotator: str
    ground_truth: bool
    updated: str
    regions: list[Region]
    unlabelled: int = 0

    @property
    def span_keys(self) -> set[tuple[int, int, str]]:
        """Edges and labels of the spans that could be read."""
        return {region.span.key for region in self.regions if region.span}


Choice = tuple[list[Region], list[tuple[Region, str]]]
"""The regions that a policy took, and the others with the reason they were set aside."""

Policy = Callable[[Sequence[ParsedAnnotation], str], Choice | None]
"""Takes several live annotations and the task's name; None leaves the task without an answer."""


def choose(annotations: Sequence[ParsedAnnotation], task: str, policy: Policy) -> Choice | None:
    """One live annotation is taken as it is; among several the policy chooses."""
    if len(annotations) == 1:
        return annotations[0].regions, []
    return policy(annotations, task)


def _take(chosen: ParsedAnnotation, annotations: Sequence[ParsedAnnotation]) -> Choice:
    others = [each for each in annotations if each is not chosen]
    return chosen.regions, [(region, OTHER) for each in others for region in each.regions]


def _automatic(annotations: Sequence[ParsedAnnotation], task: str) -> Choice | None:
    marked = [each for each in annotations if each.ground_truth]
    if len(marked) == 1:
        return _take(marked[0], annotations)
    raise InputError(
        f"task {task} has {len(annotations)} annotations, {len(marked)} of them ground truth;"
        " choose with --annotators ground-truth, latest, majority or agreement"
    )


def _ground_truth(annotations: Sequence[ParsedAnnotation], task: str) -> Choice | None:
    marked = [each for each in annotations if each.ground_truth]
    if len(marked) > 1:
        raise InputError(
            f"task {task} has {len(marked)} ground-truth annotations; keep one,"
            " or choose --annotators latest, majority or agreement"
        )
    return _take(marked[0], annotations) if marked else None


def _latest(annotations: Sequence[ParsedAnnotation], task: str) -> Choice | None:
    order = enumerate(annotations)
    return _take(max(order, key=lambda item: (item[1].updated, item[0]))[1], annotations)


def _agreement(annotations: Sequence[ParsedAnnotation], task: str) -> Choice | None:
    first = annotations[0]
    if any(each.span_keys != first.span_keys for each in annotations):
        return None
    return _take(first, annotations)


def _majority(annotations: Sequence[ParsedAnnotation], task: str) -> Choice | None:
    votes = Counter(key for each in annotations for key in each.span_keys)
    taken: list[Region] = []
    aside: list[tuple[Region, str]] = []
    seen: set[tuple[int, int, str]] = set()
    for annotation in annotations:
        own: set[tuple[int, int, str]] = set()
        for region in annotation.regions:
            key = region.span.key if region.span else None
            if key is None:
                taken.append(region)
            elif 2 * votes[key] <= len(annotations):
                aside.append((region, OUTVOTED))
            elif key in seen:
                aside.append((region, DUPLICATE if key in own else OTHER))
            else:
                taken.append(region)
                seen.add(key)
            if key is not None:
                own.add(key)
    return taken, aside


POLICIES: dict[str, Policy] = {
    "auto": _automatic,
    "ground-truth": _ground_truth,
    "latest": _latest,
    "majority": _majority,
    "agreement": _agreement,
}
