from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tagging.tokens import Tokenized, build_tokens, marked_up, tokenized
from tests.toys import LABELS
from warwire.documents import Document
from warwire.model.features import unreachable_spans
from warwire.spans import Span
from warwire.tagging.decoding import _viterbi, best_path, decode_spans, word_log_probs
from warwire.tagging.encoding import TagSet, continues_word, encode_spans, tag_runs

TAGS = TagSet(LABELS)
SEEDS = st.integers(0, 2**32 - 1)


def log_probs(seed: int, tokens: int, tags: int, *, sharpness: float = 3.0) -> np.ndarray:
    """Random log-probabilities, (tokens, tags), each row adding up to one."""
    scores = sharpness * np.random.default_rng(seed).normal(size=(tokens, tags))
    return (scores - np.log(np.exp(scores).sum(1, keepdims=True))).astype(np.float32)


def certain(encoded: np.ndarray) -> np.ndarray:
    """Log-probabilities of a model that is sure of these tags."""
    table = np.full((len(encoded), len(TAGS.names)), -20.0, dtype=np.float32)
    table[np.arange(len(encoded)), encoded] = 0.0
    return table


def valid(path: tuple[int, ...]) -> bool:
    pairs = zip((0, *path), path, strict=False)
    return all(tag % 2 == 1 or tag == 0 or before in (tag, tag - 1) for before, tag in pairs)


@pytest.mark.parametrize("labels", [1, 2])
@given(seed=SEEDS, words=st.integers(1, 5))
def test_viterbi_equals_brute_force(labels: int, seed: int, words: int) -> None:
    table = log_probs(seed, words, 2 * labels + 1).astype(np.float64)
    every = [path for path in product(range(2 * labels + 1), repeat=words) if valid(path)]
    totals = [table[np.arange(words), path].sum() for path in every]
    found = tuple(best_path(table.astype(np.float32)).tolist())
    assert valid(found)
    assert table[np.arange(words), found].sum() == pytest.approx(max(totals), abs=1e-5)


@given(SEEDS, st.integers(1, 60), st.integers(1, 3), st.floats(0.1, 6.0))
def test_stretch_by_stretch_is_as_good_as_all_at_once(
    seed: int, words: int, labels: int, sharpness: float
) -> None:
    table = log_probs(seed, words, 2 * labels + 1, sharpness=sharpness)
    table[:, 0] += sharpness
    found, whole = best_path(table), _viterbi(table)
    assert valid(tuple(found.tolist()))
    place = np.arange(words)
    assert table[place, found].sum() == pytest.approx(table[place, whole].sum(), abs=1e-3)


@given(SEEDS, st.integers(1, 4), st.lists(st.booleans(), min_size=5, max_size=5))
def test_a_words_probabilities_equal_those_of_its_tag_sequences(
    seed: int, tokens: int, inside: list[bool]
) -> None:
    """O is O throughout, B-X is B-X I-X I-X …, I-X is I-X throughout; nothing else is allowed."""
    table = log_probs(seed, tokens, 3)
    firsts = np.array([0, *(at for at in range(1, tokens) if not inside[at])])
    words = word_log_probs(table, firsts)
    for word, (first, after) in enumerate(zip(firsts, [*firsts[1:], tokens], strict=True)):
        rest = table[first + 1 : after]
        sums = np.array([table[first, tag] + rest[:, [0, 2, 2][tag]].sum() for tag in range(3)])
        expected = sums - np.log(np.exp(sums).sum())
        assert words[word] == pytest.approx(expected, abs=1e-4)


@given(tokenized(), SEEDS)
def test_any_scores_give_flat_spans_on_solid_word_edges(drawn: Tokenized, seed: int) -> None:
    text, tokens = drawn.text, drawn.tokens
    inside = continues_word(text, tokens)
    scores = log_probs(seed, len(tokens), len(TAGS.names))
    spans = decode_spans(tokens, inside, scores, TAGS)
    assert all(one.end <= after.start for one, after in zip(spans, spans[1:], strict=False))
    for span in spans:
        assert text[span.start : span.end].strip() == text[span.start : span.end]
        assert span.start in tokens.starts[~inside]
        assert span.score is not None
        assert 0 <= span.score <= 1


@given(marked_up())
def test_decoding_gives_back_what_reaches_from_word_edge_to_word_edge(
    drawn: tuple[Tokenized, list[Span]],
) -> None:
    text, tokens = drawn[0].text, drawn[0].tokens
    unreachable = unreachable_spans(Document("a", text, tuple(drawn[1])), tokens)
    reachable = [span for span in drawn[1] if span not in unreachable]
    table = certain(encode_spans(tokens, reachable, TAGS))
    found = decode_spans(tokens, continues_word(text, tokens), table, TAGS)
    assert [span.key for span in found] == [span.key for span in reachable]
    assert all(span.score == pytest.approx(1.0, abs=1e-3) for span in found)


@given(marked_up())
def test_what_is_called_unreachable_never_comes_back(
    drawn: tuple[Tokenized, list[Span]],
) -> None:
    text, tokens = drawn[0].text, drawn[0].tokens
    unreachable = unreachable_spans(Document("a", text, tuple(drawn[1])), tokens)
    table = certain(encode_spans(tokens, drawn[1], TAGS))
    found = {each.key for each in decode_spans(tokens, continues_word(text, tokens), table, TAGS)}
    assert not found & {span.key for span in unreachable}


def test_one_label_a_word_by_the_words_sum() -> None:
    """The first piece says ACTOR, the second says none twice as loudly: the word has no label."""
    tokens = build_tokens([(0, 4), (4, 7)])
    table = np.log(
        np.array([[0.3, 0.6, 0.1], [0.9, 0.05, 0.05]], dtype=np.float32),
    )
    inside = np.array([False, True])
    assert decode_spans(tokens, inside, table, TagSet(("ACTOR",))) == []
    apart = decode_spans(tokens, np.array([False, False]), table, TagSet(("ACTOR",)))
    assert [span.key for span in apart] == [(0, 4, "ACTOR")]


def test_a_score_is_the_probability_of_exactly_this_span() -> None:
    """B .5, I .8, and no I after it: 1 - .25."""
    tokens = build_tokens([(0, 2), (3, 5), (6, 8)])
    table = np.log(
        np.array([[0.3, 0.5, 0.2], [0.1, 0.1, 0.8], [0.7, 0.05, 0.25]], dtype=np.float32)
    )
    (span,) = decode_spans(tokens, np.zeros(3, dtype=bool), table, TagSet(("ACTOR",)))
    assert span == Span(0, 5, "ACTOR", 0.3)


@given(SEEDS, st.integers(1, 8))
def test_decoding_keeps_every_valid_argmax(seed: int, words: int) -> None:
    table = log_probs(seed, words, 3)
    greedy = tuple(table.argmax(1).tolist())
    if valid(greedy):
        assert tuple(best_path(table).tolist()) == greedy
    assert all(label == "ACTOR" for _, _, label in tag_runs(best_path(table), TagSet(("ACTOR",))))


def test_no_tokens_hold_no_spans() -> None:
    empty = np.zeros((0, 3), dtype=np.float32)
    assert decode_spans(build_tokens([]), np.zeros(0, dtype=bool), empty, TAGS) == []
