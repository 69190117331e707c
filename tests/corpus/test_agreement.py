"""Agreement: hand-worked figures, alpha against cases with known answers, disputes."""

import pytest

from tests.toys import LABELS
from warwire.corpus.agreement import Agreement
from warwire.documents import Annotation, Document
from warwire.evaluation.matching import count_article
from warwire.spans import Span

TEXT = "Russia shelled Kyiv and NATO met"
RUSSIA, SHELLED, KYIV = Span(0, 6, "ACTOR"), Span(7, 14, "MILITARY_ACTION"), Span(15, 19, "ACTOR")
WIDE = Span(15, 23, "ACTOR")


def gathered(*readings: tuple[str, tuple[Span, ...]]) -> Agreement:
    agreement = Agreement()
    annotations = tuple(Annotation(name, spans) for name, spans in readings)
    agreement.add(Document("a", TEXT, annotations=annotations))
    return agreement


def test_one_annotator_has_nobody_to_agree_with() -> None:
    agreement = gathered(("1", (RUSSIA,)))
    assert agreement.to_dict(LABELS, count_article) is None


def test_pairwise_figures_by_hand() -> None:
    agreement = gathered(("1", (RUSSIA, SHELLED, KYIV)), ("2", (RUSSIA, WIDE)))
    told = agreement.to_dict(LABELS, count_article)
    assert told is not None
    (pair,) = told["pairs"]
    assert pair["annotators"] == ["1", "2"]
    assert pair["strict"] == {
        "all": 0.4,
        "ACTOR": 0.5,
        "MILITARY_ACTION": 0.0,
        "AID_AMOUNT": 0.0,
    }
    assert pair["partial"]["all"] == 0.6
    assert pair["partial"]["ACTOR"] == 0.75


def test_alpha_is_one_where_all_agree_and_falls_with_disputes() -> None:
    same = gathered(("1", (RUSSIA, SHELLED)), ("2", (RUSSIA, SHELLED)))
    assert same.alpha() == 1.0
    assert same.disputes == []
    differing = gathered(("1", (RUSSIA, SHELLED)), ("2", (RUSSIA,)))
    value = differing.alpha()
    assert value is not None
    assert value < 1


def test_alpha_by_hand() -> None:
    """Six tokens, two readers, one token in dispute: nominal alpha from the coincidences."""
    value = gathered(("1", (RUSSIA, KYIV)), ("2", (RUSSIA,))).alpha()
    observed = 2 / 12
    expected = (9 * 3 * 2) / (12 * 11)
    assert value == pytest.approx(1 - observed / expected, abs=1e-4)


def test_disputed_spans_are_listed_with_who_marked_them() -> None:
    told = gathered(("1", (KYIV,)), ("2", ()), ("3", (KYIV,))).to_dict(LABELS, count_article)
    assert told is not None
    (dispute,) = told["most_disputed"]
    assert (dispute["text"], dispute["label"], dispute["times"]) == ("Kyiv", "ACTOR", 1)
    assert dispute["places"][0]["marked_by"] == ["1", "3"]
    assert dispute["places"][0]["not_by"] == ["2"]
