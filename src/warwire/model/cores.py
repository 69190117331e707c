"""Batches on a processor's cores: each core reads one of its own instead of a share of all."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")
MOST_AT_ONCE = 8
"""Each item in work holds memory of its own."""


class Readers:
    """Threads that read batches, each with its own share of a processor's cores.

    Cores that share an operation wait for each other at its end; those with an item of their own
    do not. Each thread begins with `enter`, which is given how many cores are its own, and how
    many all. `at_once` is how many items are in work at a time. Leaving the context lets what is
    begun end, and begins nothing more.
    """

    def __init__(self, cores: int, enter: Callable[[int, int], None]):
        self.at_once = most_at_once(cores)
        self._pool = ThreadPoolExecutor(
            self.at_once, "reading", enter, (cores // self.at_once, cores)
        )

    def start(self, work: Callable[[Item], None], items: Sequence[Item]) -> Callable[[], None]:
        """Begin the work on every item; what comes back ends when all is done.

        That raises what an item raised, and begins none of the others. Fewer items than would keep
        all cores busy wait for that call and are done by the caller, one by one on all cores.
        """
        if self.at_once == 1 or len(items) < self.at_once:
            return partial(_do, work, items)
        stop = Event()
        return partial(_await, [self._pool.submit(_try, work, item, stop) for item in items])

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def most_at_once(cores: int) -> int:
    """The most items at once that share the cores evenly."""
    most = max(1, min(cores, MOST_AT_ONCE))
    return max(workers for workers in range(1, most + 1) if cores % workers == 0)


def _do(work: Callable[[Item], None], items: Sequence[Item]) -> None:
    for item in items:
        work(item)


def _try(work: Callable[[Item], None], item: Item, stop: Event) -> None:
    if not stop.is_set():
        try:
            work(item)
        except BaseException:
            stop.set()
            raise


def _await(begun: Sequence[Future[None]]) -> None:
    wait(begun)
    for each in begun:
        each.result()


def take_torch_threads(mine: int, others: int) -> None:
    """Let torch use so many threads from this one, and from threads yet to begin the others'.

    torch keeps the number for each thread, but what one sets is also what new threads begin with,
    and a thread that has not asked before has its own replaced at its first operation.
    """
    import torch

    torch.get_num_threads()
    torch.set_num_threads(mine)
    restoring = Thread(target=torch.set_num_threads, args=(others,))
    restoring.start()
    restoring.join()
