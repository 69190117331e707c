"""A task's data → the article's text, plain or rendered, and what else is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from warwire.corpus.label_studio.regions import Article
from warwire.corpus.label_studio.rendered import HyperText, Paragraphs

OWN_KEYS = ("id", "date", "source")
Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Articles:
    """Where the text stands in a task's data, and whether it is plain, a page or a dialogue."""

    text_key: str
    kind: str = "text"
    turn_key: str = "text"

    def read(self, data: Mapping[str, Any]) -> Article | Problem:
        """The article, or the kind and reason for which there is none."""
        found = data.get(self.text_key)
        if isinstance(found, str) and self.kind != "paragraphs":
            return _page(found) if self.kind == "hypertext" else Article(found)
        if isinstance(found, list):
            return self._dialogue(found)
        if found is not None:
            what = f"what stands under {self.text_key!r} is a {type(found).__name__}, not a text"
            return "no text", what
        keys = ", ".join(sorted(map(str, data))) or "none"
        reason = f"no text under {self.text_key!r} (keys found: {keys}); name it with --text-key"
        return "no text", reason

    def meta(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What a task's data holds besides text, id, date and source."""
        left = {key: value for key, value in data.items() if key not in (self.text_key, *OWN_KEYS)}
        turns = data.get(self.text_key)
        if isinstance(turns, list):
            left["turns"] = [
                {key: value for key, value in turn.items() if key != self.turn_key}
                for turn in turns
            ]
        return left

    def _dialogue(self, turns: list[Any]) -> Article | Problem:
        for number, turn in enumerate(turns, start=1):
            if not isinstance(turn, dict) or not isinstance(turn.get(self.turn_key), str):
                where = f"paragraph {number} under {self.text_key!r}"
                return "no text", f"{where} has no text under {self.turn_key!r}"
        paragraphs = Paragraphs([turn[self.turn_key] for turn in turns])
        return Article(paragraphs.text, paragraphs)


def _page(found: str) -> Article | Problem:
    try:
        page = HyperText(found)
    except AssertionError as error:
        return "no text", f"its HTML is not readable ({error})"
    return Article(page.text, page)
