"""HyperText and Paragraphs → plain text, and their regions' places in it where these are exact."""

import bisect
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any, Protocol

Place = tuple[int, int] | str
"""Start and end in characters of the plain text, or the reason why there is no exact place."""

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset")
    + ("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header")
    + ("hr", "li", "main", "nav", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul")
)
ENDS_PARAGRAPH = BLOCKS - {"br", "td", "th", "tr"}


class Rendering(Protocol):
    """Plain text made of something richer, which finds a region's place in it."""

    text: str

    def place(self, value: Mapping[str, Any]) -> Place:
        """Where a region lies in `text`."""


class Units:
    """Offsets in UTF-16 units of one text → offsets in characters."""

    __slots__ = ("ends", "length")

    def __init__(self, text: str) -> None:
        self.length = len(text)
        units = 2 * len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass"))
        wide = re.finditer("[\U00010000-\U0010ffff]", text) if units > 2 * len(text) else ()
        self.ends = [match.start() + number + 2 for number, match in enumerate(wide)]

    def to_characters(self, offset: int) -> int | None:
        """The same place in characters; None inside a character. Past the end it stays past."""
        passed = bisect.bisect_right(self.ends, offset)
        inside = passed < len(self.ends) and self.ends[passed] - 1 == offset
        return None if inside else offset - passed


class Paragraphs:
    """A dialogue's turns, one a line; authors are no part of the text."""

    def __init__(self, turns: Sequence[str]) -> None:
        self.turns = list(turns)
        self.text = "\n".join(self.turns)
        self.starts = [0]
        for turn in self.turns:
            self.starts.append(self.starts[-1] + len(turn) + 1)

    def place(self, value: Mapping[str, Any]) -> Place:
        """From paragraph numbers and UTF-16 offsets; `text` must begin and end as they say."""
        start = self._edge(value.get("start"), value.get("startOffset"))
        end = self._edge(value.get("end"), value.get("endOffset"))
        if start is None or end is None:
            return "its paragraph numbers and offsets name no place in the paragraphs"
        return (
            (start, end)
            if self._confirmed(value, start, end)
            else _differs(self, start, end, value)
        )

    def _edge(self, paragraph: Any, offset: Any) -> int | None:
        if not (isinstance(paragraph, str) and re.fullmatch(r"[0-9]{1,9}", paragraph)):
            return None
        number = int(paragraph)
        if type(offset) is not int or offset < 0 or number >= len(self.turns):
            return None
        inside = Units(self.turns[number]).to_characters(offset)
        if inside is None or inside > len(self.turns[number]):
            return None
        return self.starts[number] + inside

    def _confirmed(self, value: Mapping[str, Any], start: int, end: int) -> bool:
        said = value.get("text")
        if not isinstance(said, str) or start >= end:
            return True
        wanted = _squeezed(said)
        pieces = [_squeezed(piece) for piece in self.text[start:end].split("\n")]
        if value.get("start") == value.get("end"):
            return wanted == "".join(pieces)
        first, last = (
            self.text[start:end].split("\n", 1)[0],
            self.text[start:end].rsplit("\n", 1)[-1],
        )
        return wanted.startswith(_squeezed(first)) and wanted.endswith(_squeezed(last))


class HyperText(HTMLParser):
    """A page's text content, with a line break where blocks meet without white space.

    Text nodes are numbered as XPath does: `/div[1]/p[2]/text()[1]`.
    """

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._parts: list[str] = []
        self._flat, self._shown = [0], [0]
        self._flat_length, self._shown_length = 0, 0
        self._nodes: dict[str, tuple[int, str]] = {}
        self._path: list[tuple[str, Counter[str]]] = [("", Counter())]
        self._open_text, self._break_due = False, False
        self.feed(page.replace("\r\n", "\n").replace("\r", "\n"))
        self.close()
        self.text = "".join(self._parts)
        self.flat = "".join(node for _, node in self._nodes.values())

    def place(self, value: Mapping[str, Any]) -> Place:
        """From XPath and from globalOffsets, which must agree with each other or with `text`."""
        by_path, by_count = self._by_path(value), self._by_count(value)
        found = {place for place in (by_path, by_count) if place is not None}
        if not found:
            return "its XPath and offsets name no place in the page"
        shown = sorted(self._to_shown(*place) for place in found)
        fitting = [place for place in shown if self._confirmed(value, *place)]
        sure = isinstance(value.get("text"), str) or by_path == by_count or by_count is None
        if len(fitting) == 1 and sure:
            return fitting[0]
        return _differs(self, *shown[0], value) if not fitting else "its XPath and offsets disagree"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Step into an element."""
        self._open_text = False
        if tag in ENDS_PARAGRAPH and self._path[-1][0].startswith("p["):
            self._path.pop()
        if tag == "li" and self._path[-1][0].startswith("li["):
            self._path.pop()
        self._break_due = self._break_due or tag in BLOCKS
        siblings = self._path[-1][1]
        siblings[tag] += 1
        if tag not in VOID:
            self._path.append((f"{tag}[{siblings[tag]}]", Counter()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Step into an element; a slash closes only void ones, as in browsers."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Step out of an element, and out of those left open inside it."""
        self._open_text = False
        self._break_due = self._break_due or tag in BLOCKS
        depths = [depth for depth, step in enumerate(self._path) if step[0].startswith(f"{tag}[")]
        if depths:
            del self._path[depths[-1] :]

    def handle_comment(self, data: str) -> None:
        """A comment ends a text node."""
        self._open_text = False

    def handle_data(self, data: str) -> None:
        """Text joins the text node that is open here."""
        siblings = self._path[-1][1]
        siblings["text()"] += not self._open_text
        path = "".join(f"/{name}" for name, _ in self._path[1:]) + f"/text()[{siblings['text()']}]"
        start, before = self._nodes.get(path, (self._flat_length, ""))
        self._nodes[path] = (start, before + data)
        self._open_text = True
        self._show(data)

    def _show(self, data: str) -> None:
        last = self._parts[-1][-1:] if self._parts else ""
        if self._break_due and last and not last.isspace() and not data[:1].isspace():
            self._parts.append("\n")
            self._shown_length += 1
            self._flat.append(self._flat_length)
            self._shown.append(self._shown_length)
        self._break_due = False
        self._parts.append(data)
        self._flat_length += len(data)
        self._shown_length += len(data)

    def _to_shown(self, start: int, end: int) -> tuple[int, int]:
        first = bisect.bisect_right(self._flat, start) - 1
        last = bisect.bisect_right(self._flat, max(start, end - 1)) - 1
        return (
            self._shown[first] + start - self._flat[first],
            self._shown[last] + end - self._flat[last],
        )

    def _by_path(self, value: Mapping[str, Any]) -> tuple[int, int] | None:
        start = self._in_node(value.get("start"), value.get("startOffset"))
        end = self._in_node(value.get("end"), value.get("endOffset"))
        return None if start is None or end is None else (start, end)

    def _in_node(self, path: Any, offset: Any) -> int | None:
        if not isinstance(path, str) or type(offset) is not int or path not in self._nodes:
            return None
        start, node = self._nodes[path]
        inside = Units(node).to_characters(offset)
        return None if inside is None or not 0 <= inside <= len(node) else start + inside

    def _by_count(self, value: Mapping[str, Any]) -> tuple[int, int] | None:
        counts = value.get("globalOffsets")
        if not isinstance(counts, Mapping):
            return None
        start, end = counts.get("start"), counts.get("end")
        if not (type(start) is int and type(end) is int):
            return None
        return (start, end) if 0 <= start <= len(self.flat) and 0 <= end <= len(self.flat) else None

    def _confirmed(self, value: Mapping[str, Any], start: int, end: int) -> bool:
        said = value.get("text")
        return not isinstance(said, str) or _squeezed(said) == _squeezed(self.text[start:end])


def _squeezed(text: str) -> str:
    return "".join(text.replace("\\n", " ").split())


def _differs(rendering: Rendering, start: int, end: int, value: Mapping[str, Any]) -> str:
    selected, said = rendering.text[start:end], value.get("text")
    return f"{start}..{end} selects {selected!r}, but the region's text says {said!r}"
