"""Articles whose text is awkward, with the spans that annotators will mark."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.toys import ARTICLES, marked
from tests.worlds import HELD_OUT
from warwire.documents import Document
from warwire.spans import Span

ODD = (
    "\U0001f600 <b>Kherson</b> &amp;\u00a0cafe\u0301\r\n[A:Russian forces] [M:shelled] <i>it</i>\n"
)
"""An emoji, what looks like HTML, a no-break space, a combining mark and CRLF, before the spans."""


def studio_articles() -> dict[str, tuple[str, Document]]:
    """The toy world's articles by id, each with its split; two of them begin with `ODD`."""
    found = {each.id: ("train", each) for each in ARTICLES}
    for split, bodies in HELD_OUT.items():
        for place, body in enumerate(bodies):
            start = ODD if place == 0 else ""
            article = marked(f"{split}-{place}", start + body)
            found[article.id] = (split, article)
    return found


def write_articles(folder: Path) -> Path:
    """The articles as a text file, a CSV file and a JSONL file in a folder."""
    import csv

    folder.mkdir()
    first, second, *rest = studio_articles().items()
    (folder / f"{first[0]}.txt").write_bytes(first[1][1].text.encode())
    with (folder / "more.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerows([("id", "text", "split"), (second[0], second[1][1].text, "train")])
    lines = [
        json.dumps({"id": identity, "text": article.text, "split": split})
        for identity, (split, article) in rest
    ]
    (folder / "rest.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def result_of(article: Document, *, without: int = 0) -> list[Mapping[str, Any]]:
    """What an annotator submits who marks the article's spans, all but the first `without`."""
    return [_region(article, span) for span in article.spans[without:]]


def _region(article: Document, span: Span) -> Mapping[str, Any]:
    value = {"start": span.start, "end": span.end, "text": article.surface(span)}
    return {
        "id": f"r{span.start}",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "value": value | {"labels": [span.label]},
    }
