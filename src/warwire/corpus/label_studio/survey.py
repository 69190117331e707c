"""A first pass over exports: labels in use, the unit of offsets, the kind of text."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warwire.config import DEFAULT_LABELS
from warwire.corpus.label_studio.labeling_config import LabelingConfig
from warwire.corpus.label_studio.regions import Article, offset_evidence, region_labels
from warwire.corpus.label_studio.tasks import Task, is_region, word
from warwire.errors import InputError

IN_USE = ("in-use",)
FURNITURE = "furniture"


@dataclass(slots=True)
class Survey:
    """What all tasks together say that a single one cannot."""

    tasks: int = 0
    uses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    only_utf16: int = 0
    only_characters: int = 0
    hypertext: bool = False

    @property
    def utf16(self) -> bool:
        """Whether the export counts UTF-16 units: some regions say so, and none contradicts."""
        return self.only_utf16 > 0 and self.only_characters == 0

    def add(self, task: Task, text_key: str, label_map: Mapping[str, str]) -> None:
        """Take one task into account."""
        self.tasks += 1
        text = task.data.get(text_key)
        wide = Article(text) if isinstance(text, str) and not text.isascii() else None
        if wide is not None and not wide.units.ends:
            wide = None
        for annotation in task.annotations:
            for result in annotation.result:
                if isinstance(result, dict) and is_region(result):
                    self._add_region(result, wide, label_map)

    def _add_region(
        self, result: Mapping[str, Any], wide: Article | None, label_map: Mapping[str, str]
    ) -> None:
        value = result.get("value")
        if not isinstance(value, dict):
            return
        used = self.uses[word(result.get("from_name"))]
        for name in region_labels(result) or ():
            used[label_map.get(name, name)] += 1
        if "startOffset" in value:
            start = value.get("start")
            self.hypertext = self.hypertext or (isinstance(start, str) and start.startswith("/"))
        elif wide is not None:
            evidence = offset_evidence(value, wide)
            self.only_utf16 += evidence > 0
            self.only_characters += evidence < 0


def choose_schema(
    survey: Survey, labels: Sequence[str] | None, config: LabelingConfig | None
) -> tuple[str, ...]:
    """The labels: those asked for, the labeling config's, the default ones, or those in use.

    Raises InputError where none of them occurs in the export, although it holds labels.
    """
    in_use = _in_use(survey)
    schema = tuple(labels or (config.labels if config else ()))
    if schema == IN_USE:
        schema = in_use
    if not schema:
        schema = DEFAULT_LABELS if _any_alike(in_use, DEFAULT_LABELS) or not in_use else in_use
    everywhere = {name for used in survey.uses.values() for name in used}
    if everywhere and not everywhere & set(schema):
        raise InputError(
            f"none of the export's labels ({', '.join(sorted(everywhere))}) is in the schema"
            f" ({', '.join(schema)}); give --labels {','.join(in_use)},"
            " --labeling-config FILE or --label-map FILE"
        )
    return schema


def other_controls(
    survey: Survey, schema: Iterable[str], config: LabelingConfig | None
) -> frozenset[str]:
    """The controls whose regions are no part of the schema, such as furniture or certainty."""
    known = set(schema)
    foreign = {control for control, used in survey.uses.items() if used and not known & set(used)}
    declared = set(config.others) if config else set()
    main = {config.control} if config else set()
    return frozenset((foreign | declared) - main)


def _in_use(survey: Survey) -> tuple[str, ...]:
    """The labels of the control with the most regions; furniture stands back where it can."""
    uses = {name: used for name, used in survey.uses.items() if used}
    main = {name: used for name, used in uses.items() if name != FURNITURE} or uses
    if not main:
        return ()
    most = max(sorted(main), key=lambda name: main[name].total())
    return tuple(sorted(main[most]))


def _any_alike(names: Iterable[str], known: Sequence[str]) -> bool:
    folded = {name.casefold() for name in known}
    return any(name.casefold() in folded for name in names)
