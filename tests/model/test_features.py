from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import ARTICLES, LABELS, WORDS, build_base
from warwire.config import WindowsSection
from warwire.documents import Document
from warwire.model.features import (
    IGNORED,
    Frame,
    tokenize,
    training_features,
    unreachable_spans,
    windows_of,
)
from warwire.spans import Span
from warwire.tagging.encoding import TagSet, encode_spans, read_spans

TAGS = TagSet(LABELS)
KINDS = ["bert", "roberta", "modernbert", "deberta-v3"]
ODD = [
    "\U0001f4a5",
    "\u201cport\u201d",
    "na\u00efve",
    "  ",
    "\n\n",
    "\u200b",
    "\u4e2d\u6587",
    "\u2026",
]


@pytest.fixture(scope="module", params=KINDS)
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    from transformers import AutoTokenizer

    folder = build_base(request.param, tmp_path_factory.mktemp("tokenizers") / request.param)
    return AutoTokenizer.from_pretrained(str(folder))


@pytest.fixture(scope="module")
def bert(toy_base: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(toy_base))


def test_the_frame_is_one_token_before_and_one_after(tokenizer) -> None:
    frame = Frame.of(tokenizer)
    ids = tokenizer("port")["input_ids"]
    assert frame.wrap(ids[1:-1]) == ids
    assert len(frame) == 2


@given(st.lists(st.sampled_from(WORDS + ODD), max_size=12).map(" ".join))
def test_tokens_refer_to_the_text_itself(tokenizer, text: str) -> None:
    """In order, inside the text, without white space, and no letter is left out."""
    (tokens,) = tokenize(tokenizer, [text])
    held = np.zeros(len(text), dtype=bool)
    for start, end in zip(tokens.starts, tokens.ends, strict=True):
        assert text[start:end] == text[start:end].strip()
        held[start:end] = True
    assert all(held[at] for at, character in enumerate(text) if character.isalnum())
    assert sorted(tokens.ends.tolist()) == tokens.ends.tolist()


def test_a_long_text_is_not_cut(tokenizer) -> None:
    text = " ".join(WORDS * 60)
    (tokens,) = tokenize(tokenizer, [text])
    assert tokens.ends[-1] == len(text)


def test_features_give_the_articles_spans_back(tokenizer) -> None:
    """Stitching the owned labels of all windows gives the tags of the whole article."""
    section = WindowsSection(size=10, overlap=3)
    features = training_features(ARTICLES, tokenizer, TAGS, section)
    owned = [label for each in features for label in each["labels"] if label != IGNORED]
    for article, tokens in zip(
        ARTICLES, tokenize(tokenizer, [each.text for each in ARTICLES]), strict=True
    ):
        mine, owned = owned[: len(tokens)], owned[len(tokens) :]
        assert mine == encode_spans(tokens, article.spans, TAGS).tolist()
        assert tuple(read_spans(tokens, mine, TAGS)) == article.spans
    assert owned == []


def test_special_tokens_have_no_labels(bert) -> None:
    for each in training_features(ARTICLES, bert, TAGS, WindowsSection(size=10, overlap=3)):
        assert each["labels"][0] == each["labels"][-1] == IGNORED
        assert len(each["input_ids"]) == len(each["labels"]) == sum(each["attention_mask"]) <= 10


def test_the_size_of_a_window_counts_special_tokens(bert) -> None:
    (tokens,) = tokenize(bert, [" ".join(WORDS)])
    windows = windows_of(tokens, WindowsSection(size=12, overlap=4), Frame.of(bert))
    assert {window.end - window.start for window in windows} == {10}


@pytest.mark.parametrize(
    ("text", "span", "reached"),
    [
        ("The army struck.", (4, 8), True),
        ("The army struck.", (4, 7), False),
        ("The army struck.", (5, 8), False),
        ("US-led forces", (0, 2), True),
        ("On Friday \U0001f4a5", (10, 11), True),
        ("On  Friday", (3, 10), False),
    ],
)
def test_which_spans_can_be_reached(tokenizer, text: str, span: tuple[int, int], reached) -> None:
    """With pieces of one letter every token edge exists; what counts are the words' edges."""
    article = Document("a", text, (Span(*span, "ACTOR"),))
    (tokens,) = tokenize(tokenizer, [text])
    assert unreachable_spans(article, tokens) == ([] if reached else list(article.spans))


def test_a_word_grown_onto_another_is_reached_where_a_token_begins(tokenizer) -> None:
    article = Document("a", "iamRussian", (Span(3, 10, "ACTOR"),))
    (tokens,) = tokenize(tokenizer, [article.text])
    begins = 3 in tokens.starts
    assert unreachable_spans(article, tokens) == ([] if begins else list(article.spans))


def test_no_texts_have_no_tokens(bert) -> None:
    assert tokenize(bert, []) == []
    (empty,) = tokenize(bert, [""])
    assert len(empty) == 0
