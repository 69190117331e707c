"""Character spans: the truth that every room shares."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Preference = Literal["longest", "first", "priority"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled stretch of an article's text, half-open, in characters (code points)."""

    start: int
    end: int
    label: str
    score: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, not {self.start}..{self.end}")

    @property
    def key(self) -> tuple[int, int, str]:
        """What makes two spans the same: edges and label, not the score."""
        return (self.start, self.end, self.label)

    def overlaps(self, other: "Span") -> bool:
        """Whether the two spans share at least one character."""
        return self.start < other.end and other.start < self.end

    def shared_length(self, other: "Span") -> int:
        """The number of characters that both spans hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


def resolve_overlaps(
    spans: Iterable[Span], *, prefer: Preference = "longest", priority: Sequence[str] = ()
) -> tuple[list[Span], list[tuple[Span, Span]]]:
    """Flat spans in text order, and each span that lost paired with the winner it overlaps.

    `longest` keeps longer spans before shorter ones, `first` earlier starts before later ones,
    `priority` the labels in the order of `priority`. Ties fall to the earlier start, then the
    longer span, then the label, so that the result depends on the set of spans alone.
    """
    rank = _preference(prefer, priority)
    kept: list[Span] = []
    lost: list[tuple[Span, Span]] = []
    for span in sorted(spans, key=rank):
        winner = next((other for other in kept if span.overlaps(other)), None)
        if winner is None:
            kept.append(span)
        else:
            lost.append((span, winner))
    return sorted(kept), lost


def _preference(
    prefer: Preference, priority: Sequence[str]
) -> Callable[[Span], tuple[int, int, int, str]]:
    places = {label: place for place, label in enumerate(priority)}
    if prefer == "longest":
        return lambda span: (span.start - span.end, span.start, 0, span.label)
    if prefer == "first":
        return lambda span: (span.start, -span.end, 0, span.label)
    return lambda span: (
        places.get(span.label, len(places)),
        span.start,
        -span.end,
        span.label,
    )
