from itertools import chain, zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import ARTICLES, LABELS
from warwire.config import WindowsSection
from warwire.model.batches import BLANK, POOL, Batches
from warwire.model.features import IGNORED, training_features
from warwire.model.masking import HiddenWords
from warwire.tagging.encoding import TagSet

LENGTHS = st.lists(st.integers(min_value=1, max_value=40), min_size=1, max_size=300)


@given(LENGTHS, st.integers(1, 9), st.integers(1, 4), st.integers(0, 3))
def test_every_window_is_in_one_batch_of_one_process_each_epoch(
    lengths: list[int], batch_size: int, world: int, epoch: int
) -> None:
    shares = [
        Batches(lengths, batch_size=batch_size, seed=1, rank=rank, world=world)
        for rank in range(world)
    ]
    for share in shares:
        share.epoch = epoch
    every = [list(share) for share in shares]
    seen = [place for at, place in chain(*chain(*every)) if place != BLANK]
    assert sorted(seen) == list(range(len(lengths)))
    assert {len(share) for share in every} == {len(each) for each in shares}
    assert {at for at, _ in chain(*chain(*every))} == {epoch}


@given(LENGTHS, st.integers(1, 9), st.integers(2, 4))
def test_processes_together_have_the_batches_of_one(
    lengths: list[int], batch_size: int, world: int
) -> None:
    alone = list(Batches(lengths, batch_size=batch_size, seed=2))
    shares = [
        list(Batches(lengths, batch_size=batch_size, seed=2, rank=rank, world=world))
        for rank in range(world)
    ]
    for batch, *parts in zip(alone, *shares, strict=True):
        dealt = chain(*zip_longest(*parts))
        assert [key for key in dealt if key is not None and key[1] != BLANK] == batch


def test_seed_and_epoch_change_the_batches_and_nothing_else_does() -> None:
    lengths = [5] * 40

    def drawn(seed: int, epoch: int) -> list[list[int]]:
        batches = Batches(lengths, batch_size=4, seed=seed)
        batches.epoch = epoch
        return [[place for _, place in batch] for batch in batches]

    assert drawn(1, 0) == drawn(1, 0)
    assert drawn(1, 0) != drawn(1, 1)
    assert drawn(1, 0) != drawn(2, 0)


def test_windows_of_like_length_come_together() -> None:
    lengths = [place % 50 + 1 for place in range(8 * POOL)]
    batches = [
        [lengths[place] for _, place in batch] for batch in Batches(lengths, batch_size=8, seed=3)
    ]
    padded = sum(max(batch) * len(batch) for batch in batches)
    assert sum(lengths) / padded > 0.95
    longest = [max(batch) for batch in batches]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


@pytest.fixture(scope="module")
def tokenizer(toy_base):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(toy_base)


def test_whole_words_are_hidden_anew_each_epoch_and_keep_their_labels(tokenizer) -> None:
    section = WindowsSection(size=24, overlap=8)
    features = list(training_features(ARTICLES, tokenizer, TagSet(LABELS), section))
    windows = HiddenWords(features, tokenizer, share=0.3, seed=5)
    mask, hidden = tokenizer.mask_token_id, 0
    for place, feature in enumerate(features):
        shown = windows[0, place]
        assert shown == windows[0, place]
        assert shown["labels"] == feature["labels"]
        assert set(shown) == {"input_ids", "attention_mask", "labels"}
        pairs = zip(feature["words"], feature["input_ids"], shown["input_ids"], strict=True)
        by_word: dict[int, set[bool]] = {}
        for word, before, after in pairs:
            assert after == (before if after != mask else mask)
            by_word.setdefault(word, set()).add(after == mask)
        assert by_word.pop(-1) == {False}
        assert all(len(kinds) == 1 for kinds in by_word.values())
        hidden += sum(True in kinds for kinds in by_word.values())
    assert hidden > 0
    assert any(windows[0, place] != windows[1, place] for place in range(len(features)))


def test_a_blank_window_has_no_labels(tokenizer) -> None:
    section = WindowsSection(size=24, overlap=8)
    features = list(training_features(ARTICLES, tokenizer, TagSet(LABELS), section))
    blank = HiddenWords(features, tokenizer, share=0.3, seed=5)[0, BLANK]
    assert set(blank["labels"]) == {IGNORED}
    assert (
        len(blank["labels"])
        == len(blank["input_ids"])
        == min(len(each["labels"]) for each in features)
    )
