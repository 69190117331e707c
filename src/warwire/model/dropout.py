"""Dropout on a processor, where drawing random numbers costs more than the arithmetic it disturbs.

torch draws a number for every element of every call. Here the numbers are drawn once; a call reads
a stretch of them that begins at a random place.
"""

from functools import lru_cache
from typing import Any

import torch

DRAWN = 2**23
"""Numbers drawn at once: some thirty thousand tokens of a small encoder, 16 MiB in bf16."""


def drop(values: torch.Tensor, rate: float) -> torch.Tensor:
    """The values, each put to zero at the rate, the others scaled to keep the expected sum.

    The place is drawn from torch's generator: a seed repeats it, and a resumed training goes on
    with it.
    """
    if not rate:
        return values
    count = values.numel()
    factors = _factors(rate, values.dtype, max(DRAWN, 1 << (2 * count).bit_length()))
    begin = int(torch.randint(len(factors) - count + 1, ()))
    return values * factors[begin : begin + count].view(values.shape)


class Dropout(torch.nn.Module):  # type: ignore[misc]
    """`torch.nn.Dropout` by means of `drop`."""

    def __init__(self, rate: float):
        super().__init__()
        self.p = rate

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """The values thinned out in training, and as they are otherwise."""
        return drop(values, self.p) if self.training else values


def lighten_dropout(model: Any) -> None:
    """Put `Dropout` in the place of every `torch.nn.Dropout` of a model."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if type(child) is torch.nn.Dropout:
                setattr(module, name, Dropout(child.p).train(child.training))


@lru_cache(maxsize=4)
def _factors(rate: float, dtype: torch.dtype, count: int) -> torch.Tensor:
    draws = torch.rand(count, generator=torch.Generator().manual_seed(0))
    return (draws >= rate).to(dtype) / (1 - rate)
