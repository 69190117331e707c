"""One region of an annotation → spans of the article's text, audited against `value.text`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from warwire.corpus.ledger import Reject
from warwire.documents import Origin
from warwire.spans import Span

SPAN_TYPES = ("labels", "hypertextlabels", "paragraphlabels")
CONTEXT = 30


@dataclass(slots=True)
class Region:
    """A span as read: either a span (perhaps repaired, by kind) or the reason it is none."""

    origin: Origin
    control: str
    label: str
    span: Span | None = None
    repairs: list[str] = field(default_factory=list)
    reject: Reject | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """How regions are read: the label map and whether offsets count UTF-16 units."""

    label_map: Mapping[str, str]
    utf16: bool

    def read(
        self, result: Mapping[str, Any], text: str, task: str, annotation: str
    ) -> list[Region]:
        """The spans of one result entry, one a label; empty for entries that mark no span."""
        if result.get("type") not in SPAN_TYPES:
            return []
        origin = Origin(task, annotation, str(result.get("id", "")))
        control = str(result.get("from_name", ""))
        labels = _labels(result) or [""]
        named = [self.label_map.get(label, label) for label in labels]
        return [self._read_label(result, text, Region(origin, control, label)) for label in named]

    def _read_label(self, result: Mapping[str, Any], text: str, region: Region) -> Region:
        value = result.get("value")
        offsets = _offsets(value)
        if isinstance(offsets, str):
            return _rejected(region, "bad offsets", offsets)
        start, end = offsets
        if self.utf16:
            start, end = _from_utf16(text, start), _from_utf16(text, end)
        problem = _outside(start, end, text)
        if problem:
            return _rejected(region, *problem)
        if not region.label:
            return _rejected(region, "no label", f"{start}..{end} carries no label")
        return _audited(region, start, end, text, value, repaired_utf16=(start, end) != offsets)


def differs(text: str, value: Mapping[str, Any], start: int, end: int) -> bool:
    """Whether `value.text` contradicts the characters from start to end, white space aside."""
    said = value.get("text")
    return isinstance(said, str) and _plain(said) != _plain(text[start:end])


def utf16_offsets(text: str, value: Mapping[str, Any]) -> bool:
    """Whether the offsets fit `value.text` only when counted in UTF-16 units."""
    offsets = _offsets(value)
    if isinstance(offsets, str) or not isinstance(value.get("text"), str):
        return False
    if not differs(text, value, *offsets):
        return False
    start, end = (_from_utf16(text, offset) for offset in offsets)
    return start < end and not differs(text, value, start, end)


def _labels(result: Mapping[str, Any]) -> list[str]:
    value = result.get("value")
    if not isinstance(value, Mapping):
        return []
    found = value.get(str(result.get("type")), value.get("labels"))
    return [str(label) for label in found] if isinstance(found, Sequence) else []


def _offsets(value: Any) -> tuple[int, int] | str:
    if not isinstance(value, Mapping):
        return "the region has no value"
    start, end = value.get("start"), value.get("end")
    if not (type(start) is int and type(end) is int):
        return (
            f"offsets {start!r}..{end!r} are no whole numbers; HyperText and Paragraphs"
            " projects need their articles re-imported as plain Text"
        )
    return start, end


def _outside(start: int, end: int, text: str) -> tuple[str, str] | None:
    if start == end:
        return "empty", f"{start}..{end} is empty"
    if start > end:
        return "inverted", f"{start}..{end} ends before it starts"
    if start < 0 or end > len(text):
        return "outside", f"{start}..{end} lies outside a text of {len(text)} characters"
    return None


def _audited(
    region: Region, start: int, end: int, text: str, value: Any, *, repaired_utf16: bool
) -> Region:
    surface = text[start:end]
    if differs(text, value, start, end):
        reason = f"{start}..{end} selects {surface!r}, but the region's text says {value['text']!r}"
        around = text[max(0, start - CONTEXT) : end + CONTEXT]
        return _rejected(region, "text differs", reason + "; was the article edited?", around)
    if not surface.strip():
        return _rejected(region, "white space", f"{start}..{end} holds only white space")
    region.repairs += ["utf-16 offsets"] if repaired_utf16 else []
    region.repairs += ["trimmed"] if surface != surface.strip() else []
    start += len(surface) - len(surface.lstrip())
    end -= len(surface) - len(surface.rstrip())
    region.span = Span(start, end, region.label)
    return region


def _rejected(region: Region, kind: str, reason: str, context: str = "") -> Region:
    origin = region.origin
    region.reject = Reject(kind, origin.task, reason, origin.annotation, origin.region, context)
    return region


def _plain(text: str) -> str:
    return " ".join(text.replace("\\n", " ").split())


def _from_utf16(text: str, offset: int) -> int:
    if offset <= 0 or text.isascii():
        return offset
    units = text.encode("utf-16-le")
    if 2 * offset > len(units):
        return len(text) + offset - len(units) // 2
    return len(units[: 2 * offset].decode("utf-16-le", errors="ignore"))


LabelCheck = Callable[[Region], Region]


def check_label(labels: Sequence[str]) -> LabelCheck:
    """A check that rejects regions whose label the schema does not hold."""

    def check(region: Region) -> Region:
        if region.reject is None and region.label not in labels:
            known = ", ".join(labels)
            region.span = None
            reason = f"unknown label {region.label!r} (known: {known}); map it with --label-map"
            return _rejected(region, "unknown label", reason)
        return region

    return check
