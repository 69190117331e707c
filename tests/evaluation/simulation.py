"""Simulated corpora: sizes as in real articles, errors that go together within an article."""

import numpy as np

# Spans an article in a real corpus of 26 conflict news articles.
SPANS_AN_ARTICLE = [0, 18, 20, 25, 26, 30, 31, 33, 33, 34, 35, 38, 39]
SPANS_AN_ARTICLE += [40, 40, 40, 42, 43, 44, 46, 47, 49, 49, 52, 53, 55]
WITHIN = 0.05
"""Correlation of errors within an article; a real run showed .016."""


def counts(random, articles, *, recall=0.8, spurious=0.2, sizes=None):
    """(articles, 3) of one system: beta-binomial hits, gamma-Poisson spurious spans."""
    sizes = random.choice(SPANS_AN_ARTICLE, articles) if sizes is None else sizes
    spread = 1 / WITHIN - 1
    hits = random.binomial(sizes, random.beta(recall * spread, (1 - recall) * spread, articles))
    wrong = random.poisson(sizes * spurious * random.gamma(4, 1 / 4, articles))
    return np.stack([hits, hits + wrong, sizes], axis=1).astype(float)


def true_f1(*, recall=0.8, spurious=0.2):
    """F1 of the expected counts."""
    return 2 * recall / (recall + spurious + 1)


def pair(random, articles, *, difference=0.0, same=0.6):
    """Two systems on the same articles that agree on a share of the spans.

    `difference` is how much more F1 the second has.
    """
    sizes = random.choice(SPANS_AN_ARTICLE, articles)
    shared = random.binomial(sizes, same)
    common = counts(random, articles, sizes=shared)
    base = counts(random, articles, sizes=sizes - shared)
    lift = difference / (1 - same)
    better = counts(random, articles, recall=0.8 + lift, spurious=0.2 - lift, sizes=sizes - shared)
    return common + base, common + better
