"""Each gold or predicted span in exactly one class; tables that add up."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warwire import Document, Span
from warwire.evaluation.errors import CLASSES, error_report, find_errors
from warwire.evaluation.slices import known_surfaces, recall_by, standard_slices

CASES = {
    "correct": ([(0, 4, "A")], [(0, 4, "A")]),
    "wrong type": ([(0, 4, "A")], [(0, 6, "B")]),
    "too long": ([(2, 4, "A")], [(0, 4, "A")]),
    "too short": ([(0, 9, "A")], [(2, 5, "A")]),
    "shifted": ([(0, 5, "A")], [(3, 8, "A")]),
    "split": ([(0, 9, "A")], [(0, 3, "A"), (4, 9, "B")]),
    "merged": ([(0, 3, "A"), (4, 9, "A")], [(0, 9, "A")]),
    "missed": ([(0, 4, "A")], [(4, 6, "A")]),
    "spurious": ([], [(0, 4, "A")]),
}
spans = st.lists(
    st.builds(
        lambda start, length, label: Span(start, start + length, label),
        st.integers(0, 30),
        st.integers(1, 8),
        st.sampled_from("AB"),
    ),
    max_size=9,
)


@pytest.mark.parametrize("kind", CASES)
def test_each_class_by_hand(kind):
    gold, guess = ([Span(*each) for each in side] for side in CASES[kind])
    assert kind in {finding.kind for finding in find_errors(gold, guess)}


def test_two_of_each_side_that_overlap_crosswise_are_paired():
    gold, guess = [Span(0, 5, "A"), Span(6, 11, "A")], [Span(3, 8, "A"), Span(9, 12, "A")]
    assert [finding.kind for finding in find_errors(gold, guess)] == ["shifted", "shifted"]


@given(spans, spans)
def test_every_distinct_span_stands_in_exactly_one_class(gold, guess):
    findings = find_errors(gold, guess)
    golds = Counter(key for finding in findings for key in finding.gold)
    guesses = Counter(key for finding in findings for key in finding.guess)
    assert golds == Counter({span.key for span in gold})
    assert guesses == Counter({span.key for span in guess})
    assert {finding.kind for finding in findings} <= set(CLASSES)


@given(spans, spans)
def test_the_report_adds_up_to_all_spans(gold, guess):
    report = error_report([Document("d", "ab " * 20, tuple(gold))], [guess], ["A", "B"])
    for side, given_spans in (("gold", gold), ("predicted", guess)):
        for label in "AB":
            total = sum(row[label] for row in report[side].values())
            assert total == len({span.key for span in given_spans if span.label == label})


def test_confusion_and_surfaces():
    document = Document("d", "Kyiv and Lviv and Odesa", (Span(0, 4, "A"), Span(9, 13, "A")))
    found = [Span(0, 4, "B"), Span(18, 23, "B")]
    report = error_report([document], [found], ["A", "B"])
    assert report["confusion"]["A"] == {"A": 0, "B": 1, "none": 1}
    assert report["confusion"]["none"]["B"] == 1
    assert report["surfaces"]["missed"] == [["lviv", 1]]
    assert report["surfaces"]["spurious"] == [["odesa", 1]]
    assert report["surfaces"]["wrong type"] == [["kyiv (A → B)", 1]]


def test_recall_by_kind_partitions_the_gold_spans():
    texts = ["Nato struck. The free army fled north of the town.", "Nato again."]
    documents = [
        Document("x", texts[0], (Span(0, 4, "A"), Span(13, 26, "A")), "2023-02-01", "BBC"),
        Document("y", texts[1], (Span(0, 4, "A"),), None, None),
    ]
    known = known_surfaces([Document("t", "nato", (Span(0, 4, "A"),))])
    slices = standard_slices(known=known, unreachable={"x": [Span(13, 26, "A")]})
    found = recall_by(documents, [[Span(0, 4, "A")], []], slices, resamples=100)
    for groups in found.values():
        assert sum(row["support"] for row in groups.values()) == 3
    assert found["surface"]["seen in training"]["recall"] == 0.5
    assert found["surface"]["unseen"]["recall"] == 0
    assert found["length"]["3 words"]["support"] == 1
    assert found["year"]["2023"]["support"] == 2
    assert found["source"]["unknown"]["support"] == 1
    assert found["reach"]["out of the model's reach"]["support"] == 1
    assert found["position"]["first quarter"]["interval"] is None


def test_many_sources_are_gathered():
    documents = [
        Document(f"{n}", "Nato", (Span(0, 4, "A"),), None, f"source {n}") for n in range(30)
    ]
    found = recall_by(documents, [[]] * 30, standard_slices(), resamples=50)
    assert len(found["source"]) == 12
    assert found["source"]["19 others"]["support"] == 19
    assert found["source"]["19 others"]["interval"] == [0, 0]
