"""Batches for training in which some words are hidden, so that context must tell what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DataCollatorForTokenClassification


@dataclass(frozen=True, slots=True)
class MaskingCollator:
    """Pads windows to the longest and replaces a share of their words by the mask token.

    A feature's `words` numbers its tokens by word, -1 for special ones; a hidden word is hidden
    whole and keeps its labels. The draws come from torch's global generator, so that seeding and
    resuming repeat them.
    """

    tokenizer: Any
    share: float

    def __call__(self, features: Sequence[dict[str, list[int]]]) -> Any:
        """`input_ids`, `attention_mask` and `labels` of one batch, (windows, tokens)."""
        hidden = [self._hide(feature) for feature in features]
        return DataCollatorForTokenClassification(self.tokenizer)(hidden)

    def _hide(self, feature: dict[str, list[int]]) -> dict[str, list[int]]:
        kept = {name: values for name, values in feature.items() if name != "words"}
        if self.share and self.tokenizer.mask_token_id is not None:
            words = feature["words"]
            drawn = (torch.rand(max(words, default=0) + 1) < self.share).tolist()
            pairs = zip(feature["input_ids"], words, strict=True)
            mask = self.tokenizer.mask_token_id
            kept["input_ids"] = [
                mask if word >= 0 and drawn[word] else token for token, word in pairs
            ]
        return kept
