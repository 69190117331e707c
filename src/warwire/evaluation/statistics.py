"""How sure one can be: intervals by bootstrap over articles, paired tests by permutation."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float64]
"""Per-article counts, (articles, 3): correct, predicted, reference."""

RESAMPLES = 10_000
EXACT_UP_TO = 13
MOST_DRAWN = 2000
_CHUNK_CELLS = 250_000


def f1_of(totals: Table) -> npt.NDArray[np.float64]:
    """F1 of totals (…, 3); 0 where nothing is predicted and nothing is in the reference."""
    spans = totals[..., 1] + totals[..., 2]
    return np.asarray(2 * totals[..., 0] / np.maximum(spans, 1e-12) * (spans > 0))


def bootstrap_f1(
    table: Table, *, resamples: int = RESAMPLES, seed: int = 0
) -> npt.NDArray[np.float64]:
    """F1 of `resamples` draws of as many articles with replacement (Efron's bootstrap)."""
    (draws,) = bootstrap_many([table], resamples=resamples, seed=seed)
    return f1_of(draws)


def bootstrap_many(
    tables: Sequence[Table], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[Table]:
    """Totals of each table, (resamples, columns), all over the same draws of articles.

    More than 2,000 articles are first joined at random into 2,000 groups, which are drawn instead:
    groups of independent articles are as independent, and the draws cost a fraction.
    """
    edges = np.cumsum([table.shape[1] for table in tables])[:-1]
    whole = _joined(np.hstack(tables), seed)
    exact_in_single = np.abs(whole).sum(0).max(initial=0) * 16 < 2**24
    whole = whole.astype(np.float32 if exact_in_single else np.float64)
    totals = [weights @ whole for weights in _draws(len(whole), resamples, seed, whole.dtype)]
    return np.split(np.concatenate(totals).astype(np.float64), edges, axis=1)


def interval(values: npt.NDArray[np.float64], *, level: float = 0.95) -> tuple[float, float]:
    """The central interval that holds `level` of the values."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def difference_interval(
    one: Table, other: Table, *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of F1(one) - F1(other), both scored on the same resampled articles."""
    first, second = bootstrap_many([one, other], resamples=resamples, seed=seed)
    return interval(f1_of(first) - f1_of(second))


def paired_permutation(one: Table, other: Table, *, draws: int = RESAMPLES, seed: int = 0) -> float:
    """Two-sided p-value that two systems differ in F1 on the same articles.

    Swaps the systems' answers article by article: every swap for up to 13 articles, else `draws`
    random ones with the add-one correction (Phipson and Smyth, 2010).
    """
    observed = abs(float(f1_of(one.sum(0)) - f1_of(other.sum(0))))
    differing = np.flatnonzero((one != other).any(axis=1))
    rest = (one.sum(0), other.sum(0))
    if len(differing) <= EXACT_UP_TO:
        every = np.arange(2 ** len(differing))[:, None] >> np.arange(len(differing)) & 1
        extreme = _extreme(every.astype(float), one[differing], other[differing], rest, observed)
        return float(extreme) / len(every)
    random = np.random.default_rng(seed)
    extreme, left = 0, draws
    while left:
        size = min(left, max(1, _CHUNK_CELLS // len(differing)))
        swaps = random.integers(0, 2, (size, len(differing))).astype(float)
        extreme += _extreme(swaps, one[differing], other[differing], rest, observed)
        left -= size
    return (extreme + 1) / (draws + 1)


def holm(p_values: list[float]) -> list[float]:
    """P-values corrected for several tests at once (Holm, 1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def _extreme(
    swaps: Table, one: Table, other: Table, totals: tuple[Table, Table], observed: float
) -> int:
    moved = swaps @ (other - one)
    differences = np.abs(f1_of(totals[0] + moved) - f1_of(totals[1] - moved))
    return int((differences >= observed - 1e-12).sum())


def _joined(table: Table, seed: int) -> Table:
    if len(table) <= MOST_DRAWN:
        return table
    order = np.random.default_rng(seed).permutation(len(table))
    starts = np.arange(MOST_DRAWN) * len(table) // MOST_DRAWN
    return np.asarray(np.add.reduceat(table[order], starts, axis=0))


def _draws(
    articles: int, resamples: int, seed: int, dtype: npt.DTypeLike = np.float64
) -> Iterator[npt.NDArray[Any]]:
    """How often each article is drawn, (some resamples, articles), until all are given."""
    random = np.random.default_rng(seed)
    left = resamples
    small = np.uint16 if articles < 2**16 else np.uint32
    while left:
        size = min(left, max(1, _CHUNK_CELLS // articles))
        picks = random.integers(0, articles, (size, articles), dtype=small).astype(np.intp)
        picks += np.arange(size)[:, None] * articles
        counts = np.bincount(picks.ravel(), minlength=size * articles)
        yield counts.reshape(size, articles).astype(dtype)
        left -= size
