"""Sentences of CoNLL files: read, turned into articles and back, scored as seqeval scores."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from warwire.counts import Counts
from warwire.documents import Document
from warwire.errors import InputError
from warwire.evaluation.tags import chunks
from warwire.spans import Span


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens with one BIO tag each, and the document that it comes from where that is known."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    document: str = ""


def read_conll(file: Path) -> list[Sentence]:
    """The sentences of a file: token first and tag last in a line, blank lines between sentences.

    `-DOCSTART-` lines begin a document. Raises InputError that names the line.
    """
    if not file.is_file():
        raise InputError(f"{file}: no such file; a benchmark's folder holds train.txt and test.txt")
    sentences: list[Sentence] = []
    rows: list[tuple[str, str]] = []
    document = ""
    for number, line in enumerate(_lines(file), start=1):
        parts = line.split()
        if parts and parts[0] == "-DOCSTART-":
            document = f"{file.stem} {number}"
        elif parts:
            rows.append(_row(parts, f"{file}, line {number}"))
        if (not parts or parts[0] == "-DOCSTART-") and rows:
            sentences.append(_sentence(rows, document))
            rows = []
    if not sentences:
        raise InputError(f"{file}: holds no sentences")
    return sentences


def chunk_counts(
    gold: Iterable[Sequence[str]], guess: Iterable[Sequence[str]], *, strict: bool
) -> dict[str, Counts]:
    """Counts by label, and under `all` together, over sentences of tags."""
    counts = {"all": Counts()}
    for one, two in zip(gold, guess, strict=True):
        wanted, found = set(chunks(one, strict=strict)), set(chunks(two, strict=strict))
        for label in sorted({chunk[2] for chunk in wanted | found}):
            mine = {chunk for chunk in wanted if chunk[2] == label}
            other = {chunk for chunk in found if chunk[2] == label}
            part = Counts(len(mine & other), len(other), len(mine))
            counts[label] = counts.get(label, Counts()) + part
            counts["all"] += part
    return counts


def macro_f1(counts: dict[str, Counts]) -> float:
    """Mean F1 of the labels that gold or predictions hold."""
    values = [each.f1 for label, each in counts.items() if label != "all"]
    return sum(values) / len(values) if values else 0.0


def to_article(sentence: Sentence, identity: str) -> Document:
    """The tokens joined by spaces, with the lenient chunks as spans."""
    edges = list(_edges(sentence.tokens))
    spans = tuple(
        Span(edges[first][0], edges[after - 1][1], label)
        for first, after, label in chunks(sentence.tags, strict=False)
    )
    return Document(identity, " ".join(sentence.tokens), spans, source=sentence.document or None)


def to_tags(tokens: Sequence[str], spans: Iterable[Span]) -> list[str]:
    """One BIO tag a token: the earliest span that touches it."""
    edges, tags = list(_edges(tokens)), ["O"] * len(tokens)
    for span in sorted(spans):
        touched = [
            place
            for place, (start, end) in enumerate(edges)
            if start < span.end and span.start < end and tags[place] == "O"
        ]
        for place in touched:
            tags[place] = f"{'B' if place == touched[0] else 'I'}-{span.label}"
    return tags


def _lines(file: Path) -> Iterator[str]:
    try:
        yield from [*file.read_text(encoding="utf-8-sig").split("\n"), ""]
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text (byte {error.start})") from error


def _row(parts: Sequence[str], where: str) -> tuple[str, str]:
    tag = parts[-1]
    if len(parts) < 2 or (tag != "O" and tag[:2] not in ("B-", "I-")):
        raise InputError(f"{where}: expected a token and a BIO tag, found {' '.join(parts)!r}")
    return parts[0], tag


def _sentence(rows: Sequence[tuple[str, str]], document: str) -> Sentence:
    tokens, tags = zip(*rows, strict=True)
    return Sentence(tuple(tokens), tuple(tags), document)


def _edges(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for token in tokens:
        yield start, start + len(token)
        start += len(token) + 1
