"""Which windows are trained on together: the same batches whatever the number of processes."""

from collections.abc import Iterator, Sequence

import numpy as np

Key = tuple[int, int]
"""An epoch and a window's place among the windows, or `BLANK`."""

BLANK = -1
POOL = 32
"""Batches drawn at once, within which windows of like length come together."""


class Batches:
    """The batches of one process: each window once an epoch, in one process or another.

    A batch holds at most `batch_size` windows of all processes together, drawn by seed and epoch
    and of similar length, so that little is padded. A process whose share of a batch is empty gets
    one `BLANK`. Set `epoch` before iterating.
    """

    def __init__(
        self, lengths: Sequence[int], *, batch_size: int, seed: int, rank: int = 0, world: int = 1
    ):
        self._lengths = np.asarray(lengths, dtype=np.int64)
        self._batch_size = batch_size
        self._seed = seed
        self._rank, self._world = rank, world
        self.epoch = 0

    def __len__(self) -> int:
        return -(-len(self._lengths) // self._batch_size)

    def __iter__(self) -> Iterator[list[Key]]:
        for batch in self._drawn():
            mine = batch[self._rank :: self._world]
            yield [(self.epoch, place) for place in mine or [BLANK]]

    def _drawn(self) -> list[list[int]]:
        """Every process draws the same; equal lengths keep the order of the draw."""
        rng = np.random.default_rng((self._seed, self.epoch))
        drawn = rng.permutation(len(self._lengths))
        batches: list[list[int]] = []
        for first in range(0, len(drawn), POOL * self._batch_size):
            pool = drawn[first : first + POOL * self._batch_size]
            pool = pool[np.argsort(-self._lengths[pool], kind="stable")].tolist()
            batches += [
                pool[at : at + self._batch_size] for at in range(0, len(pool), self._batch_size)
            ]
        return [batches[place] for place in rng.permutation(len(batches))]
