"""Strict F1 against seqeval, SemEval's modes by hand, and the known faults of peers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warwire import Document, Span, score
from warwire.evaluation.matching import count_article

TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]
sentences = st.lists(st.sampled_from(TAGS), min_size=1, max_size=12)


def spans_of(tags: list[str]) -> tuple[Span, ...]:
    """Strict reading: a span begins with B- and goes on with I- of its own type; 2 characters."""
    spans: list[tuple[int, int, str]] = []
    for place, tag in enumerate(tags):
        mark, _, label = tag.partition("-")
        if mark == "B":
            spans.append((place, place + 1, label))
        elif mark == "I" and spans and spans[-1][1:] == (place, label):
            spans[-1] = (spans[-1][0], place + 1, label)
    return tuple(Span(2 * first, 2 * last, label) for first, last, label in spans)


def repaired(tags: list[str]) -> list[str]:
    """The same tags with every I- that follows no span of its type turned into B-."""
    fixed: list[str] = []
    for tag in tags:
        before = fixed[-1] if fixed else "O"
        follows = before[2:] == tag[2:] and before != "O"
        fixed.append(tag if tag[0] != "I" or follows else f"B{tag[1:]}")
    return fixed


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.tuples(sentences, st.randoms(use_true_random=False)), min_size=1, max_size=5))
def test_strict_equals_seqeval_strict(drawn):
    from seqeval.metrics import f1_score, precision_score, recall_score
    from seqeval.scheme import IOB2

    gold = [repaired(tags) for tags, _ in drawn]
    guess = [
        repaired([random.choice(TAGS) if random.random() < 0.3 else tag for tag in tags])
        for tags, (_, random) in zip(gold, drawn, strict=True)
    ]
    documents = [
        Document(str(place), "x " * len(tags), spans_of(tags)) for place, tags in enumerate(gold)
    ]
    ours = score(documents, [spans_of(tags) for tags in guess]).counts()
    options = {"mode": "strict", "scheme": IOB2, "zero_division": 0}
    assert ours.precision == pytest.approx(precision_score(gold, guess, **options))
    assert ours.recall == pytest.approx(recall_score(gold, guess, **options))
    assert ours.f1 == pytest.approx(f1_score(gold, guess, **options))


# Worked by hand after the table of Batista (2018) on SemEval-2013 task 9.1:
# gold, predicted, then correct points in strict, exact, partial, type.
WORKED = {
    "the same": ([(0, 4, "A")], [(0, 4, "A")], (1, 1, 1, 1)),
    "surprising": ([], [(0, 4, "A")], (0, 0, 0, 0)),
    "missed": ([(0, 4, "A")], [], (0, 0, 0, 0)),
    "wrong type": ([(0, 4, "A")], [(0, 4, "B")], (0, 1, 1, 0)),
    "too long": ([(0, 4, "A")], [(0, 9, "A")], (0, 0, 0.5, 1)),
    "too long, wrong type": ([(0, 4, "A")], [(0, 9, "B")], (0, 0, 0.5, 0)),
    "split": ([(0, 9, "A")], [(0, 4, "A"), (5, 9, "A")], (0, 0, 0.5, 1)),
    "merged": ([(0, 4, "A"), (5, 9, "A")], [(0, 9, "A")], (0, 0, 0.5, 1)),
    "touching": ([(0, 4, "A")], [(4, 9, "A")], (0, 0, 0, 0)),
    "right one wins": ([(0, 4, "A")], [(0, 4, "A"), (2, 6, "A")], (1, 1, 1, 1)),
    "chain": ([(0, 5, "A"), (6, 11, "A")], [(3, 8, "A"), (9, 12, "A")], (0, 0, 1, 2)),
}


@pytest.mark.parametrize("name", WORKED)
def test_semeval_modes_equal_the_hand_worked_table(name):
    gold, guess, points = WORKED[name]
    counts = count_article([Span(*each) for each in gold], [Span(*each) for each in guess])
    assert tuple(counts[mode].correct for mode in ("strict", "exact", "partial", "type")) == points
    assert {(each.predicted, each.reference) for each in counts.values()} == {
        (len(guess), len(gold))
    }


spans = st.lists(
    st.builds(
        lambda start, length, label: Span(start, start + length, label),
        st.integers(0, 30),
        st.integers(1, 6),
        st.sampled_from("AB"),
    ),
    max_size=8,
)


@given(spans, spans, st.randoms(use_true_random=False))
def test_order_and_duplicates_change_nothing(gold, guess, random):
    counts = count_article(gold, guess)
    again = [*gold, *gold], [*guess, *guess]
    for side in again:
        random.shuffle(side)
    assert count_article(*again) == counts


@given(spans, spans)
def test_no_mode_exceeds_its_spans_and_modes_are_ordered(gold, guess):
    counts = count_article(gold, guess)
    points = {mode: each.correct for mode, each in counts.items()}
    assert points["strict"] <= min(points["exact"], points["type"])
    assert points["exact"] <= points["partial"]
    assert all(each.correct <= min(each.predicted, each.reference) for each in counts.values())


@given(st.lists(st.tuples(spans, spans), min_size=1, max_size=4))
def test_counts_of_articles_add_up_and_scoring_twice_changes_no_rate(pairs):
    documents = [Document(str(at), "ab " * 20, tuple(gold)) for at, (gold, _) in enumerate(pairs)]
    found = [guess for _, guess in pairs]
    once, twice = score(documents, found), score(documents * 2, found * 2)
    parts = [
        score([document], [guess], labels=once.labels)
        for document, guess in zip(documents, found, strict=True)
    ]
    for cell in once.tables:
        if once.labels:
            assert (
                sum(part.tables[cell].sum(0) for part in parts) == once.tables[cell].sum(0)
            ).all()
        assert twice.counts(*cell).f1 == pytest.approx(once.counts(*cell).f1)


def test_peers_fault_lenient_bio_is_not_ours():
    """seqeval's default scores I-A I-A as if it were B-A I-A; a span needs its beginning."""
    from seqeval.metrics import f1_score

    assert f1_score([["B-A", "I-A"]], [["I-A", "I-A"]]) == 1.0
    assert spans_of(["I-A", "I-A"]) == ()


def test_peers_fault_merging_documents_keeps_half_credit():
    """nervaluate's merge loses half credit; ours adds it over articles."""
    half = Document("h", "abcdef", (Span(0, 4, "A"),))
    none = Document("n", "abcdef", (Span(0, 4, "A"),))
    both = score([half, none], [[Span(0, 6, "A")], []]).counts(mode="partial")
    assert both.correct == 0.5
    assert both.recall == 0.25
    assert both.precision == 0.5


def test_macro_leaves_out_types_that_nobody_uses():
    scores = score(
        [Document("d", "abcdef", (Span(0, 4, "A"),))], [[Span(0, 4, "A")]], labels=["A", "B"]
    )
    assert scores.macro_f1() == 1.0


def test_words_surfaces_and_presence_by_hand():
    text = "US-led troops fought. US troops left. Later us troops came."
    gold = (Span(0, 13, "A"), Span(22, 31, "A"), Span(44, 53, "A"))
    guess = [Span(7, 13, "A"), Span(22, 31, "A"), Span(44, 53, "B")]
    scores = score([Document("d", text, gold)], [guess])
    token = scores.counts("A", "token")
    assert (token.correct, token.predicted, token.reference) == (3, 3, 8)
    surface = scores.counts("A", "surface")
    assert (surface.correct, surface.predicted, surface.reference) == (1, 2, 2)
    whole = scores.counts(mode="presence")
    assert (whole.correct, whole.predicted, whole.reference) == (1, 2, 1)
    assert scores.counts(mode="token").predicted == 5


def test_a_span_inside_a_word_counts_the_whole_word():
    scores = score([Document("d", "unbroken", (Span(0, 8, "A"),))], [[Span(2, 5, "A")]])
    assert scores.counts(mode="token").f1 == 1.0
