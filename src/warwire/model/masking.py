"""Windows for training in which some words are hidden, so that context must tell what they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from warwire.model.batches import BLANK, Key
from warwire.model.features import IGNORED

Feature = dict[str, list[int]]


class HiddenWords:
    """A data set of windows, by epoch and place, with a share of their words hidden by the mask.

    A feature's `words` numbers its tokens by word, -1 for special ones; a hidden word is hidden
    whole and keeps its labels. What is hidden depends on seed, epoch and place alone, so that
    resuming and sharing among processes repeat it. `BLANK` is a window without labels.
    """

    def __init__(self, features: Sequence[Feature], tokenizer: Any, *, share: float, seed: int):
        self._features = features
        self._mask = tokenizer.mask_token_id
        self._share = share if self._mask is not None else 0.0
        self._seed = seed

    def __len__(self) -> int:
        return len(self._features)

    @property
    def lengths(self) -> list[int]:
        """The tokens of each window."""
        return [len(feature["input_ids"]) for feature in self._features]

    @property
    def token_ids(self) -> set[int]:
        """Every token id that a window may hold."""
        masks = {self._mask} if self._share else set()
        return masks.union(*(feature["input_ids"] for feature in self._features))

    def __getitem__(self, key: Key) -> Feature:
        """`input_ids`, `attention_mask` and `labels` of one window in one epoch."""
        epoch, place = key
        if place == BLANK:
            shortest = min(self._features, key=lambda feature: len(feature["input_ids"]))
            labels = [IGNORED] * len(shortest["input_ids"])
            return _without_words(shortest) | {"labels": labels}
        feature = self._features[place]
        if not self._share:
            return _without_words(feature)
        return _without_words(feature) | {"input_ids": self._hide(feature, epoch, place)}

    def _hide(self, feature: Feature, epoch: int, place: int) -> list[int]:
        words = np.asarray(feature["words"])
        rng = np.random.default_rng((self._seed, epoch, place))
        drawn = rng.random(words.max(initial=0) + 1) < self._share
        hidden = (words >= 0) & drawn[words]
        return np.where(hidden, self._mask, feature["input_ids"]).tolist()  # type: ignore[no-any-return]


def _without_words(feature: Feature) -> Feature:
    return {name: values for name, values in feature.items() if name != "words"}
