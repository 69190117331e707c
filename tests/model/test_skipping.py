"""A model that is told to skip furniture never sees it, and marks the rest where it stands."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import ARTICLES, LABELS
from warwire.config import WindowsSection
from warwire.corpus.furniture import find_furniture
from warwire.documents import Document
from warwire.experiments.measuring import unreachable_by_article
from warwire.model.checkpoints import save_run
from warwire.model.features import skipped_spans, training_features
from warwire.model.prediction import Predictor
from warwire.model.training import Trained
from warwire.spans import Span
from warwire.tagging.encoding import TagSet

SKIPPING = WindowsSection(size=24, overlap=8, skip_furniture=True)
READING = WindowsSection(size=24, overlap=8)
ABOVE, BELOW = "Share | Print\n", "\nAlso read: Russian forces shelled the port"
LINES = [
    "Advertisement",
    "{{share|facebook}}",
    "Also read: Ukraine struck back",
    "Kyiv. \U0001f4a5",
]
TAG = "{{share|Ukraine}}"


@pytest.fixture(scope="module")
def predictor(learned: Trained, tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """The model of four articles, saved and loaded with the order to skip furniture."""
    folder = tmp_path_factory.mktemp("skipping")
    config = learned.checkpoint.config.model_copy(update={"windows": SKIPPING})
    save_run(replace(learned.checkpoint, config=config), folder)
    return Predictor.from_pretrained(folder, dtype="fp32", device="cpu", engine="torch")


def moved(span: Span, by: int) -> Span:
    return replace(span, start=span.start + by, end=span.end + by)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_spans_and_scores_are_those_of_the_bare_article(
    predictor: Predictor, article: Document
) -> None:
    bare = predictor(article.text)
    assert [span.key for span in bare] == [span.key for span in article.spans]
    assert predictor(ABOVE + article.text + BELOW) == [moved(span, len(ABOVE)) for span in bare]


def test_by_default_furniture_is_read(learned: Trained) -> None:
    text = ABOVE + ARTICLES[0].text + BELOW
    last = Predictor(learned.checkpoint, dtype="fp32", device="cpu")(text)[-1]
    assert last.start > len(text) - len(BELOW)


def test_an_article_of_furniture_alone_has_no_spans(predictor: Predictor) -> None:
    assert predictor.predict(["Advertisement", ABOVE + BELOW.strip()]) == [[], []]


@given(
    st.lists(
        st.sampled_from([*LINES, *(article.text for article in ARTICLES)]), min_size=1, max_size=6
    ).map("\n".join),
    st.floats(0, 1),
)
def test_no_span_touches_furniture(predictor: Predictor, text: str, where: float) -> None:
    """Nor does one reach across a template tag that stands in the middle of a name."""
    at = round(where * len(text))
    text = text[:at] + TAG + text[at:]
    furniture = find_furniture(text)
    assert furniture
    for span in predictor(text):
        assert not any(span.overlaps(each) for each in furniture)


def test_training_sees_the_article_without_its_furniture(predictor: Predictor) -> None:
    article = ARTICLES[0]
    spans = tuple(moved(span, len(ABOVE)) for span in article.spans)
    framed = Document("framed", ABOVE + article.text + BELOW, spans)
    tokenizer, tags = predictor.checkpoint.tokenizer, TagSet(LABELS)
    bare = list(training_features([article], tokenizer, tags, READING))
    assert list(training_features([framed], tokenizer, tags, SKIPPING)) == bare
    assert list(training_features([framed], tokenizer, tags, READING)) != bare


OWN = "- {kind: sponsor, line: 'this page was paid for by .*'}\n"
PAID = "This page was paid for by Ukraine\n"


def test_a_users_own_rules_hold_in_training_and_after_loading(
    learned: Trained, tmp_path: Path
) -> None:
    article = ARTICLES[0]
    spans = tuple(moved(span, len(PAID)) for span in article.spans)
    tokenizer, tags = learned.checkpoint.tokenizer, TagSet(LABELS)
    paid = [Document("paid", PAID + article.text, spans)]
    bare = list(training_features([article], tokenizer, tags, SKIPPING))
    assert list(training_features(paid, tokenizer, tags, SKIPPING)) != bare
    assert list(training_features(paid, tokenizer, tags, SKIPPING, own_rules=OWN)) == bare
    config = learned.checkpoint.config.model_copy(update={"windows": SKIPPING})
    save_run(replace(learned.checkpoint, config=config, furniture_rules=OWN), tmp_path)
    predictor = Predictor.from_pretrained(tmp_path, dtype="fp32", device="cpu", engine="torch")
    assert [span.key for span in predictor(paid[0].text)] == [span.key for span in spans]
    lost = Document("a", PAID, (Span(PAID.index("Ukraine"), len(PAID) - 1, "ACTOR"),))
    assert unreachable_by_article(predictor, [lost]) == {"a": list(lost.spans)}


def test_furniture_that_holds_a_gold_span_is_read_in_training() -> None:
    gold = Span(len("Also read: "), len("Also read: Russia"), "ACTOR")
    text = "Also read: Russia shells the port"
    assert skipped_spans(text, SKIPPING, gold=[gold]) == []
    assert skipped_spans(text, SKIPPING) == [Span(0, len(text), "also_read")]
    assert skipped_spans(text, READING) == []


def test_gold_spans_in_skipped_furniture_count_as_unreachable(predictor: Predictor) -> None:
    text = ARTICLES[0].text + "\nAlso read: Ukraine struck back"
    lost = Span(
        text.index("Ukraine", len(ARTICLES[0].text)), len(text) - len(" struck back"), "ACTOR"
    )
    document = Document("a", text, (*ARTICLES[0].spans, lost))
    assert unreachable_by_article(predictor, [document]) == {"a": [lost]}


def test_the_order_stays_with_the_run(predictor: Predictor) -> None:
    assert predictor.checkpoint.config.windows == SKIPPING
