"""BIO tags of words ↔ labelled stretches, read as seqeval reads them; for tools that know tags."""

import re
from collections.abc import Sequence

from warwire.documents import Document

Chunk = tuple[int, int, str]
"""First token, token after the last, and label."""

_WORD = re.compile(r"\w+|[^\w\s]")


def chunks(tags: Sequence[str], *, strict: bool) -> list[Chunk]:
    """The labelled stretches of a tag sequence.

    Lenient, seqeval's default: an I- that goes on from no chunk of its label begins one. Strict
    (mode strict, scheme IOB2): it belongs to none.
    """
    found: list[Chunk] = []
    for place, tag in enumerate(tags):
        mark, _, label = tag.partition("-")
        goes_on = bool(found) and found[-1][1:] == (place, label)
        if mark == "I" and goes_on:
            found[-1] = (found[-1][0], place + 1, label)
        elif mark == "B" or (mark == "I" and not strict):
            found.append((place, place + 1, label))
    return found


def words_and_tags(document: Document) -> tuple[list[str], list[str]]:
    """The article's words and signs with one BIO tag each: of the first span that touches it."""
    words = list(_WORD.finditer(document.text))
    tags = ["O"] * len(words)
    for span in sorted(document.spans):
        mark = "B"
        for place, word in enumerate(words):
            if word.start() < span.end and span.start < word.end() and tags[place] == "O":
                tags[place], mark = f"{mark}-{span.label}", "I"
    return [word[0] for word in words], tags
