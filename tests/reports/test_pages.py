"""Pages of marked-up articles, without a browser: all that an article says is text, not markup."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import flat_spans
from tests.toys import ARTICLES, LABELS
from warwire.documents import Document
from warwire.evaluation.scoring import score
from warwire.reports.marking import marked_errors, marked_up
from warwire.reports.pages import render_marked_up
from warwire.spans import Span

EVIL = "<script>alert('Kyiv')</script> & \"Ukraine\" </style><img src=x onerror=y> struck"
TEXT = st.text(st.sampled_from("ab <>&\"'\n{}%\U0001f4a5"), min_size=30, max_size=30)


class Page(HTMLParser):
    """The elements of a piece of HTML, and what can be read in it and in its marks."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.marks: list[str] = []
        self.inside = 0
        self.feed(str(page))
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "mark":
            self.inside += 1
            self.marks.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.inside:
            self.marks[-1] += data


def test_a_script_in_an_article_is_shown_and_never_run() -> None:
    article = Document(EVIL, EVIL, (Span(0, 14, "ACTOR"),), date=EVIL, source=EVIL)
    page = render_marked_up([article], title=EVIL, labels=["ACTOR", EVIL])
    assert "<script>alert" not in page
    assert "</style><img" not in page
    assert "&lt;script&gt;" in page
    read = Page(page)
    assert "img" not in read.tags
    assert read.text.count(EVIL) >= 4


@given(st.text(st.sampled_from("abДЯüß&<>/\"'\\{}\n\t\x00\x7f; \U0001f4a5"), min_size=1))
def test_a_label_stands_on_its_marks_as_it_is(label: str) -> None:
    """Read as CSS reads a string: a backslash and hex digits up to a space are one character."""
    page = render_marked_up(ARTICLES[:1], title="t", labels=[label, "</style><img src=x>"])
    style = page[page.index("<style>") : page.index("</style>")]
    written = re.search(r'mark\.l0:not\(\.e\)::after { content: "([^"\n<]*)"; }', style)
    assert written
    read = re.sub(r"\\([0-9a-f]+) ", lambda found: chr(int(found[1], 16)), written[1])
    assert read == label
    assert "img" not in Page(page).tags


@pytest.mark.parametrize("label", ["Дроны & ракеты", "Verbände"])
def test_letters_of_a_label_are_written_as_they_are(label: str) -> None:
    page = render_marked_up(ARTICLES[:1], title="t", labels=[label])
    assert f'content: "{label}";' in page


@given(TEXT, flat_spans())
def test_marking_up_keeps_every_character_and_marks_every_span(
    text: str, spans: list[Span]
) -> None:
    article = Document("a", text, tuple(spans))
    read = Page(marked_up(article, LABELS).body)
    assert read.text == text
    assert read.marks == [article.surface(span) for span in spans]


@given(TEXT, flat_spans(), flat_spans())
def test_marking_errors_keeps_every_character(
    text: str, gold: list[Span], found: list[Span]
) -> None:
    marked = marked_errors(Document("a", text, tuple(gold)), found, LABELS)
    assert Page(marked.body).text == text
    assert (marked.errors > 0) == ({span.key for span in gold} != {span.key for span in found})


@pytest.mark.parametrize("labels", [LABELS, tuple("ABCDEFG")])
def test_a_page_stands_alone(labels: tuple[str, ...]) -> None:
    """It takes nothing from elsewhere: it opens from any folder, without a network."""
    page = render_marked_up(ARTICLES, title="t", labels=labels)
    assert not {"link", "img", "iframe", "object"} & set(Page(page).tags)
    assert not any(address in page for address in ("http:", "https:", "url(", "@import"))


def test_marks_of_a_scored_article_say_how_each_span_fared() -> None:
    article = ARTICLES[0]
    found = [article.spans[0], Span(30, 34, "ACTOR")]
    marked = marked_errors(article, found, LABELS)
    counts = score([article], [found]).counts()
    assert marked.correct == counts.correct == 1
    assert marked.errors == (counts.predicted - 1) + (counts.reference - 1)
