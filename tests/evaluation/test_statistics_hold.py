"""Intervals cover, p-values are uniform, differences are found: by simulation."""

import os
import time
from functools import partial

import numpy as np
import pytest

from tests.evaluation.simulation import counts, pair, true_f1
from warwire.evaluation import comparison
from warwire.evaluation.comparison import ScoredRun, compare_runs
from warwire.evaluation.statistics import (
    Table,
    bootstrap_f1,
    bootstrap_many,
    difference_interval,
    f1_of,
    holm,
    interval,
    paired_permutation,
)


def coverage(articles: int, simulations: int, resamples: int = 1000) -> float:
    random = np.random.default_rng(articles)
    inside = 0
    for seed in range(simulations):
        draws = bootstrap_f1(counts(random, articles), resamples=resamples, seed=seed)
        low, high = interval(draws)
        inside += low <= true_f1() <= high
    return inside / simulations


def p_values(
    simulations: int, difference: float, articles: int, *, same: float = 0.6
) -> list[float]:
    random = np.random.default_rng(7)
    pairs = [pair(random, articles, difference=difference, same=same) for _ in range(simulations)]
    return [
        paired_permutation(one, other, draws=999, seed=seed)
        for seed, (one, other) in enumerate(pairs)
    ]


@pytest.mark.parametrize("articles", [30, 60, 200])
def test_interval_covers(articles):
    assert coverage(articles, 150) >= (0.88 if articles == 30 else 0.90)


@pytest.mark.slow
@pytest.mark.parametrize(("articles", "least"), [(30, 0.0), (60, 0.92), (200, 0.92)])
def test_interval_covers_in_a_thousand_simulations(articles, least, record_property):
    covered = coverage(articles, 1000, 2000)
    record_property("coverage", covered)
    print(f"coverage of the 95 % interval on {articles} articles: {covered:.3f}")
    assert covered >= least


def uniform(found: list[float]) -> float:
    """Kolmogorov-Smirnov p-value that the values are uniform on 0..1."""
    from scipy.stats import kstest

    return float(kstest(found, "uniform").pvalue)


def test_p_values_are_uniform_when_systems_are_equal():
    assert uniform(p_values(200, 0.0, 60)) > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("articles", [30, 60, 200])
def test_p_values_are_uniform_in_a_thousand_simulations(articles):
    found = p_values(1000, 0.0, articles)
    share = np.mean(np.array(found) < 0.05)
    print(
        f"equal systems, {articles} articles: Kolmogorov-Smirnov p {uniform(found):.3f},"
        f" share below .05 {share:.3f}"
    )
    assert uniform(found) > 0.01
    assert share < 0.07


def false_alarms(simulations: int, *, chosen: bool, configs: int = 6, articles: int = 40) -> float:
    """The share of comparisons of equal configs in which any p (Holm) is below .05."""
    random = np.random.default_rng(23)
    alarms = 0
    for _ in range(simulations):
        sizes = counts(random, articles)[:, 2].astype(int)
        runs = [
            scored(str(place), counts(random, articles, sizes=sizes), random.random(), chosen)
            for place in range(configs)
        ]
        gaps = [row["gap"] for row in compare_runs(runs)["configs"]]
        alarms += any(gap["p_holm"] < 0.05 for gap in gaps if gap)
    return alarms / simulations


def scored(name: str, table: Table, validation: float, chosen: bool) -> ScoredRun:
    articles = tuple(str(place) for place in range(len(table)))
    known = validation if chosen else None
    return ScoredRun(name, "set", articles, table, {}, validation_f1=known)


@pytest.fixture
def quick_draws(monkeypatch):
    """Few draws: these simulations ask for shares, and for no interval."""
    monkeypatch.setattr(comparison, "RESAMPLES", 499)
    monkeypatch.setattr(comparison, "DRAWS_A_TEST", 30)
    monkeypatch.setattr(comparison, "bootstrap_many", partial(bootstrap_many, resamples=10))


@pytest.mark.usefixtures("quick_draws")
@pytest.mark.parametrize("chosen", [True, False], ids=["by validation", "on these articles"])
def test_equal_configs_are_seldom_told_apart(chosen):
    assert false_alarms(300, chosen=chosen) < 0.07


@pytest.mark.slow
@pytest.mark.usefixtures("quick_draws")
@pytest.mark.parametrize("chosen", [True, False], ids=["by validation", "on these articles"])
def test_equal_configs_are_seldom_told_apart_in_a_thousand_simulations(chosen):
    share = false_alarms(1000, chosen=chosen)
    print(f"six equal configs, picked {'on validation' if chosen else 'here'}: {share:.3f} differ")
    assert share < 0.07


def test_three_points_are_found_on_200_articles():
    assert np.mean(np.array(p_values(60, 0.03, 200)) < 0.05) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("same", [0.0, 0.3, 0.6])
def test_three_points_are_found_in_a_thousand_simulations(same):
    """`same` is the share of spans on which both systems always agree; real systems share most."""
    power = np.mean(np.array(p_values(1000, 0.03, 200, same=same)) < 0.05)
    print(f"3 points on 200 articles, {same:.0%} of answers shared: found in {power:.3f}")
    assert power >= 0.9


def test_the_simulated_difference_is_three_points():
    one, other = pair(np.random.default_rng(0), 200_000, difference=0.03)
    assert f1_of(other.sum(0)) - f1_of(one.sum(0)) == pytest.approx(0.03, abs=0.002)


def test_few_articles_are_swapped_in_every_way():
    one = np.array([[1, 1, 1], [1, 1, 1]], dtype=float)
    other = np.array([[0, 1, 1], [0, 1, 1]], dtype=float)
    assert paired_permutation(one, other) == 0.5
    assert paired_permutation(one, one) == 1.0


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_draws_are_the_same_for_every_table():
    table = counts(np.random.default_rng(1), 50)
    one, two = bootstrap_many([table, table * 2], resamples=500)
    assert (one * 2 == two).all()
    assert difference_interval(table, table) == (0.0, 0.0)


def test_joining_many_articles_keeps_the_interval():
    table = counts(np.random.default_rng(5), 6000)
    joined = bootstrap_f1(table, resamples=4000)
    each = np.random.default_rng(0).multinomial(6000, np.full(6000, 1 / 6000), 4000) @ table
    assert np.std(joined) == pytest.approx(np.std(f1_of(each)), rel=0.08)
    assert np.mean(joined) == pytest.approx(np.mean(f1_of(each)), abs=2e-4)


def test_bootstrap_of_a_thousand_articles_is_quick():
    table = counts(np.random.default_rng(0), 1000)
    bootstrap_f1(table[:10])
    started = time.process_time()
    draws = bootstrap_f1(table)
    assert len(draws) == 10_000
    assert time.process_time() - started < (10 if os.environ.get("CI") else 2)
