"""Marked-up article files, in which the starter corpus is written, → Documents.

An article begins with `=== id | date | outlet | form | conflict | style`; spans stand in the text
as `<A>`, `<M>` and `<G>` (ACTOR, MILITARY_ACTION, AID_AMOUNT), furniture as `<F:kind>`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

TAGS = {"A": "ACTOR", "M": "MILITARY_ACTION", "G": "AID_AMOUNT"}
HEADER = re.compile(r"^=== (.*)$", re.MULTILINE)
TAG = re.compile(r"<(/?)([AMGF])(?::([a-z_]+))?>")
FIELDS = ("id", "date", "source", "form", "conflict", "style")


def read_marked_up(path: Path) -> list[Document]:
    """The articles of one file; raises InputError that names file, article and place."""
    pieces = HEADER.split(path.read_text(encoding="utf-8"))
    return [
        _parse_article(header, body.strip("\n"), path)
        for header, body in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def _parse_article(header: str, body: str, path: Path) -> Document:
    values = [value.strip() for value in header.split("|")]
    if len(values) != len(FIELDS):
        raise InputError(f"{path}: header {header!r} needs {' | '.join(FIELDS)}")
    head = dict(zip(FIELDS, values, strict=True))
    text, marks = _parse_body(body, f"{path}: {head['id']}")
    return Document(
        id=head["id"],
        text=text,
        spans=tuple(sorted(span for kind, span in marks if kind != "F")),
        date=head["date"],
        source=head["source"],
        meta={name: head[name] for name in ("form", "conflict", "style")},
        furniture=tuple(sorted(span for kind, span in marks if kind == "F")),
    )


def _parse_body(body: str, where: str) -> tuple[str, list[tuple[str, Span]]]:
    text, position = "", 0
    opened: tuple[str, str, int] | None = None
    marks: list[tuple[str, Span]] = []
    for closing, kind, detail, start, end in _tags(body):
        text += body[position:start]
        position = end
        if not closing and opened is None:
            opened = (kind, detail, len(text))
        elif closing and opened is not None and opened[0] == kind:
            marks.append((kind, Span(opened[2], len(text), TAGS.get(kind, opened[1]))))
            opened = None
        else:
            raise InputError(f"{where}: unbalanced mark-up after {text[-30:]!r}")
    if opened is not None:
        raise InputError(f"{where}: mark-up is not closed after {text[-30:]!r}")
    return text + body[position:], marks


def _tags(body: str) -> Iterator[tuple[str, str, str, int, int]]:
    for tag in TAG.finditer(body):
        yield tag[1], tag[2], tag[3] or "", tag.start(), tag.end()
