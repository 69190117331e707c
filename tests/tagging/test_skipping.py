import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.tagging.tokens import Tokenized, build_tokens, marked_up
from tests.toys import LABELS
from warwire.spans import Span
from warwire.tagging.decoding import decode_spans
from warwire.tagging.encoding import TagSet, continues_word
from warwire.tagging.skipping import tokens_outside, unbroken_runs

TAGS = TagSet(LABELS)
INSIDE = TAGS.begin("ACTOR") + 1
TOKENS = build_tokens([(0, 2), (3, 7), (8, 9), (10, 14), (15, 18)])


def test_tokens_that_touch_a_skipped_span_go() -> None:
    left = tokens_outside(TOKENS, [Span(5, 9, "share")])
    assert left.ids.tolist() == [0, 3, 4]
    assert (left.starts.tolist(), left.ends.tolist()) == ([0, 10, 15], [2, 14, 18])


def test_runs_part_where_something_was_skipped() -> None:
    skipped = [Span(0, 2, "share"), Span(5, 9, "share"), Span(9, 10, "share"), Span(18, 20, "x")]
    left = tokens_outside(TOKENS, skipped)
    assert list(unbroken_runs(left, skipped)) == [slice(0, 2)]
    assert list(unbroken_runs(tokens_outside(TOKENS, skipped[1:2]), skipped[1:2])) == [
        slice(0, 1),
        slice(1, 3),
    ]


@given(marked_up())
def test_nothing_skipped_leaves_one_run_of_all_tokens(drawn: tuple[Tokenized, list[Span]]) -> None:
    tokens = drawn[0].tokens
    assert tokens_outside(tokens, []).ids.tolist() == tokens.ids.tolist()
    assert list(unbroken_runs(tokens, [])) == ([slice(0, len(tokens))] if len(tokens) else [])


@given(marked_up(), st.integers(0, 2**32 - 1))
def test_whatever_the_scores_no_span_touches_what_was_skipped(
    drawn: tuple[Tokenized, list[Span]], seed: int
) -> None:
    text, skipped = drawn[0].text, drawn[1]
    tokens = tokens_outside(drawn[0].tokens, skipped)
    scores = np.random.default_rng(seed).normal(size=(len(tokens), len(TAGS.names)))
    scores[:, INSIDE] += 2
    runs = list(unbroken_runs(tokens, skipped))
    assert [place for run in runs for place in range(run.start, run.stop)] == list(
        range(len(tokens))
    )
    for run in runs:
        part = tokens[run]
        inside_word = continues_word(text, part)
        for found in decode_spans(part, inside_word, scores[run].astype(np.float32), TAGS):
            assert not any(found.overlaps(span) for span in skipped)
