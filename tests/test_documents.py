import pytest

from warwire.documents import Document, Origin
from warwire.spans import Span


def test_a_span_outside_the_text_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="article a7: span 2..9 lies outside a text of 5"):
        Document("a7", "Kyiv.", (Span(2, 9, "ACTOR"),))


def test_the_surface_counts_code_points() -> None:
    article = Document("a", "\U0001f1fa\U0001f1e6 Kyiv", (Span(3, 7, "ACTOR"),))
    assert article.surface(article.spans[0]) == "Kyiv"


def test_other_spans_take_no_origins_along() -> None:
    article = Document("a", "Kyiv.", (Span(0, 4, "ACTOR"),), origins=(Origin("1", "2", "r"),))
    marked = article.with_spans((Span(0, 5, "ACTOR"),))
    assert (marked.text, marked.spans, marked.origins) == ("Kyiv.", (Span(0, 5, "ACTOR"),), ())
