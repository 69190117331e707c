"""Batches on a processor's cores: each core reads one of its own instead of a share of all."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TypeVar

Item = TypeVar("Item")
MOST_AT_ONCE = 8
"""Each item in work holds memory of its own."""


def share_out(
    work: Callable[[Item], None],
    items: Sequence[Item],
    *,
    cores: int,
    enter: Callable[[int, int], None],
) -> None:
    """Do the work on every item, on so many cores, as many items at once as it pays.

    Each thread begins with `enter`, which is given how many cores are its own, and how many all.

    Cores that share an operation wait for each other at its end; those with an item of their own
    do not. Items that would leave a core idle are done one by one on all. What an item raises is
    raised when the items begun are done, and no other is begun.
    """
    workers = most_at_once(cores, len(items))
    whole = len(items) - len(items) % workers if workers > 1 else 0
    if whole:
        threads = (cores // workers, cores)
        with ThreadPoolExecutor(workers, "reading", enter, threads) as pool:
            list(pool.map(work, items[:whole]))
    for item in items[whole:]:
        work(item)


def most_at_once(cores: int, items: int) -> int:
    """The most items at once that leave no core idle."""
    most = max(1, min(cores, items, MOST_AT_ONCE))
    return max(workers for workers in range(1, most + 1) if cores % workers == 0)


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
