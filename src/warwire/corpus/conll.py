"""CoNLL files (a token and its tag a line) ↔ Documents."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warwire.corpus.ledger import Ledger
from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

DOCUMENT_START = "-DOCSTART-"
TOKEN = re.compile(r"\w+|[^\w\s]")
_TAG = re.compile(r"(?:([BIESLUM])-(.+)|O)")
_IDENTITY = re.compile(r"#\s*(?:id|newdoc id)\s*=\s*(.+)")
Row = tuple[int, str, str]
"""Line number, token and tag."""


@dataclass(slots=True)
class ConllFiles:
    """A corpus of CoNLL files; iterating reads it, and then the ledger is complete."""

    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    progress: Callable[[Iterable[Document]], Iterable[Document]] = iter
    ledger: Ledger = field(default_factory=Ledger)

    def __iter__(self) -> Iterator[Document]:
        """The articles in order, tokens joined by spaces and sentences by line ends."""
        for document in self.progress(_documents(self.paths)):
            self.ledger.tasks["labelled" if document.spans else "true_negative"] += 1
            self.ledger.spans_read += len(document.spans)
            kept = tuple(span for span in document.spans if span.label in self.labels)
            self.ledger.kept += len(kept)
            if len(kept) < len(document.spans):
                self.ledger.set_aside["label outside the schema"] += len(document.spans) - len(kept)
            yield document.with_spans(kept)


def open_conll(
    *paths: Path | str,
    labels: Sequence[str] | None = None,
    progress: Callable[[Iterable[Document]], Iterable[Document]] = iter,
) -> ConllFiles:
    """Survey CoNLL files for reading: the first column is the token, the last the tag.

    Tags are BIO, IOB1 or BIOES; `-DOCSTART-` begins an article, and where a file has none each
    block between empty lines is one. `# id = …` names an article. `labels` is the schema, by
    default the labels in use. Raises InputError that names file and line.
    """
    files = tuple(Path(path) for path in paths)
    in_use = sorted({span.label for each in _documents(files) for span in each.spans})
    if not in_use:
        raise InputError(f"{', '.join(map(str, files))}: no token has a tag other than O")
    wanted = None if labels is None or tuple(labels) == ("in-use",) else tuple(labels)
    if wanted and not set(wanted) & set(in_use):
        raise InputError(f"none of the labels in use ({', '.join(in_use)}) is in the schema")
    return ConllFiles(files, wanted or tuple(in_use), progress)


def conll_lines(document: Document) -> Iterator[str]:
    """An article as CoNLL lines: a document start, its id, a token and BIO tag a line.

    A sentence is a line of the text; a token that spans share goes to the first of them.
    """
    yield f"{DOCUMENT_START} O\n"
    yield f"# id = {document.id}\n\n"
    for words in word_lines(document):
        yield "".join(f"{word}\t{tag}\n" for word, tag in words) + "\n"


def word_lines(document: Document) -> Iterator[list[tuple[str, str]]]:
    """The words of each line of an article with their BIO tags."""
    spans = iter(sorted(document.spans))
    span = next(spans, None)
    begun = False
    for line in re.finditer(r"[^\n\r]+", document.text):
        words: list[tuple[str, str]] = []
        for token in TOKEN.finditer(document.text, line.start(), line.end()):
            while span is not None and span.end <= token.start():
                span, begun = next(spans, None), False
            if span is None or span.start >= token.end():
                words.append((token[0], "O"))
            else:
                words.append((token[0], f"{'I' if begun else 'B'}-{span.label}"))
                begun = True
        if words:
            yield words


def _documents(paths: Sequence[Path]) -> Iterator[Document]:
    taken: set[str] = set()
    for path in paths:
        for number, (identity, sentences) in enumerate(_articles(path), start=1):
            name = identity or f"{path.stem}-{number}"
            while name in taken:
                name += "+"
            taken.add(name)
            yield _document(name, sentences, path)


def _articles(path: Path) -> Iterator[tuple[str, list[list[Row]]]]:
    """Each article's name, if it has one, and its sentences."""
    text = _read(path)
    marked = any(line.startswith(DOCUMENT_START) for line in text.split("\n"))
    identity, sentences, sentence = "", [], []  # type: tuple[str, list[list[Row]], list[Row]]
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        if row := _row(line, number, path):
            sentence.append(row)
            continue
        if sentence:
            sentences.append(sentence)
            sentence = []
        named = _IDENTITY.match(line)
        ends = line.startswith(DOCUMENT_START) or (bool(named) and bool(sentences))
        if sentences and (ends or not marked):
            yield identity, sentences
            identity, sentences = "", []
        identity = named[1].strip() if named else identity
    if sentences:
        yield identity, sentences


def _read(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: no such CoNLL file")
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start})") from error
    if re.search(r"^\S+ -X- _ \S", text, re.MULTILINE):
        raise InputError(
            f"{path}: Label Studio wrote this CONLL2003 file, in which overlaps are cut and every"
            " annotator is a duplicate; export the project again as JSON (Export > JSON)"
        )
    return text


def _row(line: str, number: int, path: Path) -> Row | None:
    stripped = line.strip()
    columns = line.rstrip().split("\t") if "\t" in line else stripped.split()
    if not stripped or stripped.startswith(DOCUMENT_START) or _is_comment(stripped, columns):
        return None
    if len(columns) < 2 or not columns[0] or not _TAG.fullmatch(columns[-1]):
        raise InputError(
            f"{path}: line {number} is no token with a tag such as O or B-ACTOR: {stripped[:40]!r}"
        )
    return number, columns[0], columns[-1]


def _is_comment(line: str, columns: Sequence[str]) -> bool:
    """Whether a line is a remark, and not the token `#` with its tag."""
    if not re.match(r"#\s|#$", line):
        return False
    parted = len(columns) == 2 or "\t" in line
    return not (parted and columns[0] == "#" and _TAG.fullmatch(columns[-1]))


def _document(name: str, sentences: Sequence[Sequence[Row]], path: Path) -> Document:
    text = ""
    spans: list[Span] = []
    for sentence in sentences:
        text += "\n" if text else ""
        opened: tuple[int, int, str] | None = None
        for place, (_, token, tag) in enumerate(sentence):
            start = len(text) + (1 if place else 0)
            text += f" {token}" if place else token
            mark, _, label = tag.partition("-")
            goes_on = opened is not None and mark in "IEML" and opened[2] == label and tag != "O"
            if opened is not None and not goes_on:
                spans.append(Span(*opened))
                opened = None
            if tag != "O":
                opened = (opened[0] if opened else start, len(text), label)
            if opened is not None and mark in "ESLU":
                spans.append(Span(*opened))
                opened = None
        if opened is not None:
            spans.append(Span(*opened))
    return Document(name, text, tuple(spans), meta={"file": path.name})
