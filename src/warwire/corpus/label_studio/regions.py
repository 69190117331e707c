"""One region of an annotation → spans of the article's text, audited against `value.text`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warwire.corpus.label_studio.rendered import Rendering, Units
from warwire.corpus.label_studio.tasks import REGION_KEYS, word
from warwire.corpus.ledger import Reject
from warwire.documents import Origin
from warwire.spans import Span

CONTEXT = 30
LONGEST_QUOTE = 120
RENDERED = "HyperText and Paragraphs projects need --labeling-config, or a re-import as plain Text"


@dataclass(slots=True)
class Region:
    """A span as read: a span (perhaps repaired), the reason it is none, or why it was set aside."""

    origin: Origin
    control: str
    label: str
    span: Span | None = None
    repairs: tuple[str, ...] = ()
    reject: Reject | None = None
    aside: str = ""


class Article:
    """A task's text with what is needed to find places in it."""

    __slots__ = ("_units", "rendering", "text")

    def __init__(self, text: str, rendering: Rendering | None = None) -> None:
        self.text, self.rendering = text, rendering
        self._units: Units | None = None

    @property
    def units(self) -> Units:
        """UTF-16 offsets of this text, prepared when first asked for."""
        if self._units is None:
            self._units = Units(self.text)
        return self._units

    def around(self, start: int, end: int) -> str:
        """What stands at a place and next to it, shortened."""
        first, last = max(0, min(start, len(self.text)) - CONTEXT), max(0, end) + CONTEXT
        return self.text[first : min(last, first + 2 * CONTEXT + LONGEST_QUOTE)]


@dataclass(frozen=True, slots=True)
class Reader:
    """How regions are read: the schema, the label map, and whether offsets count UTF-16 units."""

    labels: frozenset[str]
    label_map: Mapping[str, str]
    utf16: bool
    known: str = ""

    def read(self, result: Mapping[str, Any], article: Article, origin: Origin) -> list[Region]:
        """The spans of one region, one a label."""
        value = result.get("value")
        control = word(result.get("from_name"))
        if not isinstance(value, dict):
            return [Region(origin, control, "", aside="no value")]
        names = region_labels(result)
        if names is None or not names:
            return [_unlabelled(origin, control, names, value, article)]
        regions = [Region(origin, control, self.label_map.get(name, name)) for name in names]
        return [self._locate(region, value, article) for region in regions]

    def check(self, region: Region, article: Article) -> Region:
        """The region itself, rejected where the schema does not hold its label."""
        if region.span is not None and region.label not in self.labels:
            reason = (
                f"unknown label {region.label!r} (known: {self.known}); map it with --label-map"
            )
            around = article.around(region.span.start, region.span.end)
            region.span = None
            return _rejected(region, "unknown label", reason, around)
        return region

    def _locate(self, region: Region, value: Mapping[str, Any], article: Article) -> Region:
        if article.rendering is not None:
            place = article.rendering.place(value)
            if isinstance(place, str):
                return _rejected(region, "no exact place", place, _quoted(value))
            return _cut(region, *place, value, article)
        start, end = value.get("start"), value.get("end")
        if start.__class__ is not int or end.__class__ is not int:
            rich = f"; {RENDERED}" if "startOffset" in value else ""
            reason = f"offsets {_short(start)}..{_short(end)} are no whole numbers{rich}"
            return _rejected(region, "bad offsets", reason, _quoted(value))
        return self._audit(region, start, end, value, article)

    def _audit(
        self, region: Region, start: int, end: int, value: Mapping[str, Any], article: Article
    ) -> Region:
        if article.text[start:end] == value.get("text") and not self.utf16 and 0 <= start < end:
            return _cut(region, start, end, value, article)
        if not article.text.isascii():
            wide = self._as_utf16(start, end, value, article)
            if wide != (start, end):
                region.repairs += ("utf-16 offsets",)
                start, end = wide
        if 0 <= start < end <= len(article.text) and differs(article.text, value, start, end):
            return _differing(region, start, end, value, article)
        return _cut(region, start, end, value, article)

    def _as_utf16(
        self, start: int, end: int, value: Mapping[str, Any], article: Article
    ) -> tuple[int, int]:
        """Offsets in characters: a region's own text decides; without one, the whole export."""
        places = article.units.to_characters(start), article.units.to_characters(end)
        first, last = places
        if first is None or last is None or not 0 <= first < last <= len(article.text):
            return start, end
        if not isinstance(value.get("text"), str):
            return (first, last) if self.utf16 else (start, end)
        if differs(article.text, value, first, last):
            return start, end
        as_given = 0 <= start < end <= len(article.text)
        if as_given and not self.utf16 and not differs(article.text, value, start, end):
            return start, end
        return first, last


def differs(text: str, value: Mapping[str, Any], start: int, end: int) -> bool:
    """Whether `value.text` contradicts the characters from start to end, white space aside."""
    said = value.get("text")
    return (
        isinstance(said, str)
        and said != text[start:end]
        and _plain(said) != _plain(text[start:end])
    )


def offset_evidence(value: Mapping[str, Any], article: Article) -> int:
    """1 where only UTF-16 offsets fit the region's text, -1 where only characters do, else 0."""
    start, end = value.get("start"), value.get("end")
    if start.__class__ is not int or end.__class__ is not int or not value.get("text"):
        return 0
    first, last = article.units.to_characters(start), article.units.to_characters(end)
    if (first, last) == (start, end):
        return 0
    as_given = start >= 0 and not differs(article.text, value, start, end)
    if first is None or last is None or first < 0:
        return -1 if as_given else 0
    return (not differs(article.text, value, first, last)) - as_given


def region_labels(result: Mapping[str, Any]) -> list[str] | None:
    """The labels that a region carries, in order; None where they are no list of names."""
    value = result["value"]
    found = value.get(word(result.get("type")))
    if found is None:
        found = next((value[key] for key in REGION_KEYS if value.get(key) is not None), [])
    if not isinstance(found, list):
        return None
    for name in found:
        if not (isinstance(name, str) and name):
            return None
    return found


def _unlabelled(
    origin: Origin,
    control: str,
    names: Sequence[str] | None,
    value: Mapping[str, Any],
    article: Article,
) -> Region:
    region = Region(origin, control, "")
    if names is not None:
        region.aside = "no label"
        return region
    return _rejected(region, "bad label", "its labels are no list of names", _quoted(value))


def _cut(
    region: Region, start: int, end: int, value: Mapping[str, Any], article: Article
) -> Region:
    if not 0 <= start < end <= len(article.text):
        around = _quoted(value) or article.around(*sorted((start, end)))
        return _rejected(region, *_outside(start, end, len(article.text)), around)
    surface = article.text[start:end]
    stripped = surface.strip()
    if not stripped:
        reason = f"{start}..{end} holds only white space"
        return _rejected(region, "white space", reason, article.around(start, end))
    if len(stripped) != len(surface):
        region.repairs += ("trimmed",)
        start += len(surface) - len(surface.lstrip())
        end = start + len(stripped)
    region.span = Span(start, end, region.label)
    return region


def _outside(start: int, end: int, length: int) -> tuple[str, str]:
    """The kind and reason for which offsets hold nothing of a text."""
    place = f"{_short(start)}..{_short(end)}"
    if start == end:
        return "empty", f"{place} is empty (a text of {length} characters)"
    if start > end:
        return "inverted", f"{place} ends before it starts (a text of {length} characters)"
    return "outside", f"{place} lies outside a text of {length} characters"


def _differing(
    region: Region, start: int, end: int, value: Mapping[str, Any], article: Article
) -> Region:
    selected, said = _short(article.text[start:end]), _short(value.get("text"))
    reason = f"{start}..{end} selects {selected}, but the region's text says {said}"
    return _rejected(
        region, "text differs", f"{reason}; was the article edited?", article.around(start, end)
    )


def _rejected(region: Region, kind: str, reason: str, context: str) -> Region:
    origin = region.origin
    region.reject = Reject(kind, origin.task, reason, origin.annotation, origin.region, context)
    return region


def malformed(entry: Any, origin: Origin) -> Region:
    """A result entry that is no object at all, as a rejected region."""
    reason = f"a result entry is a {type(entry).__name__}, not an object"
    return _rejected(Region(origin, "", ""), "malformed", reason, _short(entry))


def _quoted(value: Mapping[str, Any]) -> str:
    said = value.get("text")
    return said[:LONGEST_QUOTE] if isinstance(said, str) else ""


def _short(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"a {type(value).__name__}"
    shown = repr(value)
    return shown if len(shown) <= LONGEST_QUOTE else f"{shown[:LONGEST_QUOTE]}…"


def _plain(text: str) -> str:
    return " ".join(text.replace("\\n", " ").split())
