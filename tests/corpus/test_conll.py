"""CoNLL files: every scheme is read, round trips hold, Label Studio's own is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import flat_spans, labels
from tests.toys import ARTICLES
from warwire.corpus.conll import TOKEN, conll_lines, open_conll, word_lines
from warwire.documents import Document
from warwire.errors import InputError
from warwire.spans import Span

BIO = "Russian\tB-ACTOR\nforces\tI-ACTOR\nshelled\tB-MILITARY_ACTION\nKyiv\tO\n"
IOB1 = "Russian NN I-ACTOR\nforces NN I-ACTOR\nshelled VB I-MILITARY_ACTION\nKyiv NP O\n"
BIOES = "Russian B-ACTOR\nforces E-ACTOR\nshelled S-MILITARY_ACTION\nKyiv O\n"


def read(folder: Path, content: str) -> list[Document]:
    (folder / "x.conll").write_text(content, encoding="utf-8")
    return list(open_conll(folder / "x.conll"))


@pytest.mark.parametrize("content", [BIO, IOB1, BIOES])
def test_every_scheme_gives_the_same_article(tmp_path: Path, content: str) -> None:
    (document,) = read(tmp_path, content)
    assert document.text == "Russian forces shelled Kyiv"
    assert document.spans == (Span(0, 14, "ACTOR"), Span(15, 22, "MILITARY_ACTION"))


def test_document_starts_part_articles_and_blank_lines_sentences(tmp_path: Path) -> None:
    content = f"-DOCSTART- O\n\n{BIO}\n{BIO}\n-DOCSTART- O\n# id = second\n{BIO}"
    first, second = read(tmp_path, content)
    assert (first.id, second.id) == ("x-1", "second")
    assert first.text == "Russian forces shelled Kyiv\nRussian forces shelled Kyiv"
    assert len(first.spans) == 4


def test_without_document_starts_each_block_is_an_article(tmp_path: Path) -> None:
    assert len(read(tmp_path, f"{BIO}\n{BIO}")) == 2


def test_neighbouring_spans_of_one_type_stay_apart(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "Russia B-ACTOR\nUkraine B-ACTOR\n")
    assert [document.surface(span) for span in document.spans] == ["Russia", "Ukraine"]


def test_the_ledger_adds_up(tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text(BIO)
    source = open_conll(tmp_path / "x.conll", labels=["ACTOR"])
    (document,) = source
    assert [span.label for span in document.spans] == ["ACTOR"]
    assert source.ledger.balanced
    assert source.ledger.set_aside == {"label outside the schema": 1}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Kyiv\n", "line 1"),
        ("Kyiv O\nsaid NOUN\n", "line 2"),
        ("Kyiv O\n", "no token has a tag"),
        ("-DOCSTART- -X- O\nKyiv -X- _ B-ACTOR\n", "export the project again as JSON"),
    ],
)
def test_what_is_no_corpus_is_refused(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


@pytest.mark.parametrize("between", [" ", "\t", "\tSYM\t"])
def test_a_token_that_is_a_hash_is_no_comment(tmp_path: Path, between: str) -> None:
    rows = [("Unit", "B-ACTOR"), ("#", "I-ACTOR"), ("3", "I-ACTOR"), ("#", "O")]
    lines = [f"{word}{between}{tag}\n" for word, tag in rows]
    (document,) = read(tmp_path, "# a corpus of ours\n#\n# id = mine\n" + "".join(lines))
    assert (document.id, document.text) == ("mine", "Unit # 3 #")
    assert [document.surface(span) for span in document.spans] == ["Unit # 3"]


@st.composite
def marked_words(draw: st.DrawFn) -> Document:
    """Any text with spans on the edges of its words, none of which reaches across lines."""
    text = "Kyiv " + draw(st.text(st.sampled_from("ab1#O-B$'_é\u200b \t\n"), max_size=40))
    spans = [Span(0, 4, "ACTOR")]
    start = len("Kyiv ")
    for line in text[start:].split("\n"):
        words = list(TOKEN.finditer(text, start, start + len(line)))
        edges = sorted(draw(st.sets(st.integers(0, len(words)), max_size=6)))
        for first, last in zip(edges, edges[1:], strict=False):
            if draw(st.booleans()):
                spans.append(Span(words[first].start(), words[last - 1].end(), draw(labels)))
        start += len(line) + 1
    return Document("a", text, tuple(spans))


@given(st.lists(marked_words(), min_size=1, max_size=3))
def test_what_is_written_comes_back_word_for_word(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Document]
) -> None:
    content = "".join(line for document in documents for line in conll_lines(document))
    back = read(tmp_path_factory.mktemp("conll"), content)
    assert [list(word_lines(each)) for each in back] == [list(word_lines(d)) for d in documents]
    assert [[span.label for span in each.spans] for each in back] == [
        [span.label for span in document.spans] for document in documents
    ]


def test_surfaces_survive_writing_and_reading(tmp_path: Path) -> None:
    text = "".join(line for article in ARTICLES for line in conll_lines(article))
    for before, after in zip(ARTICLES, read(tmp_path, text), strict=True):
        assert after.id == before.id
        squeezed = [(after.surface(span).replace(" ", ""), span.label) for span in after.spans]
        assert squeezed == [
            (before.surface(span).replace(" ", ""), span.label) for span in before.spans
        ]


@given(flat_spans())
def test_every_word_has_one_tag_that_opens_before_it_goes_on(spans: list[Span]) -> None:
    document = Document("a", "ab cd, ef gh\nij kl mn 12 op qr.", tuple(spans))
    rows = [line.split("\t") for line in "".join(conll_lines(document)).split("\n") if "\t" in line]
    before = "O"
    for _, tag in rows:
        assert not tag.startswith("I-") or before[2:] == tag[2:]
        before = tag
