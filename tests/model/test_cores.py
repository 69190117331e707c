"""Batches shared out over cores: all of them are read, alike, and nothing is left behind."""

import threading
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.toys import ARTICLES
from warwire.model.cores import MOST_AT_ONCE, Readers, take_torch_threads
from warwire.model.engines import TorchEngine
from warwire.model.prediction import Predictor
from warwire.model.training import Trained
from warwire.spans import Span

TEXTS = [article.text for article in ARTICLES] * 5


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def reading_threads() -> list[str]:
    return [each.name for each in threading.enumerate() if each.name.startswith("reading")]


def keys(found: list[list[Span]]) -> list[list[tuple[int, int, str]]]:
    return [[span.key for span in spans] for spans in found]


def in_new_thread() -> int:
    """How many threads torch has for a thread that begins now."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def read_all(work: Callable[[int], None], items: Sequence[int], *, cores: int) -> None:
    with Readers(cores, take_torch_threads) as readers:
        readers.start(work, items)()


@given(st.integers(0, 20), st.integers(1, 12))
def test_every_item_is_done_once_on_no_more_threads_than_cores(items: int, cores: int) -> None:
    before, done = torch.get_num_threads(), []

    def work(item: int) -> None:
        done.append((item, threading.get_ident()))

    read_all(work, range(items), cores=cores)
    torch.set_num_threads(before)
    assert sorted(item for item, _ in done) == list(range(items))
    assert len({thread for _, thread in done}) <= min(cores, MOST_AT_ONCE) + 1


@pytest.mark.parametrize(
    ("cores", "items", "threads"),
    [
        (1, 3, [1, 1, 1]),
        (2, 1, [2]),
        (2, 5, [1, 1, 1, 1, 1]),
        (3, 2, [3, 3]),
        (4, 3, [4, 4, 4]),
        (16, 9, [2] * 9),
    ],
)
def test_items_have_their_share_of_the_cores(cores: int, items: int, threads: list[int]) -> None:
    """Where there are too few of them to keep all cores busy, each has all."""
    before, seen = torch.get_num_threads(), [0] * items
    torch.set_num_threads(cores)

    def look(item: int) -> None:
        torch.ones(9).sum()
        seen[item] = torch.get_num_threads()

    read_all(look, range(items), cores=cores)
    after = (torch.get_num_threads(), in_new_thread())
    torch.set_num_threads(before)
    assert seen == threads
    assert after == (cores, cores)


def test_items_begun_later_do_not_wait_for_the_end_of_those_before() -> None:
    """So that no core is idle between the chunks of a stream."""
    together = threading.Barrier(2, timeout=20)
    first, second = [0, 1], [2, 3]
    waits = {0: False, 1: True, 2: True, 3: False}
    with Readers(2, lambda mine, others: None) as readers:
        ends = [
            readers.start(lambda item: waits[item] and together.wait(), items)  # type: ignore[func-returns-value, misc]
            for items in (first, second)
        ]
        for end in ends:
            end()
    assert not together.broken


def test_the_first_error_is_raised_and_no_thread_is_left(two_threads: None) -> None:
    done = []

    def work(item: int) -> None:
        if item == 3:
            raise ValueError("item 3")
        done.append(item)

    with pytest.raises(ValueError, match="item 3"):
        read_all(work, range(1001), cores=2)
    assert {0, 1, 2} <= set(done)
    assert len(done) < 1000
    assert not reading_threads()
    assert (torch.get_num_threads(), in_new_thread()) == (2, 2)


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_spans_and_scores_are_those_of_one_thread(
    learned: Trained, two_threads: None, dtype: str
) -> None:
    engine = TorchEngine(deepcopy(learned.checkpoint.model), dtype=dtype, device="cpu")
    engine.tokens = 48
    predictor = Predictor(learned.checkpoint, engine=engine)
    shared = predictor.predict(TEXTS)
    torch.set_num_threads(1)
    assert predictor.predict(TEXTS) == shared
    assert any(shared)
    assert not reading_threads()


def test_a_batch_that_fails_costs_its_own_text_alone(learned: Trained, two_threads: None) -> None:
    poison = int(learned.checkpoint.tokenizer("depot", add_special_tokens=False)["input_ids"][0])

    class Broken(TorchEngine):
        def __call__(self, ids, mask):  # type: ignore[no-untyped-def]
            if (ids == poison).any():
                raise RuntimeError("no memory")
            return super().__call__(ids, mask)

    engine = Broken(learned.checkpoint.model, dtype="fp32", device="cpu")
    engine.tokens = 48
    broken = Predictor(learned.checkpoint, engine=engine)
    whole = Predictor(learned.checkpoint, dtype="fp32", device="cpu").predict(TEXTS)
    with pytest.raises(RuntimeError, match="no memory"):
        broken.predict(TEXTS)
    assert not reading_threads()
    (found,) = broken.stream_chunks([TEXTS], skip_errors=True)
    bad = [place for place, text in enumerate(TEXTS) if "depot" in text]
    assert found.errors == dict.fromkeys(bad, "RuntimeError: no memory")
    assert keys(found.spans) == [[] if at in bad else spans for at, spans in enumerate(keys(whole))]


def test_batches_are_read_in_turn_under_autocast(learned: Trained, two_threads: None) -> None:
    engine = TorchEngine(learned.checkpoint.model, dtype="fp32", device="cpu")
    assert engine.cores == 2
    with torch.autocast("cpu", torch.bfloat16):
        assert engine.cores == 1
