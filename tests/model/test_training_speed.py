"""What makes training fast changes what it costs, not what it learns."""

from pathlib import Path
from typing import Any

import pytest

from tests.model.conftest import build_config
from tests.toys import LABELS
from warwire.model.attention import LEAN
from warwire.model.checkpoints import load_base
from warwire.model.embeddings import restore_table, train_used_rows


@pytest.fixture
def batch() -> dict[str, Any]:
    """Two windows, one of them padded."""
    import torch

    return {
        "input_ids": torch.tensor([[2, 7, 8, 9, 3], [2, 9, 3, 0, 0]]),
        "attention_mask": torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
        "labels": torch.tensor([[-100, 0, 1, 2, -100], [-100, 3, -100, -100, -100]]),
    }


def gradients(model: Any, batch: dict[str, Any]) -> dict[str, Any]:
    model.zero_grad()
    model(**batch).loss.backward()
    return {name: each.grad for name, each in model.named_parameters() if each.grad is not None}


def test_lean_attention_has_the_gradients_of_the_plain_one(
    toy_base: Path, batch: dict[str, Any]
) -> None:
    import torch

    model = load_base(build_config(toy_base), LABELS).model.train()
    model.set_attn_implementation("eager")
    plain = gradients(model, batch)
    model.set_attn_implementation(LEAN)
    lean = gradients(model, batch)
    assert lean.keys() == plain.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(lean[name], gradient, rtol=1e-4, atol=1e-6)


def trained_steps(model: Any, batch: dict[str, Any]) -> None:
    import torch

    learned = [each for each in model.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=0.01, weight_decay=0.0)
    for _ in range(3):
        gradients(model, batch)
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()


def test_training_the_used_rows_is_training_the_table(
    toy_base: Path, batch: dict[str, Any]
) -> None:
    import torch

    whole, used = (load_base(build_config(toy_base), LABELS).model.train() for _ in range(2))
    used.load_state_dict(whole.state_dict())
    train_used_rows(used, {0, 2, 3, 7, 8, 9})
    assert sum(each.numel() for each in used.parameters() if each.requires_grad) < sum(
        each.numel() for each in whole.parameters()
    )
    for model in (whole, used):
        trained_steps(model, batch)
    expected = whole.state_dict()
    assert used.state_dict().keys() == expected.keys()
    for name, weights in used.state_dict().items():
        torch.testing.assert_close(weights, expected[name])
    with torch.inference_mode():
        unseen = torch.tensor([[2, 11, 12, 3]])
        logits = [model.eval()(input_ids=unseen).logits for model in (whole, used)]
    torch.testing.assert_close(*logits)
    restore_table(used)
    assert isinstance(used.get_input_embeddings(), torch.nn.Embedding)
    assert all(each.requires_grad for each in used.parameters())
    assert {name for name, _ in used.named_parameters()} == {
        name for name, _ in whole.named_parameters()
    }


def test_used_rows_are_saved_and_loaded_as_a_table(toy_base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForTokenClassification

    model = load_base(build_config(toy_base), LABELS).model
    before = model.get_input_embeddings().weight.detach().clone()
    train_used_rows(model, {2, 3, 7})
    with torch.no_grad():
        model.get_input_embeddings().rows += 1
    model.save_pretrained(tmp_path)
    loaded = AutoModelForTokenClassification.from_pretrained(tmp_path)
    changed = (loaded.get_input_embeddings().weight != before).any(1).nonzero().flatten()
    assert changed.tolist() == [2, 3, 7]
    model.get_input_embeddings().rows.data.zero_()
    model.load_state_dict(loaded.state_dict())
    assert torch.equal(model.get_input_embeddings().fold(), loaded.get_input_embeddings().weight)


def test_a_frozen_table_is_left_alone(toy_base: Path) -> None:
    model = load_base(build_config(toy_base), LABELS).model
    model.base_model.requires_grad_(False)
    table = model.get_input_embeddings()
    train_used_rows(model, {2, 3})
    assert model.get_input_embeddings() is table
