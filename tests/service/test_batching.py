"""Texts that wait together are read together, and each caller gets what is its own."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.words import Words, capitalised
from warwire.errors import RunError
from warwire.service.batching import Batcher, PredictionFailed, QueueFull, Stopped
from warwire.service.limits import Limits
from warwire.service.metrics import Metrics
from warwire.spans import Span

Body = Callable[[Batcher], Awaitable[Any]]


def run(words: Words, body: Body, *, metrics: Metrics | None = None, **limits: Any) -> Any:
    async def inside() -> Any:
        chosen = Limits(**{"wait": 0.01} | limits)
        async with Batcher(words, limits=chosen, metrics=metrics or Metrics()) as batcher:
            return await body(batcher)

    return asyncio.run(inside())


async def all_at_once(batcher: Batcher, calls: Sequence[Sequence[str]]) -> list[list[list[Span]]]:
    return list(await asyncio.gather(*(batcher.predict(texts) for texts in calls)))


@settings(max_examples=25)
@given(
    calls=st.lists(st.lists(st.text("Ab \U0001f600", max_size=9), max_size=4), max_size=6),
    batch=st.integers(1, 5),
    characters=st.integers(1, 20),
)
def test_every_caller_gets_its_own_answers_however_texts_are_batched(
    calls: list[list[str]], batch: int, characters: int
) -> None:
    words = Words()
    body: Body = lambda batcher: all_at_once(batcher, calls)  # noqa: E731
    found = run(words, body, batch=batch, batch_characters=characters, wait=0.0)
    assert found == [[capitalised(text) for text in texts] for texts in calls]
    for each in words.asked:
        assert len(each) <= batch
        assert len(each) == 1 or sum(map(len, each)) <= characters
    assert sorted(sum(words.asked, [])) == sorted(sum(calls, []))


def test_concurrent_calls_become_one_batch_in_one_thread() -> None:
    words, metrics = Words(), Metrics()
    calls = [[f"Text {number}"] for number in range(20)]
    run(words, lambda batcher: all_at_once(batcher, calls), metrics=metrics, batch=64)
    assert [len(batch) for batch in words.asked] == [20]
    assert len(words.threads) == 1
    text = metrics.render().decode()
    assert "warwire_batch_texts_sum 20.0" in text
    assert "warwire_batch_texts_count 1.0" in text
    assert re.search(r"warwire_model_seconds_total \d", text)
    assert "warwire_queue_texts 0.0" in text


def test_batches_of_one_on_request() -> None:
    words = Words()
    run(words, lambda batcher: all_at_once(batcher, [["A"], ["B", "C"]]), batch=1)
    assert words.asked == [["A"], ["B"], ["C"]]


def test_a_batch_holds_texts_of_like_length_and_the_first_is_never_passed_over() -> None:
    words = Words(seconds=0.02)
    texts = ["a" * length for length in (50, 1, 40, 2, 45, 3)]
    run(words, lambda batcher: all_at_once(batcher, [[text] for text in texts]), batch=3)
    assert [[len(text) for text in batch] for batch in words.asked] == [[50, 45, 40], [1, 2, 3]]


def test_a_full_queue_takes_a_request_whole_or_not_at_all() -> None:
    words = Words(seconds=0.05)

    async def body(batcher: Batcher) -> None:
        first = asyncio.create_task(batcher.predict(["A", "B", "C"]))
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await batcher.predict(["D", "E"])
        await batcher.predict(["F"])
        await first

    run(words, body, queue=4)
    assert sorted(sum(words.asked, [])) == ["A", "B", "C", "F"]


def test_nobody_waits_for_the_texts_of_a_cancelled_call() -> None:
    words = Words(seconds=0.05)

    async def body(batcher: Batcher) -> None:
        first = asyncio.create_task(batcher.predict(["A"]))
        await asyncio.sleep(0.03)
        gone = asyncio.create_task(batcher.predict(["Gone"] * 5))
        kept = asyncio.create_task(batcher.predict(["Kept"]))
        await asyncio.sleep(0)
        gone.cancel()
        assert await first == [capitalised("A")]
        assert await kept == [capitalised("Kept")]

    run(words, body)
    assert words.asked == [["A"], ["Kept"]]


def test_a_call_cancelled_while_its_text_is_read_harms_nobody() -> None:
    words = Words(seconds=0.05)

    async def body(batcher: Batcher) -> None:
        calls = [asyncio.create_task(batcher.predict([text])) for text in ("Gone", "Kept")]
        await asyncio.sleep(0.04)
        calls[0].cancel()
        assert await calls[1] == [capitalised("Kept")]
        assert await batcher.predict(["Next"]) == [capitalised("Next")]

    run(words, body)
    assert words.asked == [["Gone", "Kept"], ["Next"]]


def test_a_text_that_the_model_cannot_read_costs_its_neighbours_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def body(batcher: Batcher) -> list[Any]:
        calls = [batcher.predict(texts) for texts in (["A"], ["B", "poison", "poison"], ["C"])]
        return await asyncio.gather(*calls, return_exceptions=True)

    with caplog.at_level(logging.INFO):
        first, second, third = run(Words(), body)
    assert (first, third) == ([capitalised("A")], [capitalised("C")])
    assert isinstance(second, PredictionFailed)
    assert "secret words" not in caplog.text


def test_a_model_is_warmed_up_once_and_a_failure_is_told() -> None:
    async def twice(words: Words) -> None:
        batcher = Batcher(words, limits=Limits(wait=0.01), metrics=Metrics())
        await batcher.warm_up()
        async with batcher:
            await batcher.predict(["A"])

    words = Words()
    asyncio.run(twice(words))
    assert words.asked == [["A"]]
    with pytest.raises(RunError, match="the model fails on its first text: MemoryError: no room"):
        asyncio.run(twice(Broken()))


class Broken(Words):
    def __call__(self, texts: Sequence[str]) -> list[list[Span]]:
        raise MemoryError("no room")


def test_closing_answers_what_waits_and_takes_nothing_new() -> None:
    words = Words(seconds=0.03)

    async def body(batcher: Batcher) -> list[Any]:
        waiting = [asyncio.create_task(batcher.predict([text])) for text in "ABC"]
        await asyncio.sleep(0)
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        assert not batcher.running
        with pytest.raises(Stopped):
            await batcher.predict(["D"])
        await closing
        assert all(each.done() for each in waiting)
        return [await each for each in waiting]

    assert run(words, body, batch=1) == [[capitalised(text)] for text in "ABC"]
