"""Training in several processes, as `torchrun` and `accelerate launch` start them."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def is_main() -> bool:
    """Whether this process is the one that writes and talks."""
    return os.environ.get("RANK", "0") == "0"


def processes() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def wait_for_all() -> None:
    """Go on when every process has come this far."""
    from accelerate import PartialState

    PartialState().wait_for_everyone()


def share_work(items: Sequence[Item], work: Callable[[Sequence[Item]], list[Item]]) -> list[Item]:
    """What `work` makes of the items, each process doing its share; every process gets it all."""
    from accelerate import PartialState
    from accelerate.utils import gather_object

    rank, world = PartialState().process_index, PartialState().num_processes
    places = range(rank, len(items), world)
    mine = work([items[place] for place in places])
    every = dict(gather_object([*zip(places, mine, strict=True)]))
    return [every[place] for place in range(len(items))]
