"""Confident learning over words: whose labels a model's probabilities contradict for sure."""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from warwire.documents import Document
from warwire.errors import InputError
from warwire.tagging.encoding import TagSet
from warwire.tagging.reading import Reading


def need_cleanlab() -> None:
    """Raise InputError where cleanlab is not installed."""
    if find_spec("cleanlab") is None:
        raise InputError("cleanlab is not installed; pip install 'warwire[suspects]'")


def doubted_words(
    documents: Sequence[Document], readings: Sequence[Reading], tags: TagSet
) -> list[frozenset[int]]:
    """The positions of each article's words whose label confident learning finds wrong.

    That is, the model is at least as sure of another tag as it is on average of words which bear
    that tag (Northcutt et al., 2021), by cleanlab. Raises InputError where it is not installed.
    """
    need_cleanlab()
    from cleanlab.token_classification.filter import find_label_issues

    places = [place for place, reading in enumerate(readings) if len(reading.words)]
    found: list[set[int]] = [set() for _ in readings]
    if places:
        issues = find_label_issues(
            [readings[at].tags_of(documents[at].spans, tags).tolist() for at in places],
            [np.exp(readings[at].log_probs.astype(np.float64)) for at in places],
            filter_by="confident_learning",
            n_jobs=1,
        )
        for article, word in issues:
            found[places[article]].add(int(word))
    return [frozenset(words) for words in found]
