"""Attention on a processor, where moving numbers costs more than multiplying them."""

from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from warwire.model.dropout import drop

LEAN, FUSED, MASKED_ONCE = "warwire_lean", "sdpa", "warwire_masked_once"


def lean_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float | None = None,
    dropout: float = 0.0,
    **rest: Any,
) -> tuple[Any, None]:
    """Scaled dot-product attention of (windows, heads, tokens, width), all of it in one dtype.

    The library's eager attention scales and masks every score in fp32; this one scales the far
    smaller query, and adds the mask in the scores' own dtype. Returns (windows, tokens, heads,
    width).
    """
    if scaling is None:
        scaling = query.size(-1) ** -0.5
    scores = torch.matmul(query * scaling, key.transpose(2, 3))
    if attention_mask is not None:
        scores = scores + attention_mask.to(scores.dtype)
    weights = scores.softmax(-1)
    if module.training:
        weights = drop(weights, dropout)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), None


def mask_once(model: Any) -> None:
    """Make the mask of torch's fused attention into numbers once a batch, not in every layer.

    The results are the same to the bit; a model with other attention is left as it is.
    """
    if model.config._attn_implementation == FUSED:
        model.set_attn_implementation(MASKED_ONCE)


AttentionInterface.register(LEAN, lean_attention)
AttentionMaskInterface.register(LEAN, eager_mask)
AttentionInterface.register(MASKED_ONCE, sdpa_attention_forward)
AttentionMaskInterface.register(MASKED_ONCE, eager_mask)
