"""Articles as vectors, so that articles on the same matter lie close together."""

from collections.abc import Sequence

import numpy as np
import torch

from warwire.model.checkpoints import Checkpoint
from warwire.model.engines import Floats

ARTICLES_A_BATCH = 32


def article_vectors(checkpoint: Checkpoint, texts: Sequence[str]) -> Floats:
    """The mean of the encoder's last states over each text's first window: (texts, hidden).

    News tells its matter at the top, so that one window an article is enough.
    """
    hidden = int(checkpoint.model.config.hidden_size)
    batches = range(0, len(texts), ARTICLES_A_BATCH)
    parts = [_pooled(checkpoint, texts[at : at + ARTICLES_A_BATCH]) for at in batches]
    return np.concatenate([np.zeros((0, hidden), dtype=np.float32), *parts])


def _pooled(checkpoint: Checkpoint, texts: Sequence[str]) -> Floats:
    size = checkpoint.config.windows.size
    encoded = checkpoint.tokenizer(
        list(texts), truncation=True, max_length=size, padding=True, return_tensors="pt"
    ).to(checkpoint.model.device)
    ids, mask = encoded["input_ids"], encoded["attention_mask"]
    with torch.inference_mode():
        states = checkpoint.model.eval().base_model(input_ids=ids, attention_mask=mask)
        weights = mask[..., None].float()
        summed = (states.last_hidden_state.float() * weights).sum(1)
        pooled: Floats = (summed / weights.sum(1)).cpu().numpy()
    return pooled
