from pathlib import Path

import pytest

from warwire.corpus.markup import read_marked_up
from warwire.errors import InputError
from warwire.spans import Span

HEAD = "=== a1 | 2024-05-01 | Gazette | report | ukraine | plain\n"


def write(folder: Path, content: str) -> Path:
    file = folder / "articles.txt"
    file.write_text(content, encoding="utf-8")
    return file


def test_marks_become_spans_of_the_text_without_them(tmp_path: Path) -> None:
    body = "<F:ad>Subscribe!</F>\n\nThe <A>army</A> <M>struck</M>; aid of <G>$5m</G>.\n"
    (article,) = read_marked_up(write(tmp_path, HEAD + body))
    assert article.text == "Subscribe!\n\nThe army struck; aid of $5m."
    assert [(article.surface(span), span.label) for span in article.spans] == [
        ("army", "ACTOR"),
        ("struck", "MILITARY_ACTION"),
        ("$5m", "AID_AMOUNT"),
    ]
    assert article.furniture == (Span(0, 10, "ad"),)
    assert (article.id, article.date, article.source) == ("a1", "2024-05-01", "Gazette")
    assert article.meta == {"form": "report", "conflict": "ukraine", "style": "plain"}


def test_a_file_holds_many_articles(tmp_path: Path) -> None:
    found = read_marked_up(write(tmp_path, HEAD + "One.\n" + HEAD.replace("a1", "a2") + "Two.\n"))
    assert [(article.id, article.text) for article in found] == [("a1", "One."), ("a2", "Two.")]


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("The <A>army", "mark-up is not closed after 'The '"),
        ("The <A>army</M>.", "unbalanced mark-up after 'The army'"),
        ("The army</A>.", "unbalanced mark-up after 'The army'"),
        ("<A>The <M>army</M></A>", "unbalanced mark-up after 'The '"),
    ],
)
def test_unbalanced_marks_are_told_with_their_place(tmp_path: Path, body: str, line: str) -> None:
    with pytest.raises(InputError, match="a1") as caught:
        read_marked_up(write(tmp_path, HEAD + body))
    assert line in str(caught.value)


def test_a_short_header_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"header 'a1 \| 2024' needs id \| date \| source"):
        read_marked_up(write(tmp_path, "=== a1 | 2024\nText.\n"))
