"""Ours beside a peer, turn by turn in one run, so that a busy machine is as busy for both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Measured = TypeVar("Measured")


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of a figure over the rounds, and its lowest and highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Of at least one figure."""
        return cls(median(figures), min(figures), max(figures))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"

    @property
    def whole(self) -> str:
        """Rounded to whole numbers."""
        return f"{self.median:,.0f} ({self.low:,.0f} to {self.high:,.0f})"

    @property
    def percent(self) -> str:
        """As a share."""
        return f"{self.median:.0%} ({self.low:.0%} to {self.high:.0%})"


def take_turns(
    runs: Mapping[str, Callable[[], Measured]], *, rounds: int
) -> dict[str, list[Measured]]:
    """What each run measured, one value a round; every round runs all of them once."""
    measured: dict[str, list[Measured]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            measured[name].append(run())
    return measured


def ratio(ours: Sequence[float], peer: Sequence[float]) -> Spread:
    """Ours over the peer's, round by round."""
    return Spread.of([one / other for one, other in zip(ours, peer, strict=True)])
