import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.strategies import flat_spans
from tests.tagging.tokens import Tokenized, build_tokens, marked_up, tokenized
from tests.toys import LABELS
from warwire.spans import Span
from warwire.tagging.encoding import (
    TagSet,
    continues_word,
    encode_spans,
    read_spans,
    tag_runs,
    trim_offsets,
)

TAGS = TagSet(LABELS)
SEQUENCES = st.lists(st.integers(0, 2 * len(LABELS)), max_size=12)


def test_tags_stand_in_the_order_of_the_schema() -> None:
    assert TagSet(("B", "A")).names == ["O", "B-B", "I-B", "B-A", "I-A"]
    assert TagSet(("B", "A")).begin("A") == 3


def test_names_give_their_tag_set_back() -> None:
    assert TagSet.from_names(TAGS.names) == TAGS


@pytest.mark.parametrize("names", [["B-A", "I-A", "O"], ["O", "I-A", "B-A"], ["O", "A"], []])
def test_other_names_are_no_tag_set(names: list[str]) -> None:
    with pytest.raises(ValueError, match="not the BIO tags of a schema"):
        TagSet.from_names(names)


@given(flat_spans())
def test_on_one_token_a_character_every_span_comes_back(spans: list[Span]) -> None:
    tokens = build_tokens([(at, at + 1) for at in range(30)])
    assert read_spans(tokens, encode_spans(tokens, spans, TAGS), TAGS) == spans


@given(marked_up())
def test_reading_gives_back_the_spans_on_token_edges(drawn: tuple[Tokenized, list[Span]]) -> None:
    """Texts with several tokens of one sign aside: there an edge stands in many tokens."""
    tokens = drawn[0].tokens
    assume(not (tokens.starts[1:] < tokens.ends[:-1]).any())
    solid = tokens.starts < tokens.ends
    starts, ends = tokens.starts[solid], tokens.ends[solid]
    spans = [span for span in drawn[1] if span.start in starts and span.end in ends]
    assert read_spans(tokens, encode_spans(tokens, spans, TAGS), TAGS) == spans


@given(marked_up())
def test_every_token_that_a_span_touches_is_tagged_and_no_other(
    drawn: tuple[Tokenized, list[Span]],
) -> None:
    tokens, spans = drawn[0].tokens, drawn[1]
    encoded = encode_spans(tokens, spans, TAGS)
    for start, end, tag in zip(tokens.starts, tokens.ends, encoded, strict=True):
        touching = [span for span in spans if start < span.end and end > span.start]
        expected = TAGS.begin(touching[0].label) if touching else 0
        assert tag in ({expected, expected + 1} if touching else {0})


def test_where_two_spans_touch_one_token_the_earlier_keeps_it() -> None:
    tokens = build_tokens([(0, 9), (10, 14)])
    spans = [Span(2, 9, "ACTOR"), Span(0, 2, "AID_AMOUNT"), Span(10, 14, "ACTOR")]
    encoded = encode_spans(tokens, spans, TAGS)
    assert [TAGS.names[tag] for tag in encoded] == ["B-AID_AMOUNT", "B-ACTOR"]


def test_neighbours_of_one_label_stay_two_spans() -> None:
    tokens = build_tokens([(0, 2), (2, 4)])
    spans = [Span(0, 2, "ACTOR"), Span(2, 4, "ACTOR")]
    assert read_spans(tokens, encode_spans(tokens, spans, TAGS), TAGS) == spans


@given(SEQUENCES)
def test_runs_begin_at_b_and_go_on_with_their_own_i(encoded: list[int]) -> None:
    runs = tag_runs(encoded, TAGS)
    begins = [place for place, tag in enumerate(encoded) if tag % 2 == 1]
    assert [first for first, _, _ in runs] == begins
    for first, last, label in runs:
        assert encoded[first] == TAGS.begin(label)
        assert set(encoded[first + 1 : last + 1]) <= {TAGS.begin(label) + 1}
        assert encoded[last + 1 : last + 2] != [TAGS.begin(label) + 1]


@given(st.text("ab \n\u00a0\u2028", max_size=12), st.data())
def test_trimmed_offsets_hold_the_same_text_without_white_space(text: str, data) -> None:
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=6)))
    offsets = list(zip(edges, edges[1:], strict=False))
    starts, ends = trim_offsets(text, offsets)
    for (start, end), new_start, new_end in zip(offsets, starts, ends, strict=True):
        assert start <= new_start <= new_end <= end
        assert text[new_start:new_end] == text[start:end].strip()


def test_no_tokens_have_no_offsets() -> None:
    starts, ends = trim_offsets("", [])
    assert (starts.shape, ends.shape) == ((0,), (0,))


@pytest.mark.parametrize(
    ("text", "cut", "inside"),
    [
        ("shelled", 5, True),
        ("B52", 1, True),
        ("amRussian", 2, False),
        ("US-led", 2, False),
        ("$5", 1, False),
        ("\u4e2d\u6587", 1, False),
        ("na\u00efve", 2, True),
    ],
)
def test_where_a_word_goes_on(text: str, cut: int, inside: bool) -> None:
    tokens = build_tokens([(0, cut), (cut, len(text))])
    assert continues_word(text, tokens).tolist() == [False, inside]


@given(tokenized())
def test_tokens_of_one_sign_are_one_word(drawn: Tokenized) -> None:
    tokens = drawn.tokens
    inside = continues_word(drawn.text, tokens)
    for place in range(1, len(tokens)):
        if tokens.starts[place] < tokens.ends[place - 1]:
            assert inside[place]
